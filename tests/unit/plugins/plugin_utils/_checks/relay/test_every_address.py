# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of every address."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import every_address
from ansible_collections.airtight.mail.tests.unit.helpers import recordings, relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
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


REFUSED, TIMEOUT = session(error="connect_refused"), session("submission", error="timeout")


def evaluated(seen: t.Sequence[dict[str, t.Any]], *addresses: str) -> list[tuple[str, str, str]]:
    """The status, address and reason of each finding."""
    context = dataclasses.replace(recordings.context(seen), addresses=addresses)
    found = every_address.relay_every_address(context)
    return [(item.status, item.address, item.reason) for item in found]


@pytest.mark.parametrize(
    ("seen", "status", "reason"),
    [
        ([REFUSED], NOT_APPLICABLE, "not_offered"),
        ([REFUSED, TIMEOUT], UNKNOWN, ""),
        ([TIMEOUT], UNKNOWN, ""),
        ([], UNKNOWN, ""),
        ([relay_attempts.session()], UNKNOWN, ""),
        ([relay_attempts.session(), relay_attempts.relay([], ["plus_tag"])], UNKNOWN, ""),
    ],
)
def test_address_without_a_judged_service(
    seen: list[dict[str, t.Any]], status: str, reason: str
) -> None:
    assert evaluated(seen, ADDRESS) == [(status, ADDRESS, reason)]


def test_each_address_is_judged_by_its_own_sessions() -> None:
    judged = [relay_attempts.session(), relay_attempts.relay(relay_attempts.experiment(), [])]
    other = {**REFUSED, "address": "192.0.2.26"}
    assert evaluated([*judged, other], ADDRESS, "192.0.2.26", "192.0.2.27") == [
        (PASS, ADDRESS, ""),
        (NOT_APPLICABLE, "192.0.2.26", "not_offered"),
        (UNKNOWN, "192.0.2.27", ""),
    ]
    assert evaluated(judged) == [(UNKNOWN, "", "")]
    assert evaluated([*judged, TIMEOUT], ADDRESS) == [(PASS, ADDRESS, "")]


def test_port_25_that_took_the_connection_has_one_finding() -> None:
    silent = session(error="busy", source=VANTAGE)
    assert evaluated([silent], ADDRESS) == [(UNKNOWN, ADDRESS, "")]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([TIMEOUT, session("submissions", error="unreachable")], "answered: timeout. Audit"),
        ([], "answered: no service was probed. Audit"),
    ],
)
def test_sentence_says_why_no_service_answered(seen: list[dict[str, t.Any]], words: str) -> None:
    context = dataclasses.replace(recordings.context(seen), addresses=(ADDRESS,))
    (found,) = every_address.relay_every_address(context)
    assert words in found.sentence
