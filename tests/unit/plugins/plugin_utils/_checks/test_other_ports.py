# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ports beside the registered ones: every case of open, refused and silent."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.other_ports import (
    session_with_port,
)
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    Observation,
    evaluated,
    findings,
    port_scan,
    port_session,
    session,
    verdict,
)

BOTH = pytest.mark.parametrize("check", ["relay_other_ports", "ports_as_declared"])
NOT_OPEN = {24: other_ports.REFUSED, 389: other_ports.SILENT, 6379: other_ports.UNREACHABLE}


@BOTH
@pytest.mark.parametrize(
    ("states", "sessions", "profile", "target", "status", "words"),
    [
        (
            {24: other_ports.REFUSED, 389: other_ports.REFUSED},
            [session()],
            "strict",
            {},
            PASS,
            "2 ports refuse connections (24, 389).",
        ),
        (
            NOT_OPEN,
            [session()],
            "baseline",
            {},
            PASS,
            "1 port refuses connections; no answer from ports 389, 6379. They may be behind a",
        ),
        (
            {24: other_ports.REFUSED, 389: other_ports.SILENT},
            [session()],
            "baseline",
            {},
            PASS,
            "1 port refuses connections; no answer from port 389. They may be behind a",
        ),
        (
            {389: other_ports.SILENT},
            [session()],
            "baseline",
            {},
            PASS,
            "No answer from port 389. They may be behind a",
        ),
        (
            dict.fromkeys(range(1, 7), other_ports.REFUSED),
            [session()],
            "baseline",
            {},
            PASS,
            "6 ports refuse connections (1, 2, 3, 4, 5, 6).",
        ),
        (
            dict.fromkeys(range(1, 10), other_ports.REFUSED),
            [session()],
            "baseline",
            {},
            PASS,
            "9 ports refuse connections (1, 2, 3, 4, 5, 6 and 3 more).",
        ),
        (
            NOT_OPEN,
            [session()],
            "strict",
            {},
            UNKNOWN,
            "The policy demands that they refuse connections (silent_ports).",
        ),
        (
            NOT_OPEN,
            [session()],
            "baseline",
            {"services": []},
            UNKNOWN,
            "declare services if no other port is meant to be open",
        ),
        (
            NOT_OPEN,
            [session(error="timeout")],
            "baseline",
            {},
            UNKNOWN,
            "No mail service answers at this address either",
        ),
        (
            {24: other_ports.REFUSED},
            [session(error="connect_refused")],
            "baseline",
            {},
            UNKNOWN,
            "no mail service answers on this host",
        ),
    ],
)
def test_ports_that_are_not_open_give_the_status_of_their_states(
    check: str,
    states: dict[int, str],
    sessions: list[Observation],
    profile: str,
    target: Observation,
    status: str,
    words: str,
) -> None:
    result = evaluated(check, [port_scan(states), *sessions], profile, **target)
    assert result["status"] == status
    assert any(words in item["sentence"] for item in result["evidence"])


@BOTH
def test_address_that_refuses_every_port_passes_beside_one_with_mail(check: str) -> None:
    ipv6 = "2001:db8::25"
    observations = [
        session(),
        session(address=ipv6, error="connect_refused"),
        port_scan({24: other_ports.REFUSED}),
        port_scan({24: other_ports.REFUSED}, address=ipv6),
    ]
    assert verdict(check, observations, addresses=[ADDRESS, ipv6], services=[])[0] == PASS
    silent = [*observations[:3], port_scan({24: other_ports.SILENT}, address=ipv6)]
    assert verdict(check, silent, addresses=[ADDRESS, ipv6])[0] == UNKNOWN


@BOTH
def test_every_port_open_is_unknown(check: str) -> None:
    states = dict.fromkeys(range(1, other_ports.MAX_TALKS + 2), other_ports.OPEN)
    found = verdict(check, [session(), port_scan(states)])
    assert (found[0], "a device in front of the host answers for it" in found[1]) == (
        UNKNOWN,
        True,
    )


@BOTH
def test_decisive_lines_of_ports_that_are_not_open_list_their_states(check: str) -> None:
    (evidence,) = [
        item
        for item in evaluated(check, [session(), port_scan(NOT_OPEN)])["evidence"]
        if item["service"] == "other_port"
    ]
    assert (evidence["address"], evidence["port"], evidence["subject"]) == (ADDRESS, 0, "")
    assert [line[1] for line in evidence["transcript"]] == [
        "refused: 24",
        "silent: 389",
        "unreachable: 6379",
    ]


@BOTH
@pytest.mark.parametrize(
    ("scans", "why"),
    [
        ([], "."),
        ([{**port_scan({}, error="budget"), "facts": {}}], ": budget."),
        ([{**port_scan({}), "facts": {}}], "."),
    ],
)
def test_address_without_a_port_scan_is_unknown(
    check: str, scans: list[Observation], why: str
) -> None:
    for target in ({}, {"other_ports": [], "extra_ports": [8443]}):
        (found,) = findings(check, [session(), *scans], **target)
        assert (found.status, found.service, found.address) == (UNKNOWN, "other_port", ADDRESS)
        assert found.sentence == f"No other ports were scanned at this address{why}"


@BOTH
def test_nothing_to_scan_and_nothing_declared_is_not_requested(check: str) -> None:
    (found,) = findings(check, [session()], other_ports=[], services=[])
    assert (found.status, found.reason) == (NOT_APPLICABLE, NOT_REQUESTED)
    declared = {"other_ports": [], "services": [], "extra_ports": [8443]}
    assert verdict(check, [session()], **declared)[0] == UNKNOWN


def test_address_without_ports_to_scan_is_named_in_the_finding() -> None:
    (found,) = findings("relay_other_ports", [session()], other_ports=[])
    assert (found.service, found.address, found.port) == ("other_port", ADDRESS, 0)
    assert (found.status, found.reason) == (NOT_APPLICABLE, NOT_REQUESTED)
    assert (found.probe, found.params, found.transcript) == ("", {}, ())
    scanned = [session(), port_scan({24: other_ports.REFUSED})]
    found = findings("relay_other_ports", scanned, other_ports=[])[0]
    assert (found.status, found.reason) == (PASS, "")
    found = findings("ports_as_declared", [session()], other_ports=[])[0]
    assert (found.status, found.service) == (PASS, "smtp")


@BOTH
def test_name_without_an_address_is_unknown(check: str) -> None:
    (found,) = findings(check, [], addresses=[])
    assert found.status == UNKNOWN
    assert found.sentence == "The name mx1.example.org has no address here."


def test_session_in_which_the_server_spoke_counts_else_the_last_one() -> None:
    said = port_session(25000, kind=other_ports.OTHER)
    closed, silent = (port_session(25000, error) for error in ("closed", "timeout"))
    nothing = port_session(25000, kind=other_ports.NOTHING)
    elsewhere = {**port_session(25000, kind=other_ports.SMTP), "address": "192.0.2.26"}
    other = port_session(25001, kind=other_ports.SMTP)
    scan = port_scan({25000: other_ports.OPEN})
    for sessions, expected in (
        ([closed, nothing, said, silent], said),
        ([silent, nothing, closed], closed),
        ([closed, nothing], nothing),
        ([elsewhere, other], None),
    ):
        context = base.AuditContext(
            _target.target({"name": "mx1.example.org"}),
            tuple(sessions),
            policy.policy(),
            evaluate.moment(),
        )
        assert session_with_port(context, scan, 25000) is expected
