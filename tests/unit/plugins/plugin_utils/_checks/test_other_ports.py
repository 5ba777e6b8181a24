# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ports beside the registered ones: every case of open, refused and silent."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.tests.unit.helpers.port_scans import (
    ADDRESS,
    Observation,
    evaluated,
    port_scan,
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
