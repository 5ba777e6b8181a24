# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The probes of manners against scripts of servers that know theirs, and of some that do not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import smtp_conformance
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    play,
    without_places,
)

GREETING, OK, BYE = b"220 mx1 ESMTP\r\n", b"250 2.1.0 Ok\r\n", b"221 2.0.0 Bye\r\n"
EHLO = b"250-mx1\r\n250-SIZE 1000\r\n250-DSN\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 STARTTLS\r\n"
NO_USER, NO_RELAY, TOO_LARGE = (
    b"550 5.1.1 unknown\r\n",
    b"554 5.7.1 Relay access denied\r\n",
    b"552 5.3.4 too large\r\n",
)
NEED_RCPT, UNKNOWN = b"503 5.5.1 need RCPT\r\n", b"500 5.5.2 unknown\r\n"
RECIPIENTS = {
    "bare": "<postmaster>",
    "postmaster": "<postmaster@example.org>",
    "unknown": "<nobody@example.org>",
}
TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
BEFORE: list[Item] = [OK, OK, OK]
TRANSACTION: list[Item] = [OK, OK, OK, OK, NO_USER, NO_RELAY]
PARAMS = {
    "helo": "c.example.net",
    "server_name": "mx1.example.org",
    "stranger": "example.com",
    "sender": "<u@example.com>",
}


def run(probe: t.Any, script: t.Sequence[Item], tls: bool = False) -> Played:
    return play(probe, {**PARAMS, "recipients": RECIPIENTS, "tls": tls}, script)


def code(facts: dict[str, t.Any], *names: str) -> list[int]:
    return [facts[name]["code"] for name in names]


def test_a_server_with_manners() -> None:
    promised = [OK, OK, OK, NEED_RCPT]
    script = [GREETING, EHLO, *BEFORE, TOO_LARGE, OK, *promised, *TRANSACTION, BYE]
    played = run(smtp_conformance.conformance, script)
    assert played.error is None
    assert {name: reply["code"] for name, reply in played.facts["rcpt"].items()} == {
        "bare": 250,
        "postmaster": 250,
        "unknown": 550,
    }
    assert code(played.facts, "mail", "long_path", "oversize", "long_line") == [250, 554, 552, 250]
    assert [entry["reply"]["code"] for entry in played.facts["promised"]] == [250, 250, 503]
    assert b"MAIL FROM:<> BODY=8BITMIME RET=HDRS ENVID=airtight\r\n" in played.sent
    assert b"RCPT TO:<postmaster@example.org> NOTIFY=NEVER\r\n" in played.sent
    assert b"MAIL FROM:<> SIZE=1001\r\n" in played.sent
    assert played.sent[-8:-5] == [b"BDAT 0 LAST\r\n", b"RSET\r\n", b"MAIL FROM:<>\r\n"]
    assert max(map(len, played.sent)) == smtp_conformance.LINE
    assert b"DATA\r\n" not in played.sent
    inside = run(
        smtp_conformance.conformance, [GREETING, EHLO, b"220 go\r\n", TLS, *script[1:]], tls=True
    )
    assert without_places(inside.facts) == without_places(played.facts)


def test_a_server_that_offers_nothing() -> None:
    played = run(
        smtp_conformance.conformance,
        [GREETING, b"250 mx1\r\n", *BEFORE, OK, OK, *TRANSACTION, BYE],
    )
    assert "oversize" not in played.facts
    assert [entry["words"] for entry in played.facts["promised"]] == ["MAIL FROM:<>"]


def test_a_server_that_refuses_the_empty_sender() -> None:
    played = run(smtp_conformance.conformance, [GREETING, EHLO, OK, b"550 5.7.1 no\r\n", BYE])
    assert code(played.facts, "mail", "long_line") == [550, 250]
    assert not {"rcpt", "oversize", "promised"} & set(played.facts)


def test_a_server_that_leaves() -> None:
    before = [GREETING, EHLO, *BEFORE, TOO_LARGE, OK, OK, OK, OK, NEED_RCPT]
    played = run(smtp_conformance.conformance, [*before, OK, OK, OK, EOF])
    assert played.error is not None
    assert list(played.facts["rcpt"]) == ["bare"]
    assert {"long_line", "oversize", "promised"} < set(played.facts)


@pytest.mark.parametrize(
    "domain",
    [
        "example.com",
        "outsider.test",
        "x" * 60 + ".example",
        "a.b",
        "subdomain.of-another.example.org",
    ],
)
def test_the_longest_path(domain: str) -> None:
    path = smtp_conformance.long_path(domain)
    assert len(path) == smtp_conformance.PATH
    assert path.endswith(domain + ">")
    assert all(0 < len(label) <= 63 for label in path[1:-1].partition("@")[2].split("."))


def test_commands_of_the_past() -> None:
    played = run(
        smtp_conformance.commands,
        [GREETING, EHLO, b"250 root\r\n", *[UNKNOWN] * 2, OK, b"214 help\r\n", BYE],
    )
    assert {verb: reply["code"] for verb, reply in played.facts["verbs"].items()} == {
        "DEBUG": 500,
        "TURN": 500,
        "VERB": 250,
    }
    assert code(played.facts, "expn", "help") == [250, 214]


def test_a_browser() -> None:
    stopped = run(smtp_conformance.http, [GREETING, b"221 2.7.0 Goodbye\r\n", EOF])
    assert [reply["code"] for reply in stopped.facts["replies"]] == [220, 221]
    assert (stopped.facts["closed"], stopped.error) == (True, None)
    assert len(stopped.sent) == 1
    forgiven = run(smtp_conformance.http, [GREETING, *[UNKNOWN] * 4, EHLO, OK, OK, BYE, EOF])
    assert [reply["code"] for reply in forgiven.facts["replies"]].count(250) == 3
    endless = run(smtp_conformance.http, [GREETING, *[UNKNOWN] * 20])
    assert len(endless.facts["replies"]) == 12
    for script in ([EOF], [GREETING, TIMEOUT]):
        assert run(smtp_conformance.http, script).error is not None
