# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of every address."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    VANTAGE,
    session,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    status_of,
)
from ansible_collections.airtight.mail.tests.unit.helpers.simulated_server import (
    mail_server,
    sound,
    statuses,
    survey,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_every_address", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_every_address",
            PASS,
            [
                (
                    "554 5.7.1 <host.containers.internal[198.18.0.1]>: Client host rejected: "
                    "Access denied"
                ),
            ],
        ),
        (
            "relay_every_address",
            UNKNOWN,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


@pytest.mark.parametrize("error", ["timeout", "busy", "closed", "tls"])
def test_port_that_took_the_connection_is_never_not_offered(error: str) -> None:
    silent = session(error=error, source=VANTAGE)
    assert verdict("relay_every_address", [silent], services=["submission"])[0] == UNKNOWN
    refused = session(error="connect_refused")
    assert verdict("relay_every_address", [refused])[0] == NOT_APPLICABLE


def test_late_greeting_on_port_25_is_unknown_beside_a_sound_submission() -> None:
    busy = mail_server(sound)
    greets_late = {
        "smtp": lambda line, seen: busy(line, seen) if line else "421 4.7.0 try again later",
        "submissions": mail_server(lambda _path, _seen: "530 5.7.0 Authentication required"),
    }
    context = survey(greets_late, services=["submissions"])
    assert statuses(context, "relay_every_address")["relay_every_address"] == UNKNOWN


@pytest.mark.parametrize(
    ("kind", "status"), [("timeout", UNKNOWN), ("unreachable", UNKNOWN), ("connect_refused", PASS)]
)
def test_port_25_that_was_not_reached_is_unknown_beside_a_sound_submission(
    kind: str, status: str
) -> None:
    seen = observations("relay_every_address", PASS)
    submission = next(item for item in seen if item["probe"] == "smtp_session")
    error = {"kind": kind, "text": "no connection"}
    smtp = {**submission, "service": "smtp", "port": 25, "facts": {}, "error": error, "source": ""}
    assert status_of("relay_every_address", [*seen, smtp]) == status
