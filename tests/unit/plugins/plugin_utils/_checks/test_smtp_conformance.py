# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Names, extensions, obsolete commands and HTTP: replies beyond the recordings, decisive lines."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    TIMEOUT,
    evaluated,
    observed,
    reply,
    status_beside_session,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded_decisive_lines,
)

OK = {"mail": reply(250)}


@pytest.mark.parametrize(
    ("check", "probe", "facts", "status"),
    [
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "BDAT 0 LAST", "reply": reply(502)}]},
            FAIL,
        ),
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "BDAT 0 LAST", "reply": reply(503)}]},
            PASS,
        ),
        (
            "extensions_work",
            "smtp_conformance",
            {**OK, "promised": [{"words": "MAIL", "reply": reply(451)}]},
            UNKNOWN,
        ),
        (
            "old_commands_refused",
            "smtp_commands",
            {"verbs": {"DEBUG": reply(500), "TURN": reply(421), "VERB": reply(500)}},
            UNKNOWN,
        ),
        (
            "old_commands_refused",
            "smtp_commands",
            {"verbs": {"DEBUG": reply(500), "TURN": reply(502)}},
            UNKNOWN,
        ),
        ("http_rejected", "smtp_http", {"replies": [reply(421)], "closed": True}, UNKNOWN),
        ("http_rejected", "smtp_http", {"replies": [reply(220), reply(421)], "closed": True}, PASS),
        (
            "http_rejected",
            "smtp_http",
            {"replies": [reply(220), reply(250), reply(530), reply(221)], "closed": True},
            PASS,
        ),
        ("http_rejected", "smtp_http", {"replies": [reply(220)]}, UNKNOWN),
    ],
)
def test_reply_gives_the_status(
    check: str, probe: str, facts: dict[str, t.Any], status: str
) -> None:
    assert status_beside_session(check, probe, facts) == status


def test_extensions_pass_only_when_every_command_was_sent() -> None:
    promised = {**OK, "promised": [{"words": "MAIL", "reply": reply(250)}]}
    assert status_beside_session("extensions_work", "smtp_conformance", promised) == PASS
    assert (
        status_beside_session("extensions_work", "smtp_conformance", promised, TIMEOUT) == UNKNOWN
    )


@pytest.mark.parametrize(
    ("greeting", "ehlo", "status"),
    [
        ("mx1.example.org ESMTP", "MX1.example.org Hello", PASS),
        ("mx1.example.org ESMTP", "mx2.example.org", FAIL),
        ("mx1 ESMTP", "mx1", FAIL),
        ("localhost.localdomain ESMTP", "localhost.localdomain", FAIL),
        ("[192.0.2.25] ESMTP", "[192.0.2.25]", FAIL),
    ],
)
def test_names_in_greeting_and_ehlo_reply_give_the_status(
    greeting: str, ehlo: str, status: str
) -> None:
    facts = {"greeting": reply(220, greeting), "ehlo": reply(250, ehlo)}
    assert evaluated("greeting_name", observed("smtp_session", facts))[0] == status


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("greeting_name", FAIL, ["220 mail ESMTP"]),
        (
            "greeting_name",
            PASS,
            [
                "220 mx1.example.org ESMTP",
                "250 mx1.example.org PIPELINING SIZE 26214400 ETRN STARTTLS E",
            ],
        ),
        ("extensions_work", FAIL, ["500 5.5.2 Error: command not recognized"]),
        ("extensions_work", PASS, ["250 2.1.0 Ok", "250 2.1.5 Ok"]),
        ("old_commands_refused", FAIL, ["250 2.0.0 Verbose mode"]),
        (
            "old_commands_refused",
            PASS,
            [
                "500 5.5.2 Error: command not recognized",
                "500 5.5.2 Error: command not recognized",
                "500 5.5.2 Error: command not recognized",
            ],
        ),
        ("http_rejected", PASS, ["221 2.7.0 Error: I can break rules, too. Goodbye."]),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


def test_decisive_lines_of_an_executed_http_body_are_the_replies_with_250() -> None:
    lines = recorded_decisive_lines("http_rejected", FAIL)
    assert {line[:4] for line in lines} == {"250 "}


@pytest.mark.parametrize(
    ("code", "helped", "status"),
    [(500, 554, PASS), (502, 554, PASS), (554, 554, UNKNOWN), (554, 214, PASS), (550, 214, PASS)],
)
def test_obsolete_commands_of_a_client_that_may_be_turned_away_are_unknown(
    code: int, helped: int, status: str
) -> None:
    verbs = {verb: reply(code) for verb in ("DEBUG", "TURN", "VERB")}
    facts = {"verbs": verbs, "help": reply(helped)}
    assert status_beside_session("old_commands_refused", "smtp_commands", facts) == status
