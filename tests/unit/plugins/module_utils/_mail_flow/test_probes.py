# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The probes of a proof by mail on transcripts: what they send, what they write down, and that a
password is in none of it.
"""

from __future__ import annotations

import base64
import functools
import json
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages, probes
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import plan as flow_plan
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl
from ansible_collections.airtight.mail.tests.unit.helpers import transcript as player

PASSWORD = "s3cret-word"
NAMES = {
    "account": "a@example.org",
    "domain": "example.org",
    "stranger": "example.net",
    "canary": "canary.example",
    "run": "c0ffee",
    "host": "mx1.example.org",
    "HOST": "MX1.EXAMPLE.ORG",
    "forbidding": "",
}
TLS = {"version": "TLSv1.3", "cipher": "x", "certificate": "00"}
EHLO = b"250-mx1\r\n250-AUTH PLAIN\r\n250 SIZE 10\r\n"


def told(*wanted: str, implicit: bool = True) -> dict[str, t.Any]:
    return {
        "helo": "client",
        "server_name": "mx1",
        "implicit_tls": implicit,
        "account": "a@example.org",
        "names": NAMES,
        "date": "Sun, 22 Nov 2026 22:00:00 +0000",
        "letters": [{"id": name, "token": "tok-" + name} for name in wanted],
    }


def submit(script: t.Sequence[t.Any], *wanted: str, implicit: bool = True) -> player.Played:
    played = player.play(
        functools.partial(probes.submit, PASSWORD), told(*wanted, implicit=implicit), script
    )
    shown = json.dumps([played.facts, played.transcript])
    assert PASSWORD not in shown
    assert sasl.plain("a@example.org", PASSWORD) not in shown
    return played


def test_a_user_sends() -> None:
    ok = b"250 ok\r\n"
    script = [
        TLS,
        b"220 mx1\r\n",
        EHLO,
        b"235 in\r\n",
        ok,
        ok,
        b"354 go\r\n",
        b"250 queued\r\n",
        b"553 not yours\r\n",
        ok,
        b"221 bye\r\n",
    ]
    played = submit(script, "plain", "sender_stranger")
    assert played.error is None
    assert [
        (one["id"], one["phase"], one["reply"]["code"]) for one in played.facts["messages"]
    ] == [("plain", "end", 250), ("sender_stranger", "mail", 553)]
    assert [probes.taken(one) for one in played.facts["messages"]] == [True, False]
    assert ["*", probes.SHOWN] in played.transcript
    assert (
        played.sent[1]
        == b"AUTH PLAIN " + base64.b64encode(b"\0a@example.org\0" + PASSWORD.encode()) + b"\r\n"
    )
    text = played.sent[5]
    assert text.startswith(b"From: <a@example.org>\r\nTo: <tok-plain@canary.example>\r\n")
    assert b"\r\nX-Airtight-Token: c0ffee tok-plain\r\n" in text
    assert text.endswith(b"This is the last line.\r\n.\r\n")


def test_starttls_comes_first_and_a_certificate_counts() -> None:
    plain = [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"220 go\r\n"]
    played = submit(
        [*plain, player.WireError("certificate", "self-signed")], "plain", implicit=False
    )
    assert (played.error is not None and played.error.kind, played.sent[-1]) == (
        "certificate",
        b"STARTTLS\r\n",
    )


def test_a_login_that_fails() -> None:
    played = submit([TLS, b"220 mx1\r\n", EHLO, b"535 no\r\n", b"221 bye\r\n"], "plain")
    assert (played.facts["login"]["code"], "messages" in played.facts) == (535, False)


def test_false_ends_go_out_as_they_are() -> None:
    script = [
        TLS,
        b"220 mx1\r\n",
        EHLO,
        b"235 in\r\n",
        b"250 ok\r\n",
        b"250 ok\r\n",
        b"354 go\r\n",
        b"250 queued\r\n",
    ]
    text = submit([*script, player.TIMEOUT, b"221 bye\r\n"], "breaks_dot").sent[5]
    assert b"some text\r\n.\nand on" in text
    assert b"\r\n..\r" not in text
    played = submit([*script, b"500 what?\r\n", player.TIMEOUT], "breaks_dot", "breaks_lf")
    assert (played.error is not None and played.error.kind, len(played.facts["messages"])) == (
        "garbled",
        1,
    )


def test_a_stranger_sends_inside_tls() -> None:
    script = [
        b"220 mx1\r\n",
        b"250-mx1\r\n250 STARTTLS\r\n",
        b"220 go\r\n",
        TLS,
        EHLO,
        b"250 ok\r\n",
        b"450 later\r\n",
        b"250 ok\r\n",
        b"421 enough\r\n",
    ]
    played = player.play(probes.spoof, told("honest", "gtube", "two_authors"), script)
    assert (played.error is not None and played.error.kind) == "closed"
    assert [(one["phase"], one["reply"]["code"]) for one in played.facts["messages"]] == [
        ("rcpt", 450),
        ("mail", 421),
    ]


def back(**more: t.Any) -> dict[str, t.Any]:
    return {
        "server_name": "mx1",
        "account": "a@example.org",
        "run": "c0ffee",
        "since": "21-Nov-2026",
        "expected": ["tok"],
        "rounds": 2,
        **more,
    }


def test_what_was_delivered_is_read_and_deleted() -> None:
    body = b"X-Airtight-Token: c0ffee tok\r\n\r\n" + messages.GTUBE.encode() + b"\r\n"
    script = [
        *(
            TLS,
            b"* OK hi\r\n",
            b"* CAPABILITY IMAP4rev1 SASL-IR\r\na1 OK\r\n",
            b"a1 OK in\r\n",
            b"* CAPABILITY UIDPLUS\r\na1 OK\r\n",
        ),
        b'* LIST (\\Noselect) "/" x\r\n* LIST () "/" "My Junk"\r\n* LIST () "/" INBOX\r\na1 OK\r\n',
        *(b"a1 OK\r\n", b"* SEARCH\r\na1 OK\r\n", b"a1 NO\r\n", player.TIMEOUT),
        *(
            b"a1 OK\r\n",
            b"* SEARCH 7\r\na1 OK\r\n",
            b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n" % len(body) + body + b")\r\na1 OK\r\n",
        ),
        *(b"a1 OK\r\n", b"a1 OK\r\n", b"a1 NO\r\n"),
    ]
    played = player.play(functools.partial(probes.read_back, PASSWORD), back(), script)
    assert played.error is None
    assert PASSWORD not in json.dumps([played.facts, played.transcript])
    assert played.facts["folders"] == ["INBOX", '"My Junk"']
    assert (played.facts["complete"], [one["folder"] for one in played.facts["delivered"]]) == (
        True,
        ["INBOX"],
    )
    assert messages.GTUBE not in json.dumps([played.facts, played.transcript])
    assert b"a1 UID STORE 7 +FLAGS.SILENT (\\Deleted)\r\n" in played.sent
    assert b"a1 UID EXPUNGE 7\r\n" in played.sent


def test_without_initial_response_and_refused() -> None:
    script = [
        TLS,
        b"* OK hi\r\n",
        b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n",
        b"+ \r\n",
        b"a1 NO no\r\n",
    ]
    played = player.play(functools.partial(probes.read_back, PASSWORD), back(), script)
    assert played.sent[1:] == [
        b"a1 AUTHENTICATE PLAIN\r\n",
        sasl.plain("a@example.org", PASSWORD).encode() + b"\r\n",
    ]
    assert (played.facts["login"]["status"], played.facts["delivered"]) == ("NO", [])


def session(service: str, **facts: t.Any) -> dict[str, t.Any]:
    kind = (
        "smtp_session" if service in ("smtp", "submission", "submissions") else "mailstore_session"
    )
    return {"probe": kind, "service": service, "address": "192.0.2.1", "port": 1, "facts": facts}


def test_the_plan() -> None:
    target = _target.target(
        {"name": "192.0.2.1", "account": {"address": "a@example.org", "password": "x"}}
    )
    plan = ScanContext(target, Options(groups=("signing", "spoofing")))
    params = {
        "server_name": "192.0.2.1",
        "account": "a@example.org",
        "date": "",
        "since": "",
        "rounds": 3,
        "names": NAMES,
    }
    greeting = {"greeting": {"text": "MX1.example.org ESMTP"}}
    seen = [session(name, **greeting) for name in ("submission", "submissions", "imaps", "smtp")]
    found = flow_plan.jobs(plan, seen, params)
    assert [job.service for job in found.out] == ["submissions", "submission"]
    assert [entry["id"] for entry in found.out[-1].params["letters"]] == list(flow_plan.EACH)
    assert {job.params["names"]["host"] for job in found.out} == {"mx1.example.org"}
    sent = [entry["id"] for job in (*found.out, *found.into) for entry in job.params["letters"]]
    assert set(messages.BY_ID) - set(sent) == {"forbidden_sender"}
    assert found.back is not None
    assert "x" not in [value for job in (*found.out, found.back) for value in job.params.values()]
    nothing = flow_plan.jobs(plan, [], params)
    assert (nothing.out, nothing.into, nothing.back) == ([], [], None)
