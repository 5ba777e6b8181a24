# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The check of outputs can fail: an output without the decisive line does not show the flaw."""

from __future__ import annotations

from typing import Any

import output_check
import pytest

TABLE: dict[str, Any] = {
    "no_command": {"host_check": "It is read on the host."},
    "shown_by": {"expiry": "certificate has expired"},
}


def case(who: str, text: str, command: str = "nc -C 192.0.2.25 25") -> dict[str, Any]:
    return {
        "target": "mx1",
        "command": command,
        "lines": ["EHLO me"],
        "params": {},
        "decisive": [[who, text]],
    }


@pytest.mark.parametrize(
    ("who", "text", "output"),
    [
        ("S", "250 2.1.5 Ok", "220 mx1\n250 2.1.5 Ok\n"),
        ("S", "250 2.0.0 Ok: queued as 4Abc12", "354 go\n250 2.0.0 Ok: queued as 9Xyz34\n"),
        ("S", "250 SIZE 1000", "250 SIZE 1000"),
        ("S", "250 2.1.5 Ok", r"< b'220 mx1\r\n250 2.1.5 Ok\r\n'"),
        ("*", "TLS: TLSv1.2 AES128-SHA", "Protocol  : TLSv1.2\n    Cipher    : AES128-SHA\n"),
    ],
)
def test_output_with_what_decided_is_ok(who: str, text: str, output: str) -> None:
    assert output_check.report_line("relay", case(who, text), TABLE, output).startswith("ok ")


@pytest.mark.parametrize(
    ("who", "text", "output"),
    [
        ("S", "250 2.1.5 Ok", "554 5.7.1 Relay access denied"),
        ("S", "250 2.1.5 Ok", "250 2.1.0 Ok"),
        ("*", "TLS: TLSv1.2 AES128-SHA", "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"),
        ("C", "QUIT", "221 Bye"),
    ],
)
def test_output_without_what_decided_is_shown_with_the_command(
    who: str, text: str, output: str
) -> None:
    line = output_check.report_line("relay", case(who, text), TABLE, output)
    assert line.startswith("NOT SHOWN ")
    assert "nc -C 192.0.2.25 25\nEHLO me" in line
    assert output in line


def test_table_replaces_the_decisive_line() -> None:
    expiry = case("*", "TLS: TLSv1.3 X")
    shown = "verify error:num=10:certificate has expired"
    assert output_check.report_line("expiry", expiry, TABLE, shown).startswith("ok ")
    assert output_check.report_line("expiry", expiry, TABLE, "TLSv1.3 X").startswith("NOT SHOWN ")


def test_check_without_a_command_needs_a_reason() -> None:
    none = {"target": "mx1", "command": ""}
    assert output_check.report_line("host_check", none, TABLE, "").startswith("ok ")
    assert output_check.report_line("relay", none, TABLE, "").startswith("NOT KNOWN ")
    has_one = case("S", "250 Ok")
    assert output_check.report_line("host_check", has_one, TABLE, "250 Ok").startswith("NOT TRUE ")
