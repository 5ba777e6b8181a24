# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The sink: what it accepts, rejects and records; and that no client can block it."""

from __future__ import annotations

import asyncio
import base64
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import smtp_sink
from ansible_collections.airtight.mail.tests.unit.helpers.loopback_survey import free_port

KNOWN = {"airtight-0a", "airtight-0a-back"}


def session() -> tuple[smtp_sink.Session, list[dict[str, t.Any]]]:
    arrivals: list[dict[str, t.Any]] = []
    return smtp_sink.Session("Canary.example", KNOWN, arrivals, "192.0.2.25"), arrivals


def say(one: smtp_sink.Session, *lines: str) -> list[str]:
    """The codes of the replies, none where there was no reply."""
    return [one.feed(line.encode() + b"\r\n")[:3] for line in lines]


def test_a_message_is_written_down() -> None:
    one, arrivals = session()
    begin = [
        "EHLO mx1",
        "MAIL FROM:<a@b> SIZE=9",
        "RCPT TO:<Airtight-0A@canary.EXAMPLE>",
        "DATA",
        "Subject: x",
        "",
        "..",
        ".",
        "QUIT",
    ]
    assert say(one, *begin) == ["250", "250", "250", "354", "", "", "", "250", "221"]
    head = "Subject: x\r\n\r\n..\r\n"
    assert arrivals == [
        {
            "recipient": "airtight-0a@canary.example",
            "sender": "a@b",
            "peer": "192.0.2.25",
            "helo": "mx1",
            "head": head,
        }
    ]
    assert one.over


def test_every_octet_is_kept_where_that_was_asked_for() -> None:
    arrivals: list[dict[str, t.Any]] = []
    one = smtp_sink.Session("canary.example", KNOWN, arrivals, "192.0.2.25", raw=True)
    say(one, "EHLO mx1", "MAIL FROM:<>", "RCPT TO:<airtight-0a@canary.example>", "DATA")
    lines = [b"a\n", b".\r\n", b".\n", b"\xff\r\n"]  # CR LF . CR LF alone is an end
    assert [one.feed(line) for line in lines] == [""] * 4
    assert one.feed(b".\r\n").startswith("250")
    assert base64.b64decode(arrivals[0]["raw"]) == b"".join(lines)


def test_bounces_tags_and_roles_are_taken() -> None:
    one, arrivals = session()
    recipients = [
        "airtight-0a-back@canary.example",
        "airtight-0a+tag@canary.example",
        "Postmaster@canary.example",
    ]
    said = say(
        one, "HELO mx1", "MAIL FROM:<>", *(f"RCPT TO:<{name}>" for name in recipients), "DATA", "."
    )
    assert said == ["250", "250", "250", "250", "250", "354", "250"]
    assert [entry["recipient"] for entry in arrivals] == [name.lower() for name in recipients]
    assert {entry["sender"] for entry in arrivals} == {""}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("RCPT TO:<airtight-0a@elsewhere.example>", "554"),
        ("RCPT TO:<somebody@canary.example>", "550"),
        ("RCPT TO:<@canary.example:airtight-0a@elsewhere.example>", "554"),
        ("RCPT TO:<airtight-0a%elsewhere.example@canary.example>", "550"),
        ("RCPT airtight-0a@canary.example", "501"),
        ("DATA", "503"),
        ("VRFY root", "502"),
        ("STARTTLS", "502"),
        ("RSET", "250"),
    ],
)
def test_it_relays_nothing(words: str, code: str) -> None:
    one, arrivals = session()
    assert say(one, "EHLO mx1", "MAIL FROM:<a@b>", words, "DATA") == ["250", "250", code, "503"]
    assert arrivals == []


def test_out_of_turn() -> None:
    one, _arrivals = session()
    assert say(one, "RCPT TO:<airtight-0a@canary.example>", "MAIL a@b", "NOOP") == [
        "503",
        "501",
        "250",
    ]


def test_too_much() -> None:
    one, arrivals = session()
    said = say(one, *(["NOOP"] * (smtp_sink.MAX_COMMANDS + 1)))
    assert (said[-2:], one.over) == (["250", "421"], True)
    one, arrivals = session()
    say(one, "MAIL FROM:<>", "RCPT TO:<airtight-0a@canary.example>", "DATA")
    line = b"x" * 4000 + b"\r\n"
    said = [one.feed(line)[:3] for _count in range(smtp_sink.MAX_MESSAGE // len(line) + 1)]
    assert (said[-1], one.over, arrivals) == ("552", True, [])


def test_over_a_socket() -> None:
    async def run() -> tuple[bytes, list[dict[str, t.Any]]]:
        port, sink = (
            free_port(),
            smtp_sink.Sink("canary.example", "canary.example airtight sink 00"),
        )
        sink.known.update(KNOWN)
        await sink.open(["127.0.0.1"], port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"EHLO mx1\r\nMAIL FROM:<>\r\nRCPT TO:<airtight-0a@canary.example>\r\nDATA\r\nX: "
            b"y\r\n.\r\nQUIT\r\n"
        )
        said = await asyncio.wait_for(reader.read(), 2)
        flood, idle = (
            await asyncio.open_connection("127.0.0.1", port),
            await asyncio.open_connection("127.0.0.1", port),
        )
        flood[1].write(b"x" * (smtp_sink.MAX_LINE * 3))
        assert (await asyncio.wait_for(flood[0].read(), 2)).startswith(b"220 ")
        await asyncio.wait_for(sink.close(), 2)
        assert (
            await asyncio.wait_for(idle[0].read(), 2) == b"220 canary.example airtight sink 00\r\n"
        )
        for one in (writer, flood[1], idle[1]):
            one.close()
        with pytest.raises(OSError, match=str(port)):
            await asyncio.open_connection("127.0.0.1", port)
        return said, sink.arrivals

    said, arrivals = asyncio.run(run())
    assert [line[:3] for line in said.splitlines()] == [
        b"220",
        b"250",
        b"250",
        b"250",
        b"250",
        b"250",
        b"354",
        b"250",
        b"221",
    ]
    assert [entry["peer"] for entry in arrivals] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "local",
    ["hostmaster", "WebMaster", "noreply", '"airtight-0a"', "airtight-0a+tag", "AIRTIGHT-0A"],
)
def test_recipient_is_taken_in_whatever_form_it_comes(local: str) -> None:
    one, _arrivals = session()
    said = say(one, "EHLO mx1", "MAIL FROM:<>", f"RCPT TO:<{local}@canary.example>")
    assert said == ["250", "250", "250"]
