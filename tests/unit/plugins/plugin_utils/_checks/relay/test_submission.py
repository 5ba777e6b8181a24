# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of the submission services."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    status_of,
)
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    attempt,
    experiment,
    relay,
    session,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "relay_submission",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_submission",
            PASS,
            [
                (
                    "554 5.7.1 <host.containers.internal[198.18.0.1]>: Client host rejected: "
                    "Access denied"
                ),
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


OK, TLS_FIRST = "250 2.1.5 Ok", "530 5.7.0 Must issue a STARTTLS command first"
SENDER = "550 5.1.8 Sender address rejected"
NO_TLS = {"extensions": {"PIPELINING": ""}}


@pytest.mark.parametrize(
    ("service", "clear", "inside", "facts", "status"),
    [
        ("submission", experiment(), experiment(), None, PASS),
        ("submission", experiment(), [], None, UNKNOWN),
        ("submission", experiment(), [], NO_TLS, PASS),
        ("submission", experiment(), [], {"banner": "220 x"}, PASS),
        ("submission", [], [], NO_TLS, UNKNOWN),
        ("submission", [attempt("mail", TLS_FIRST)], experiment(), None, PASS),
        ("submission", [attempt("mail", "554 5.7.0 No")], experiment(), None, UNKNOWN),
        ("submission", [attempt("rcpt", OK)], experiment(), None, FAIL),
        ("submission", experiment(), [attempt("rcpt", OK)], None, FAIL),
        ("submission", [*experiment(), attempt("rcpt", OK, "own_user")], experiment(), None, PASS),
        ("submissions", [], experiment(), None, PASS),
        ("submissions", [], [], None, UNKNOWN),
    ],
)
def test_each_state_of_the_connection_has_to_reject_relaying(
    service: str,
    clear: list[dict[str, t.Any]],
    inside: list[dict[str, t.Any]],
    facts: dict[str, t.Any] | None,
    status: str,
) -> None:
    state = "implicit" if service == "submissions" else "starttls"
    seen = [session(facts), relay(clear, []), relay(inside, [], state=state)]
    named = [{**item, "service": service, "port": 587} for item in seen if item["facts"]]
    assert status_of("relay_submission", named) == status
