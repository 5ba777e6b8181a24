# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Claims and ways round a refusal, against scripts: no message is ever ended, and no doubt is left
whose reply is whose.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    client_identity,
    proxy_header,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    play,
)

TLS = {"version": "TLSv1.3", "cipher": "x"}
OFFERS = b"250-mx1\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 DSN\r\n"
HELLO: list[Item] = [b"220 mx1 ESMTP\r\n", OFFERS]
OK, NO, GO, BYE = (
    b"250 2.0.0 Ok\r\n",
    b"554 5.7.1 Relay access denied\r\n",
    b"354 End with a dot\r\n",
    b"221 Bye\r\n",
)
EMPTY, WHO = b"554 5.5.1 no valid recipients\r\n", b"550 5.7.0 insufficient authorization\r\n"
#: What Postfix says: XFORWARD; MAIL, RCPT, DATA; MAIL, two RCPT; XCLIENT; all at once, and a chunk.
SOUND: dict[str, list[Item]] = {
    "xforward": [WHO],
    "refused": [OK, NO, EMPTY, OK],
    "mixed": [OK, OK, NO, OK],
    "xclient": [WHO],
    "pipelined": [OK + NO + EMPTY, EMPTY],
    "chunked": [],
}


def run(
    script: t.Sequence[Item], *parts: str, hello: t.Sequence[Item] = tuple(HELLO), **more: t.Any
) -> Played:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "state": "clear",
        "implicit": False,
        "sender": "<a@example.com>",
    }
    params = {
        **params,
        "recipient": "<b@example.com>",
        "local": "<root@example.org>",
        "parts": list(parts or client_identity.PARTS),
        **more,
    }
    return play(client_identity.client_identity, params, [*hello, *script])


def said(played: Played) -> list[bytes]:
    return b"".join(played.sent).split(b"\r\n")[1:-1]


def proxy(script: t.Sequence[Item], version: int = 1, implicit: bool = False) -> Played:
    params = {
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "implicit_tls": implicit,
        "version": version,
    }
    return play(
        proxy_header.proxy_header,
        {
            **params,
            "server": ["192.0.2.25", 25],
            "sender": "<a@example.com>",
            "recipient": "<b@example.com>",
        },
        script,
    )


def test_a_sound_server_is_asked_all_in_one_connection() -> None:
    parts = [part for part in client_identity.PARTS if part != "chunked"]
    played = run([*(item for part in parts for item in SOUND[part]), BYE])
    assert played.error is None
    assert {*parts, "extensions"} == set(played.facts)
    refusals = [line for who, line in played.transcript if who == "S" and line[:1] == "5"]
    assert len(refusals) == 8
    assert {name: reply["code"] for name, reply in played.facts["pipelined"].items()} == {
        "mail": 250,
        "rcpt": 554,
        "data": 554,
        "bdat": 554,
    }


def test_postmaster_stands_in_for_a_local_user_who_is_rejected() -> None:
    script = [OK, NO, OK, OK, OK, NO, OK, BYE]
    played = run(script, "mixed", exempt="<postmaster@example.org>")
    assert said(played)[1:6] == [
        b"RCPT TO:<root@example.org>",
        b"RSET",
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<postmaster@example.org>",
        b"RCPT TO:<b@example.com>",
    ]
    codes = {name: reply["code"] for name, reply in played.facts["mixed"].items()}
    assert codes == {"mail": 250, "local": 554, "exempt": 250, "rcpt": 554}


@pytest.mark.parametrize("part", ["refused", "pipelined"])
def test_a_server_that_waits_for_text_is_hung_up_on(part: str) -> None:
    played = run([OK, NO, GO] if part == "refused" else [OK + NO + GO], part)
    assert played.error is not None
    assert said(played)[-1] == b"DATA"
    assert played.facts[part]["data"]["code"] == 354


def test_no_text_is_asked_for_where_the_recipient_was_taken() -> None:
    played = run([OK, OK, OK, BYE], "refused", "pipelined")
    assert said(played) == [
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<b@example.com>",
        b"RSET",
        b"QUIT",
    ]
    assert "data" not in played.facts["refused"]


CHUNKS_ALONE: list[Item] = [b"220 mx1 ESMTP\r\n", b"250-mx1\r\n250 CHUNKING\r\n"]


def test_a_chunk_is_sent_where_nothing_is_said_at_once() -> None:
    script = [*SOUND["refused"], OK, NO, EMPTY, BYE]
    played = run(script, "refused", "pipelined", "chunked", hello=CHUNKS_ALONE)
    assert played.sent[-2] == b"BDAT 2\r\n\r\n"
    codes = {name: reply["code"] for name, reply in played.facts["chunked"].items()}
    assert codes == {"mail": 250, "rcpt": 554, "bdat": 554}
    assert "pipelined" not in played.facts


def test_no_chunk_is_sent_where_the_recipient_was_taken() -> None:
    script = [OK, OK, OK, BYE]
    played = run(script, "refused", "chunked", hello=CHUNKS_ALONE)
    assert not [data for data in played.sent if b"BDAT" in data]


def test_no_login_is_begun_in_a_second_state() -> None:
    offers = [HELLO[0], b"250-mx1\r\n250 AUTH PLAIN\r\n"]
    played = run([*SOUND["refused"], BYE], "refused", hello=offers, cancel=False)
    assert b"AUTH PLAIN" not in said(played)
    assert "cancelled" not in played.facts


