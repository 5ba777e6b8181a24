# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The smuggling probes against scripts of sound, lax, slow and vanishing servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    play,
    without_places,
)

GREETING, EHLO, OK = b"220 mx1 ESMTP\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"250 2.1.0 Ok\r\n"
GO, LOOP, BYE = b"354 go\r\n", b"554 5.4.0 too many hops\r\n", b"221 2.0.0 Bye\r\n"
OPEN: list[Item] = [GREETING, EHLO, OK, OK, GO]
TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
REPLY = {"code": 554, "enhanced": "5.5.2", "text": "no"}
END = b"the end of the text\r\n.\r\n"


def run(
    script: t.Sequence[Item],
    variants: t.Sequence[str] = ("LF . LF", "CR CRLF . CR CRLF"),
    tls: bool = False,
) -> Played:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "recipient": "<postmaster@example.org>",
        "tls": tls,
    }
    return play(smuggling.smuggle, {**params, "variants": list(variants)}, script)


def again(played: Played, variants: list[str]) -> list[list[str]]:
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    return smuggling.retry_batches({"facts": played.facts, "error": error}, variants)


def test_a_sound_server_is_silent_until_the_end() -> None:
    played = run([*OPEN, TIMEOUT, TIMEOUT, LOOP, BYE])
    assert played.error is None
    assert played.facts["variants"] == {"LF . LF": None, "CR CRLF . CR CRLF": None}
    assert (played.facts["end"]["code"], played.facts["quit"]["code"]) == (554, 221)
    assert played.sent[:4] == [
        b"EHLO c.example.net\r\n",
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<postmaster@example.org>\r\n",
        b"DATA\r\n",
    ]
    assert played.sent[5:] == [b"some text\n.\n", b"some text\r\r\n.\r\r\n", END, b"QUIT\r\n"]
    assert again(played, ["a", "b"]) == []


def test_the_message_is_one_that_servers_refuse() -> None:
    head = run([*OPEN, TIMEOUT, TIMEOUT, LOOP, BYE]).sent[4].split(b"\r\n")
    assert sum(line.startswith(b"Received: ") for line in head) > 100
    assert max(map(len, head)) > 998
    assert not [line for line in head if line.startswith(b".")]


def test_every_variant_is_another_and_none_is_the_true_end() -> None:
    sent = run([*OPEN, *[TIMEOUT] * len(smuggling.VARIANTS), LOOP, BYE], smuggling.VARIANTS).sent[
        5:-2
    ]
    assert len(set(sent)) == len(smuggling.VARIANTS) == 19
    assert not [text for text in sent if b"\r\n.\r\n" in text]
    assert sorted(variant for batch in smuggling.batches() for variant in batch) == sorted(
        smuggling.VARIANTS
    )


def test_an_early_reply_is_looked_into() -> None:
    played = run([*OPEN, LOOP, OK])
    assert without_places(played.facts["variants"]) == {
        "LF . LF": {"code": 554, "enhanced": "5.4.0", "text": "5.4.0 too many hops"}
    }
    first, last = played.facts["variants"]["LF . LF"]["place"]
    assert played.transcript[first : last + 1] == [["S", "554 5.4.0 too many hops"]]
    assert played.facts["next"]["code"] == 250
    assert END not in played.sent
    assert again(played, ["LF . LF", "b", "c"]) == [["b"], ["c"]]
    second = run([*OPEN, TIMEOUT, LOOP, OK])
    assert again(second, ["LF . LF", "b"]) == [["LF . LF"], ["b"]]
    gone = run([*OPEN, b"521 5.5.2 bare <LF> received\r\n", EOF])
    assert (gone.facts["next"], gone.error) == (None, None)


def test_a_late_reply_shows_at_the_end() -> None:
    played = run([*OPEN, TIMEOUT, TIMEOUT, LOOP, b"500 5.5.2 bad syntax\r\n"])
    assert played.facts["quit"]["code"] == 500
    assert again(played, ["a", "b"]) == [["a"], ["b"]]


