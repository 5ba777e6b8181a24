# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Open ports and declared ones: which differences fail, from which vantage."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
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


def test_no_ports_to_scan_leaves_the_registered_ones() -> None:
    assert verdict("ports_as_declared", [session()], other_ports=[]) == (
        PASS,
        "The service answers, as declared.",
    )
    assert (
        verdict("ports_as_declared", [session()], other_ports=[], services=[])[0] == NOT_APPLICABLE
    )
    assert verdict("ports_as_declared", [session()])[0] == UNKNOWN


@pytest.mark.parametrize(
    ("observations", "target", "status", "words"),
    [
        ([session("imap")], {}, FAIL, "The service answers although it is not declared."),
        (
            [session("imap", on_link=True)],
            {},
            UNKNOWN,
            "but the probe (203.0.113.66) shares a subnet with the target",
        ),
        ([session("imap", error="connect_refused")], {}, PASS, ""),
        (
            [session("imap", error="timeout", source="203.0.113.66")],
            {},
            FAIL,
            "The service answers although it is not declared.",
        ),
        ([session("imap")], {"services": []}, PASS, ""),
        (
            [session(error="timeout")],
            {},
            UNKNOWN,
            "The service is declared but cannot be reached: timeout.",
        ),
    ],
)
def test_registered_ports_are_compared_with_the_declared_services(
    observations: list[Observation], target: Observation, status: str, words: str
) -> None:
    found = verdict(
        "ports_as_declared",
        [port_scan({24: other_ports.REFUSED}), session(), *observations],
        **target,
    )
    assert (found[0], words in found[1]) == (status, True)


def test_declared_port_passes_only_when_open() -> None:
    for state, status in (
        (other_ports.OPEN, PASS),
        (other_ports.REFUSED, UNKNOWN),
        (other_ports.SILENT, UNKNOWN),
    ):
        assert (
            verdict("ports_as_declared", [session(), port_scan({8443: state})], extra_ports=[8443])[
                0
            ]
            == status
        )


def test_declared_port_is_named_in_the_finding_whatever_its_state() -> None:
    for state, sentence in (
        (other_ports.OPEN, "The port is open, as declared."),
        (other_ports.REFUSED, "The port is declared but cannot be reached."),
        (other_ports.UNREACHABLE, "The port is declared but cannot be reached."),
    ):
        observations = [session(), port_scan({8443: state, 24: other_ports.REFUSED})]
        found = {
            item.sentence: item.port
            for item in findings("ports_as_declared", observations, extra_ports=[8443])
        }
        assert found == {
            sentence: 8443,
            "The service answers, as declared.": 25,
            "1 port refuses connections (24).": 0,
        }


@pytest.mark.parametrize(
    ("port", "sessions", "sentence"),
    [
        (6379, [], "; its usual service is Redis."),
        (25000, [], "."),
        (25000, [port_session(25000)], "."),
        (25000, [port_session(25000, "garbled")], "; garbled."),
        (
            25000,
            [port_session(25000, "closed", greeting={"code": 220, "text": "mx1 ESMTP."})],
            "; greeting: 220 mx1 ESMTP.",
        ),
        (
            25000,
            [port_session(25000, greeting={"code": 220, "text": "x" * 121})],
            f"; greeting: 220 {'x' * 120}.",
        ),
    ],
)
def test_undeclared_port_is_described_by_what_answers_there(
    port: int, sessions: list[Observation], sentence: str
) -> None:
    scan = port_scan({port: other_ports.OPEN})
    found = findings("ports_as_declared", [session(), scan, *sessions])[0]
    assert found.status == FAIL
    assert found.sentence == f"The port is open to external clients but not declared{sentence}"


def test_undeclared_open_port_fails_only_from_an_untrusted_vantage() -> None:
    for on_link, status in ((False, FAIL), (True, UNKNOWN), (None, UNKNOWN)):
        found = verdict(
            "ports_as_declared", [session(), port_scan({6379: other_ports.OPEN}, on_link=on_link)]
        )
        assert (found[0], "its usual service is Redis" in found[1]) == (status, True)


@pytest.mark.parametrize(
    ("sessions", "probe", "lines"),
    [
        ([], "port_scan", ["open: 6379"]),
        ([port_session(6379, "garbled", kind=other_ports.OTHER)], "other_port_session", ["x"]),
    ],
)
def test_evidence_of_an_undeclared_port_names_port_and_decisive_line(
    sessions: list[Observation], probe: str, lines: list[str]
) -> None:
    observations = [session(), port_scan({24: other_ports.REFUSED, 6379: other_ports.OPEN})]
    evidence = evaluated("ports_as_declared", [*observations, *sessions])["evidence"][0]
    endpoint = (evidence["service"], evidence["address"], evidence["port"], evidence["subject"])
    assert endpoint == ("other_port", ADDRESS, 6379, "")
    assert evidence["probe"] == probe
    assert [evidence["transcript"][index][1] for index in evidence["decisive"]] == lines
