# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The scripts that send what no common tool does; one runs against a server on loopback."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    proxy_header,
    smuggling,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._report import reproduce_script
from ansible_collections.airtight.mail.plugins.plugin_utils._report.reproduce import reproduction
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY, entry

OPENING = [["S", "220 mx1 ESMTP"], ["C", "EHLO me"], ["S", "250 STARTTLS"]]
TLS_NOTE = ["*", "TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]
INJECTED = [
    *OPENING,
    *(["C", "STARTTLS"], ["C", "EHLO tag.invalid"], ["S", "220 Ready"], TLS_NOTE),
    *(["C", "RCPT TO:<b@example.com>"], ["S", "250-mx1"], ["S", "250 PIPELINING"]),
]
TO_DATA = [
    *OPENING,
    ["C", "MAIL FROM:<>"],
    ["S", "250 Ok"],
    ["C", "RCPT TO:<b@example.com>"],
    ["S", "250 Ok"],
    ["C", "DATA"],
    ["S", "354 go"],
]


def script(probe: str, transcript: list[list[str]], **fields: t.Any) -> list[str]:
    found = entry(probe=probe, transcript=transcript, decisive=[len(transcript) - 1], **fields)
    steps = reproduction({"status": "fail", "evidence": [found]})
    assert steps
    assert steps.command == "python3 - <<'END'"
    assert steps.lines[-1] == "END"
    assert steps.lines.count("END") == 1
    ast.parse("\n".join(steps.lines[:-1]))
    return [
        line
        for line in steps.lines
        if line.startswith(("say(", "hear(", "link.sendall(", "link = ssl"))
    ]


def test_injected_command_is_in_the_segment_of_starttls() -> None:
    assert script("starttls", INJECTED) == [
        "hear()",
        r"say(b'EHLO me\r\n')",
        r"say(b'STARTTLS\r\nEHLO tag.invalid\r\n')",
        "link = ssl._create_unverified_context().wrap_socket(link)",
        r"say(b'RCPT TO:<b@example.com>\r\n')",
    ]


def test_smuggling_sends_the_ends_up_to_the_one_that_was_answered() -> None:
    notes = [
        ["*", "a message"],
        ["*", "some text, then LF . LF"],
        ["*", "some text, then LF . CRLF"],
        ["S", "554 hops"],
    ]
    variants = list(smuggling.BARE_LF)
    *_commands, head, first, second = script(
        "smuggle", [*TO_DATA, *notes], params={"variants": variants}
    )
    assert head.startswith("link.sendall(b'Received: ")
    assert (first, second) == (r"say(b'some text\n.\n')", r"say(b'some text\n.\r\n')")
    inside = [*OPENING, TLS_NOTE, *TO_DATA[3:], *notes[:2], ["S", "554 hops"]]
    assert script("smuggle", inside, params={"variants": variants})[-1] == r"say(b'some text\n.\n')"


def test_smuggling_sends_what_followed_the_reply_to_an_end() -> None:
    notes = [["*", "a message"], ["*", "some text, then LF . LF"], ["S", "554 hops"]]
    after = [["C", "NOOP"], ["S", "250 Ok"]]
    variants = {"variants": list(smuggling.BARE_LF)}
    sent = script("smuggle", [*TO_DATA, *notes, *after], params=variants)
    assert sent[-2:] == [r"say(b'some text\n.\n')", r"say(b'NOOP\r\n')"]


def test_second_message_is_in_the_segment_of_the_first() -> None:
    lines = [*TO_DATA, ["*", "a message, and at once"], ["S", "250 Ok"], ["S", "354 go"]]
    *_commands, last = script("smuggle_sync", lines, params={"recipient": "<b@example.com>"})
    assert last.startswith("say(b'Received: ")
    assert last.endswith(r".\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')")


@pytest.mark.parametrize("version", [1, 2])
def test_proxy_header_is_sent_before_all_else(version: int) -> None:
    sent = (
        ["C", "PROXY TCP4 127.0.0.1 192.0.2.25 1025 25"]
        if version == 1
        else ["*", "a PROXY header"]
    )
    params = {"version": version, "server": ["192.0.2.25", 25]}
    header = proxy_header.header(version, "192.0.2.25", 25)
    assert script("proxy_header", [sent, *OPENING], params=params) == [
        f"say({header!r})",
        r"say(b'EHLO me\r\n')",
    ]


@pytest.mark.parametrize("words", NASTY, ids=lambda words: ascii(words)[:24])
def test_text_of_a_server_is_in_no_script(words: str) -> None:
    said = [[who, words if who == "S" else text] for who, text in INJECTED]
    assert script("starttls", said) == script("starttls", INJECTED)


def test_no_text_can_end_the_literals_or_the_script() -> None:
    for words in NASTY:
        lines = [
            ["C", words.replace("\ud800", "").replace("\udfff", "")],
            ["C", "END"],
            ["S", "250 Ok"],
        ]
        assert len(script("starttls", lines)) == 1


def serve_once(listener: socket.socket) -> None:
    """A server that answers each command, and an unfinished STARTTLS as if it were two."""
    connection, _address = listener.accept()
    with connection:
        connection.sendall(b"220 mx1 ESMTP\r\n")
        while data := connection.recv(4096):
            connection.sendall(b"250 carried out\r\n" * data.count(b"\r\n"))


def serve_in_pieces(listener: socket.socket) -> None:
    """A server whose reply to two commands comes in two segments."""
    connection, _address = listener.accept()
    with connection:
        connection.sendall(b"220 mx1 ESMTP\r\n")
        connection.recv(4096)
        connection.sendall(b"250 first\r\n")
        time.sleep(0.1)
        connection.sendall(b"250 second\r\n")
        connection.recv(4096)


def test_script_shows_a_reply_in_pieces() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve_in_pieces, args=(listener,), daemon=True).start()
        shown = output_of_script(listener.getsockname()[1])
    assert r"< b'250 second\r\n'" in shown


def output_of_script(port: int) -> list[str]:
    """The lines that the script for an injected command prints."""
    lines = [*OPENING, ["C", "STARTTLS"], ["C", "EHLO tag.invalid"], ["S", "250 Ok"]]
    found = entry(address="127.0.0.1", port=port, probe="starttls", transcript=lines, decisive=[5])
    text = "\n".join(reproduce_script.script_lines(found)[:-1])
    done = subprocess.run(
        [sys.executable, "-c", text.replace("settimeout(2)", "settimeout(0.3)")],
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=True,
    )
    return done.stdout.splitlines()


def test_script_shows_the_answers_to_what_it_sends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve_once, args=(listener,), daemon=True).start()
        shown = output_of_script(listener.getsockname()[1])
    assert shown[0] == r"< b'220 mx1 ESMTP\r\n'"
    assert shown[-2:] == [
        r"> b'STARTTLS\r\nEHLO tag.invalid\r\n'",
        r"< b'250 carried out\r\n250 carried out\r\n'",
    ]