def test_a_chunk_is_not_the_last_one() -> None:
    played = run([*SOUND["pipelined"], BYE], "pipelined")
    assert played.sent[-2] == b"BDAT 2\r\n\r\n"
    assert b"LAST" not in b"".join(played.sent)


def test_nothing_is_said_at_once_where_that_is_not_offered() -> None:
    played = run([BYE], "pipelined", hello=[HELLO[0], b"250-mx1\r\n250 CHUNKING\r\n"])
    assert (played.facts, said(played)) == ({"extensions": {"CHUNKING": ""}}, [b"QUIT"])


def test_whoever_took_xclient_is_asked_to_relay_and_nothing_more() -> None:
    played = run([b"220 mx1 ESMTP\r\n", OFFERS, OK, OK, OK], "xclient", "pipelined")
    assert said(played)[:3] == [
        b"XCLIENT NAME=localhost ADDR=127.0.0.1 PORT=25025",
        b"EHLO c.example.net",
        b"MAIL FROM:<a@example.com>",
    ]
    assert played.facts["attempts"][0]["reply"]["code"] == 250
    assert (played.error and played.error.kind, "pipelined" in played.facts) == ("closed", False)


def test_xclient_is_asked_again_without_a_port_where_that_is_no_attribute() -> None:
    bad = b"501 5.5.4 Bad XCLIENT attribute name: PORT\r\n"
    played = run([bad, WHO, BYE], "xclient")
    assert said(played)[1] == b"XCLIENT NAME=localhost ADDR=127.0.0.1"
    assert played.facts["xclient"]["code"] == 550


def test_a_login_is_called_off_before_anything_is_told() -> None:
    hello = [HELLO[0], b"250-mx1\r\n250 AUTH PLAIN\r\n"]
    played = run(
        [b"334 \r\n", b"501 5.7.0 Authentication aborted\r\n", *SOUND["refused"], BYE],
        "refused",
        hello=hello,
    )
    assert said(played)[:2] == [b"AUTH PLAIN", b"*"]
    assert played.facts["cancelled"]["end"]["code"] == 501
    played = run([b"535 5.7.8 no\r\n", *SOUND["refused"], BYE], "refused", hello=hello)
    assert b"*" not in said(played)


@pytest.mark.parametrize("end", [EOF, b"421 4.7.0 too many errors\r\n"])
def test_what_a_broken_connection_left_is_asked_part_by_part(end: Item) -> None:
    parts = [part for part in client_identity.PARTS if part != "chunked"]
    for cut, wanted in ((0, parts), (1, parts[1:]), (5, parts[2:])):
        script = [item for part in client_identity.PARTS for item in SOUND[part]][:cut]
        played = run([*script, end])
        assert played.error is not None
        assert played.error.kind == "closed"
        assert client_identity.parts_not_reached(played.facts, client_identity.PARTS) == [
            [part] for part in wanted
        ]
    lost = {"extensions": {"CHUNKING": ""}, "pipelined": {}}
    assert client_identity.parts_not_reached(lost, client_identity.PARTS) == [["chunked"]]


def test_headers() -> None:
    assert (
        proxy_header.header(1, "192.0.2.25", 587) == b"PROXY TCP4 127.0.0.1 192.0.2.25 1025 587\r\n"
    )
    assert proxy_header.header(1, "2001:db8::25", 25) == b"PROXY TCP6 ::1 2001:db8::25 1025 25\r\n"
    second = proxy_header.header(2, "192.0.2.25", 587)
    assert second == proxy_header.SIGNATURE + bytes.fromhex(
        "2111000c" + "7f000001" + "c0000219" + "0401" + "024b"
    )
    assert proxy_header.header(2, "2001:db8::25", 25)[12:16] == bytes.fromhex("21210024")


def test_a_header_that_is_refused() -> None:
    played = proxy([b"220 mx1\r\n", b"500 5.5.2 not recognized\r\n", OFFERS])
    assert (played.error, played.facts["header"]["code"], "ehlo" in played.facts) == (
        None,
        500,
        False,
    )
    assert proxy([b"554 5.5.0 too early\r\n"]).facts["greeting"]["code"] == 554
    assert proxy([EOF]).facts == {"sent": "PROXY TCP4 127.0.0.1 192.0.2.25 1025 25"}


def test_a_header_that_is_swallowed() -> None:
    played = proxy([b"220 mx1\r\n", OFFERS, OK, NO, OK, BYE])
    assert played.facts["attempts"][0]["reply"]["code"] == 554
    starttls = b"250-mx1\r\n250 STARTTLS\r\n"
    played = proxy([b"220 mx1\r\n", starttls, b"220 go\r\n", TLS, OFFERS, OK, OK, OK, BYE])
    assert (played.error, played.facts["attempts"][0]["reply"]["code"]) == (None, 250)
    played = proxy([TLS, b"220 mx1\r\n", OFFERS, OK, OK, OK, BYE], 2, True)
    assert played.facts["attempts"][0]["reply"]["code"] == 250
    assert played.sent[0].startswith(proxy_header.SIGNATURE)


def test_a_server_that_says_yes_to_everything_is_not_asked_to_relay() -> None:
    assert "attempts" not in proxy([b"220 mx1\r\n", OK, OK]).facts


def test_silence_is_no_answer() -> None:
    played = proxy([TIMEOUT])
    assert (played.error and played.error.kind, "greeting" in played.facts) == ("timeout", False)
