# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying after a failed or cancelled login: the status, and which lines decide."""

from __future__ import annotations

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
        (("cancelled", "end"), reply(235), FAIL),
        (("cancelled", "end"), None, UNKNOWN),
        (("cancelled",), None, UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
    ],
)
def test_reply_to_a_cancelled_login_has_a_status(
    path: tuple[str, ...], answer: t.Any, expected: str
) -> None:
    assert (
        status_of(
            "relay_after_cancelled_login",
            with_fact("relay_after_cancelled_login", "client_identity", *path, to=answer),
        )
        == expected
    )


def test_cancelled_login_without_auth_is_not_applicable() -> None:
    assert (
        status_of("relay_after_cancelled_login", observations("relay_xclient", PASS))
        == NOT_APPLICABLE
    )


@pytest.mark.parametrize(
    "check",
    ["relay_after_cancelled_login"],
)
def test_acceptance_counts_only_from_an_untrusted_vantage(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}}
        for seen in observations(check, FAIL)
    ]
    assert status_of(check, near, untrusted=False) == UNKNOWN
    assert status_of(check, near) == FAIL


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_after_cancelled_login", FAIL, ["rcpt -> 250 2.1.5 Ok"]),
        (
            "relay_after_cancelled_login",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Recipient address rejected: Access denied"],
        ),
        (
            "relay_after_failed_login",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_after_failed_login",
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