def test_a_lost_connection_is_tried_once_more() -> None:
    played = run([*OPEN, TIMEOUT, EOF])
    assert played.error is not None
    assert again(played, ["a", "b"]) == [["a", "b"]]
    assert again(run([GREETING, EHLO, TIMEOUT]), ["a", "b"]) == [["a", "b"]]


@pytest.mark.parametrize("place", range(3))
def test_a_server_that_takes_no_message(place: int) -> None:
    played = run([GREETING, EHLO, *[OK] * place, b"450 4.2.0 later\r\n", BYE])
    assert played.facts["refused"]["reply"]["code"] == 450
    assert played.facts["refused"]["command"].split()[0] == ("MAIL", "RCPT", "DATA")[place]
    assert again(played, ["a"]) == []


def test_inside_tls_where_it_is_demanded() -> None:
    played = run(
        [GREETING, EHLO, b"220 go\r\n", TLS, EHLO, OK, OK, GO, TIMEOUT, TIMEOUT, LOOP, BYE],
        tls=True,
    )
    assert played.facts["end"]["code"] == 554


def sync(script: t.Sequence[Item]) -> Played:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "recipient": "<postmaster@example.org>",
        "tls": False,
    }
    return play(smuggling.sync, params, script)


def test_a_second_message_at_once() -> None:
    played = sync([*OPEN, LOOP + OK, OK + GO])
    assert [reply["code"] for reply in played.facts["replies"]] == [554, 250, 250, 354]
    assert played.sent[-1].endswith(
        b".\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster@example.org>\r\nDATA\r\nSubject: a second "
        b"one\r\n"
    )
    stopped = sync([*OPEN, LOOP + OK + OK + b"554 5.5.0 synchronization\r\n"])
    assert [reply["code"] for reply in stopped.facts["replies"]] == [554, 250, 250, 554]
    gone = sync([*OPEN, LOOP, EOF])
    assert (gone.facts["closed"], gone.error) == (True, None)


@pytest.mark.parametrize("script", [[*OPEN, EOF], [*OPEN, TIMEOUT], [*OPEN, LOOP, TIMEOUT]])
def test_a_second_message_of_which_nothing_is_known(script: list[Item]) -> None:
    assert isinstance(sync(script).error, WireError)


def test_no_second_message_without_a_first() -> None:
    assert (
        sync([GREETING, EHLO, b"530 5.7.0 Must issue a STARTTLS command first\r\n", BYE]).facts[
            "refused"
        ]["command"]
        == "MAIL FROM:<>"
    )


@pytest.mark.parametrize(
    ("facts", "variants", "expected"),
    [
        ({"variants": {"LF . LF": REPLY}, "next": None}, ["LF . LF"], [["LF x LF"]]),
        ({"variants": {"LF . LF": REPLY}, "next": {"code": 421}}, ["LF . LF"], [["LF x LF"]]),
        ({"variants": {"LF . LF": REPLY}, "next": {"code": 250}}, ["LF . LF"], []),
        ({"variants": {"LF . LF": None}, "end": REPLY, "quit": None}, ["LF . LF"], [["LF x LF"]]),
        ({"variants": {"LF . LF": None}, "end": REPLY, "quit": {"code": 221}}, ["LF . LF"], []),
        ({"variants": {"LF x LF": REPLY}, "next": None}, ["LF x LF"], []),
        ({"variants": {}}, ["LF . LF"], []),
        ({"variants": {}, "refused": {}}, ["LF . LF"], []),
    ],
)
def test_variant_after_which_the_server_left_asks_for_the_octets_without_the_dot(
    facts: dict[str, t.Any], variants: list[str], expected: list[list[str]]
) -> None:
    observation: t.Any = {"facts": facts, "error": None}
    assert smuggling.control_batches(observation, variants) == expected


def test_octets_without_the_dot_follow_the_first_variant_that_was_answered() -> None:
    facts = {"variants": {"LF . LF": REPLY}, "next": None}
    observation: t.Any = {"facts": facts, "error": None}
    asked = smuggling.retry_batches(observation, ["LF . LF", "LF . CR"])
    assert asked == [["LF . CR"], ["LF x LF"]]
