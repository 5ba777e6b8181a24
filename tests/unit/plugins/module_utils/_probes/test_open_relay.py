# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The relay probe against scripts: pipelined or not, refused early, cut off; never DATA, no
credential unless asked.
"""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_batches,
    relay_matrix,
    relay_senders,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.open_relay import relay
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    play,
)

TLS = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "certificate": "00",
    "resumed": True,
}
HELLO: list[Item] = [b"220 mx1 ESMTP\r\n", b"250-mx1\r\n250 PIPELINING\r\n"]
SLOW: list[Item] = [b"220 mx1 ESMTP\r\n", b"250 mx1\r\n"]
CONTEXT = ScanContext(_target.target({"name": "mx1.example.org"}), Options())
OK, NO, BYE = b"250 2.1.0 Ok\r\n", b"554 5.7.1 Relay access denied\r\n", b"221 Bye\r\n"


def transaction(*names: str, sender: str = "stranger", helo: str = "") -> dict[str, t.Any]:
    recipients = [{"form": name, "path": f"<{name}@example.com>"} for name in names]
    return {
        "helo": helo,
        "sender_id": sender,
        "sender": f"<{sender}@example.com>",
        "recipients": recipients,
    }


def run(
    script: t.Sequence[Item], *transactions: dict[str, t.Any], state: str = "clear", **more: t.Any
) -> Played:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "state": state,
        "transactions": list(transactions),
        **more,
    }
    return play(relay, params, script)


def answers(played: Played) -> list[tuple[str, str, int | None]]:
    return [
        (entry["form"], entry["phase"], entry["reply"] and entry["reply"]["code"])
        for entry in played.facts["attempts"]
    ]


def test_pipelining_sends_all_recipients_at_once() -> None:
    played = run([*HELLO, OK, NO + OK, OK, BYE], transaction("a", "b"))
    assert played.error is None
    assert answers(played) == [("a", "rcpt", 554), ("b", "rcpt", 250)]
    assert played.sent == [
        b"EHLO c.example.net\r\n",
        b"MAIL FROM:<stranger@example.com>\r\n",
        b"RCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n",
        b"RSET\r\n",
        b"QUIT\r\n",
    ]


@pytest.mark.parametrize(("helo", "together"), [("HELO localhost", False), ("EHLO x.y", True)])
def test_helo_ends_what_the_reply_to_ehlo_permits(helo: str, together: bool) -> None:
    seen = run([*HELLO, b"250 mx1\r\n", OK, NO, NO, OK, BYE], transaction("a", "b", helo=helo))
    both = b"RCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"
    assert (both in seen.sent) is together


def test_without_pipelining_every_answer_is_awaited() -> None:
    played = run([*SLOW, OK, NO, NO, OK, BYE], transaction("a", "b"))
    assert played.sent[2:4] == [b"RCPT TO:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n"]
    assert answers(played) == [("a", "rcpt", 554), ("b", "rcpt", 554)]


def test_replies_may_come_in_any_pieces() -> None:
    script = [*HELLO, OK, b"554-5.7.1 no\r\n554 5.7.1 at all\r\n" + OK, OK, BYE]
    whole = run(script, transaction("a", "b"))
    pieces = [
        item[at : at + 1] for item in script if isinstance(item, bytes) for at in range(len(item))
    ]
    assert run(pieces, transaction("a", "b")).facts == whole.facts
    assert answers(whole) == [("a", "rcpt", 554), ("b", "rcpt", 250)]


def test_the_greeting_may_have_many_lines() -> None:
    played = run(
        [b"220-mx1 ESMTP\r\n", b"220-wait\r\n220 now\r\n", *HELLO[1:], OK, NO, OK, BYE],
        transaction("a"),
    )
    assert answers(played) == [("a", "rcpt", 554)]
    assert played.facts["client_as_seen"] == "mx1"


@pytest.mark.parametrize(
    "reply",
    [
        b"550 5.7.1 no\r\n",
        b"451 4.7.1 later\r\n",
        b"530 5.7.0 Must issue a STARTTLS command first\r\n",
    ],
)
def test_a_refused_sender_is_the_answer_for_its_recipients(reply: bytes) -> None:
    played = run(
        [*HELLO, reply, OK, NO, OK, BYE], transaction("a", "b"), transaction("c", sender="null")
    )
    code = int(reply[:3])
    assert answers(played) == [("a", "mail", code), ("b", "mail", code), ("c", "rcpt", 554)]
    assert b"".join(played.sent).count(b"RCPT TO") == 1


def test_a_refused_helo_is_the_answer_for_its_recipients() -> None:
    played = run([*HELLO, b"504 5.5.2 no\r\n", OK, BYE], transaction("a", helo="HELO localhost"))
    assert answers(played) == [("a", "helo", 504)]
    assert played.sent[1:] == [b"HELO localhost\r\n", b"EHLO c.example.net\r\n", b"QUIT\r\n"]


@pytest.mark.parametrize("control", [b"421 4.7.0 bye\r\n", b"554 5.7.1 enough\r\n", EOF, TIMEOUT])
@pytest.mark.parametrize("first", [(), ("b",)])
def test_a_helo_is_asked_again_first_where_the_usual_one_is_refused_too(
    control: Item, first: tuple[str, ...]
) -> None:
    before = [transaction(name) for name in first]
    named = transaction("a", helo="HELO localhost")
    script = [*HELLO, *[OK, NO, OK] * len(first), b"550 5.7.1 no\r\n", control]
    played = run(script, *before, named)
    assert answers(played) == [*(("b", "rcpt", 554) for _name in first), ("a", "", None)]
    assert played.error is not None
    params = {"state": "clear", "transactions": [*before, named]}
    job = _model.Job("relay", "mx1.example.org", "smtp", "192.0.2.25", 25, params)
    error = {"kind": played.error.kind, "text": played.error.text}
    seen = _model.observation(job, played.facts, error, [], {})
    (again,) = relay_batches.retry_jobs(CONTEXT, job, seen)
    assert again.params["hello"] == "HELO localhost"
    assert again.params["transactions"] == [named]


CUT = b"421 4.7.0 too many errors\r\n"


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ([*HELLO, OK, NO + CUT, EOF], [("a", "rcpt", 554), ("b", "rcpt", 421), ("c", "", None)]),
        ([*HELLO, CUT, EOF], [("a", "mail", 421), ("b", "mail", 421), ("c", "mail", 421)]),
        ([*HELLO, OK, NO, EOF], [("a", "rcpt", 554), ("b", "", None), ("c", "", None)]),
        ([*HELLO, OK, TIMEOUT], [("a", "", None), ("b", "", None), ("c", "", None)]),
        ([*HELLO, OK, NO, b"what?\r\n"], [("a", "rcpt", 554), ("b", "", None), ("c", "", None)]),
    ],
)
def test_what_is_cut_off_can_be_asked_again(script: list[Item], wanted: list[t.Any]) -> None:
    first, second = transaction("a", "b", "c"), transaction("d", sender="null")
    played = run(script, first, second)
    assert played.error is not None
    assert answers(played) == wanted
    left = [
        item["form"]
        for deck in relay_batches.unanswered(played.facts, [first, second])
        for entry in deck
        for item in entry["recipients"]
    ]
    assert left == [name for name, _phase, code in wanted if code in (None, 421)] + ["d"]


def test_a_busy_greeting_is_told_from_a_refusal() -> None:
    for greeting, kind in ((b"421 busy\r\n", "busy"), (b"554 no\r\n", "closed")):
        played = run([greeting], transaction("a"))
        assert (played.error and played.error.kind, played.facts, played.sent) == (
            kind,
            {"attempts": []},
            [],
        )


def test_states() -> None:
    rest = [b"250-mx1\r\n250 PIPELINING\r\n", OK, NO, OK, BYE]
    starttls: list[Item] = [
        b"220 mx1\r\n",
        b"250-mx1\r\n250 STARTTLS\r\n",
        b"220 go\r\n",
        TLS,
        *rest,
    ]
    for state in ("starttls", "resumed"):
        played = run(starttls, transaction("a"), state=state, implicit=False)
        assert answers(played) == [("a", "rcpt", 554)]
        assert played.sent[:3] == [
            b"EHLO c.example.net\r\n",
            b"STARTTLS\r\n",
            b"EHLO c.example.net\r\n",
        ]
        assert played.facts["tls"] == {
            "version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "resumed": True,
        }
    for state in ("implicit", "resumed"):
        played = run([TLS, b"220 mx1\r\n", *rest], transaction("a"), state=state, implicit=True)
        assert answers(played) == [("a", "rcpt", 554)]
        assert b"STARTTLS\r\n" not in played.sent


@pytest.mark.parametrize(
    "script",
    [
        [b"220 mx1\r\n", b"250 mx1\r\n"],
        [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"454 4.7.0 TLS not available\r\n"],
        [
            b"220 mx1\r\n",
            b"250-mx1\r\n250 STARTTLS\r\n",
            b"220 go\r\n",
            WireError("tls", "no shared cipher"),
        ],
    ],
)
def test_without_tls_nothing_is_asked_inside_it(script: list[Item]) -> None:
    played = run(script, transaction("a"), state="starttls")
    assert (played.error and played.error.kind, played.facts) == ("tls", {"attempts": []})
    assert b"MAIL" not in b"".join(played.sent)


def test_a_login_in_the_name_of_another() -> None:
    script = [
        b"220 mx1\r\n",
        b"250-mx1\r\n250 STARTTLS\r\n",
        b"220 go\r\n",
        TLS,
        b"250 mx1\r\n",
        b"535 5.7.8 no\r\n",
        OK,
        NO,
        OK,
        BYE,
    ]
    played = run(
        script, transaction("a"), state="starttls", login=True, login_as="postmaster@example.org"
    )
    assert (
        base64.b64decode(played.sent[3].split()[2])
        == b"postmaster@example.org\0airtight-nobody\0airtight-nobody"
    )


def test_one_login_that_must_fail() -> None:
    script = [
        b"220 mx1\r\n",
        b"250-mx1\r\n250 STARTTLS\r\n",
        b"220 go\r\n",
        TLS,
        b"250 mx1\r\n",
        b"535 5.7.8 no\r\n",
        OK,
        NO,
        OK,
        BYE,
    ]
    played = run(script, transaction("a"), state="starttls", login=True)
    words = played.sent[3].split()
    assert words[:2] == [b"AUTH", b"PLAIN"]
    assert base64.b64decode(words[2]) == b"\0airtight-nobody\0airtight-nobody"
    assert played.facts["login"]["code"] == 535
    assert "AUTH PLAIN (a user that does not exist)" in [text for _who, text in played.transcript]
    assert words[2].decode() not in str(played.transcript)
    assert answers(played) == [("a", "rcpt", 554)]


def test_the_whole_matrix_sends_no_message_and_no_credential() -> None:
    target = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
    known = relay_addresses.names(
        target, "192.0.2.25", "example.com", "backup.example.net", "0badc0de"
    )
    for deck in relay_batches.batches(
        relay_matrix.attempts_of(known, "full", [entry[0] for entry in relay_senders.PARAMETERS])
    ):
        script = list(HELLO)
        for entry in deck:
            script += [OK] * bool(entry["helo"]) + [OK, OK * len(entry["recipients"]), OK]
        played = run([*script, BYE], *deck)
        assert played.error is None
        verbs = {
            line.split(b" ")[0].split(b":")[0].strip()
            for data in played.sent
            for line in data.splitlines()
        }
        assert verbs <= {b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"QUIT"}
        assert len(played.facts["attempts"]) == sum(len(entry["recipients"]) for entry in deck)


def test_a_helo_name_that_has_to_be_the_first() -> None:
    late = b"503 5.5.1 Invalid command: already said\r\n"
    played = run([*HELLO, late, BYE], transaction("a", helo="HELO localhost"))
    assert answers(played) == [("a", "helo", 503)]
    params = {"state": "clear", "transactions": [transaction("a", helo="HELO localhost")]}
    job = _model.Job("relay", "mx1.example.org", "smtp", "192.0.2.25", 25, params)
    (again,) = relay_batches.retry_jobs(CONTEXT, job, {"facts": played.facts, "error": None})
    assert again.params["hello"] == "HELO localhost"
    played = run(
        [HELLO[0], OK, OK, NO, OK, BYE], *again.params["transactions"], hello="HELO localhost"
    )
    assert answers(played) == [("a", "rcpt", 554)]
    assert played.sent[:2] == [b"HELO localhost\r\n", b"MAIL FROM:<stranger@example.com>\r\n"]
    assert relay_batches.retry_jobs(CONTEXT, again, {"facts": played.facts, "error": None}) == []


def test_a_first_helo_that_is_refused() -> None:
    played = run(
        [HELLO[0], b"550 5.7.1 you are not me\r\n", BYE],
        transaction("a", helo="EHLO mx1"),
        hello="EHLO mx1",
    )
    assert answers(played) == [("a", "helo", 550)]
    assert played.sent == [b"EHLO mx1\r\n", b"QUIT\r\n"]


def test_data_follows_an_accepted_recipient_and_no_text_is_sent() -> None:
    recipients = [{"form": name, "path": f"<{name}@example.com>"} for name in ("plain", "plus_tag")]
    params = {
        "helo": "client.example.net",
        "server_name": "mx1.example.org",
        "state": "clear",
        "data": True,
        "transactions": [
            {"helo": "", "sender_id": "null", "sender": "<>", "recipients": [recipient]}
            for recipient in recipients
        ],
    }
    ok, hello = b"250 2.0.0 Ok\r\n", [b"220 mx1 ESMTP\r\n", b"250 mx1\r\n"]
    refused, text = b"554 5.7.1 Relay access denied\r\n", b"354 End data\r\n"
    played = play(relay, params, [*hello, ok, ok, refused, ok, ok, ok, text])
    assert [attempt["data"]["code"] for attempt in played.facts["attempts"]] == [554, 354]
    assert played.sent[-1] == b"DATA\r\n"
    assert played.error is not None


def test_other_wordings_are_lower_case_and_commands_ahead_that_change_nothing() -> None:
    played = run(
        [HELLO[0], b"250 mx1\r\n", OK, NO, NO, NO, OK, NO, OK, BYE],
        transaction("a"),
        hello="ehlo c.example.net",
        wording=["lower_case", "after_others"],
    )
    assert played.sent == [
        b"ehlo c.example.net\r\n",
        b"NOOP\r\n",
        b"HELP\r\n",
        b"VRFY postmaster\r\n",
        b"EXPN postmaster\r\n",
        b"mail from:<stranger@example.com>\r\n",
        b"rcpt to:<a@example.com>\r\n",
        b"RSET\r\n",
        b"QUIT\r\n",
    ]
    assert answers(played) == [("a", "rcpt", 554)]


@pytest.mark.parametrize(("state", "count"), [("clear", 0), ("resumed", 1)])
def test_what_another_wording_left_unanswered_is_asked_in_the_usual_one_where_nothing_else_asks_it(
    state: str, count: int
) -> None:
    params = {
        "state": state,
        "hello": "ehlo c.example.net",
        "wording": ["lower_case", "after_others"],
        "transactions": [transaction("a")],
    }
    job = _model.Job("relay", "mx1.example.org", "smtp", "192.0.2.25", 25, params)
    closed = {"facts": {"attempts": []}, "error": {"kind": "closed", "text": "closed"}}
    again = relay_batches.retry_jobs(CONTEXT, job, t.cast("t.Any", closed))
    assert [sorted(entry.params) for entry in again] == [["retry", "state", "transactions"]] * count
