# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ways to bypass a rejection: their status, and which lines decide."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    reply,
    status_of,
    with_fact,
)


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        (("refused", "data"), reply(250), FAIL),
        (("refused", "data"), reply(354), UNKNOWN),
        (("refused", "data"), None, UNKNOWN),
        (("refused", "rcpt"), reply(250), FAIL),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("mixed", "rcpt"), reply(250), FAIL),
        (("mixed", "local"), reply(450), UNKNOWN),
        (("mixed",), None, UNKNOWN),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(250), "rcpt": reply(554)},
            PASS,
        ),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(550), "rcpt": reply(554)},
            UNKNOWN,
        ),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(250), "rcpt": reply(250)},
            FAIL,
        ),
        (("pipelined", "rcpt"), reply(250), FAIL),
        (("pipelined", "bdat"), reply(250), FAIL),
        (("pipelined", "bdat"), None, UNKNOWN),
        (("pipelined",), None, UNKNOWN),
        (("refused", "data"), reply(503), PASS),
    ],
)
def test_reply_to_a_bypass_has_a_status(
    path: tuple[str, ...], answer: t.Any, expected: str
) -> None:
    assert (
        status_of(
            "relay_data_path", with_fact("relay_data_path", "client_identity", *path, to=answer)
        )
        == expected
    )


def test_rejected_mail_command_leaves_nothing_to_bypass() -> None:
    login = {"mail": reply(530, "5.7.0 Authentication required")}
    assert (
        status_of(
            "relay_data_path", with_fact("relay_data_path", "client_identity", "refused", to=login)
        )
        == PASS
    )


@pytest.mark.parametrize(
    "check",
    ["relay_data_path", "relay_subdomains", "relay_parameters"],
)
def test_acceptance_counts_only_from_an_untrusted_vantage(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}}
        for seen in observations(check, FAIL)
    ]
    assert status_of(check, near, untrusted=False) == UNKNOWN
    assert status_of(check, near) == FAIL


@pytest.mark.parametrize(("code", "expected"), [(501, UNKNOWN), (555, UNKNOWN), (554, PASS)])
def test_parameter_that_was_not_understood_is_unknown(code: int, expected: str) -> None:
    seen = copy.deepcopy(observations("relay_parameters", PASS))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            if attempt["sender"] == "body_8bitmime":
                attempt["reply"]["code"] = code
    assert status_of("relay_parameters", seen) == expected


def test_relay_parameters_without_an_extension_is_not_applicable() -> None:
    session = observations("relay_parameters", PASS)[0]
    session = {
        **session,
        "facts": {
            **session["facts"],
            "extensions": {"STARTTLS": ""},
            "extensions_tls": {"PIPELINING": ""},
        },
    }
    assert status_of("relay_parameters", [session]) == NOT_APPLICABLE


def test_relay_subdomains_of_an_open_relay_is_unknown() -> None:
    seen = copy.deepcopy(observations("relay_subdomains", FAIL))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            attempt["reply"] = reply(250)
    assert status_of("relay_subdomains", seen) == UNKNOWN


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_data_path", FAIL, ["rcpt -> 250 2.1.5 Ok"]),
        (
            "relay_data_path",
            PASS,
            [
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.5.1 Error: no valid recipients",
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.5.1 Error: no valid recipients",
            ],
        ),
        (
            "relay_subdomains",
            FAIL,
            ["RCPT TO:<airtight-X@airtight-X.example.org> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_subdomains",
            PASS,
            ["554 5.7.1 <airtight-X@airtight-X.example.org>: Relay access denied"],
        ),
        ("relay_parameters", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_parameters",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines
