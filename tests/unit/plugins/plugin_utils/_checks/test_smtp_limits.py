# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Limits of lines, paths and sizes: replies beyond the recordings, decisive lines."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    reply,
    status_beside_session,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded_decisive_lines,
)

OK = {"mail": reply(250)}
SHORT = {"rcpt": {"stranger": reply(554, enhanced="5.7.1")}}


@pytest.mark.parametrize(
    ("check", "probe", "facts", "status"),
    [
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(500), "long_path": reply(554)},
            FAIL,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(501, "no parameters"), "long_path": reply(554)},
            UNKNOWN,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(250), "long_path": reply(501, "<long> Syntax error")},
            UNKNOWN,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, **SHORT, "long_line": reply(250), "long_path": reply(501, "any text")},
            FAIL,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, **SHORT, "long_line": reply(250), "long_path": reply(554, "long", "5.7.1")},
            PASS,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, **SHORT, "long_line": reply(250), "long_path": reply(550, "too long")},
            UNKNOWN,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(250), "long_path": reply(554, "relay denied", "5.7.1")},
            UNKNOWN,
        ),
        (
            "minimum_limits",
            "smtp_conformance",
            {**OK, "long_line": reply(250), "long_path": reply(421)},
            UNKNOWN,
        ),
        ("size_limit", "smtp_conformance", {"extensions": {}}, NOT_APPLICABLE),
        ("size_limit", "smtp_conformance", {"extensions": {"SIZE": "0"}}, FAIL),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "oversize": reply(250)},
            FAIL,
        ),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "oversize": reply(452)},
            UNKNOWN,
        ),
        (
            "size_limit",
            "smtp_conformance",
            {"extensions": {"SIZE": "9"}, "mail": reply(450)},
            UNKNOWN,
        ),
    ],
)
def test_reply_to_a_long_line_path_or_size_gives_the_status(
    check: str, probe: str, facts: dict[str, t.Any], status: str
) -> None:
    assert status_beside_session(check, probe, facts) == status


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "size_limit",
            FAIL,
            ["250 mx1.example.org PIPELINING SIZE ETRN STARTTLS ENHANCEDST"],
        ),
        ("size_limit", PASS, ["552 5.3.4 Message size exceeds fixed limit"]),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


@pytest.mark.parametrize(
    ("status", "beginnings"), [(FAIL, ["553 5.1.0 <xxx"]), (PASS, ["554 5.7.1 <xxx", "250 2.0.0"])]
)
def test_decisive_lines_of_minimum_limits_are_the_replies_to_long_input(
    status: str, beginnings: list[str]
) -> None:
    lines = recorded_decisive_lines("minimum_limits", status)
    assert [line[: len(start)] for line, start in zip(lines, beginnings, strict=True)] == beginnings


def test_size_above_the_limit_counts_only_beside_an_accepted_sender() -> None:
    facts = {"extensions": {"SIZE": "1000"}, "oversize": reply(552), "mail": reply(250)}
    assert status_beside_session("size_limit", "smtp_conformance", facts) == PASS
    turned_away = {**facts, "mail": reply(554)}
    assert status_beside_session("size_limit", "smtp_conformance", turned_away) == UNKNOWN
    del facts["mail"]
    assert status_beside_session("size_limit", "smtp_conformance", facts) == UNKNOWN
