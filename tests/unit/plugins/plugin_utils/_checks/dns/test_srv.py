# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SRV records, on made-up answers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import domain_queries
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

ADDRESS = "192.0.2.25"
Zone = dict[tuple[str, str], list[str]]
Seen = dict[str, t.Any]
HOST: Zone = {("mx1.example.org", "A"): [ADDRESS]}


def answers(zone: Zone, chains: t.Mapping[str, str]) -> list[Seen]:
    """Stored answers to every question of the lookup; what is not in the zone does not exist."""
    asked = [(f"_{service}._tcp.example.org", "SRV") for service in domain_queries.SRV_SERVICES]
    asked += [
        (host, kind)
        for host in ("mx1.example.org", "mx2.example.org", "gone.example.org")
        for kind in ("A", "AAAA")
    ]
    found = []
    for name, kind in asked:
        records = zone.get((name, kind), [])
        facts = {
            "state": "records" if records else "nxdomain",
            "records": records,
            "chain": [chains[name]] if name in chains else [],
        }
        job = _model.Job(
            "dns", "mx1.example.org", "dns", "::", 53, {"name": name, "type": kind, "trusted": True}
        )
        found.append(
            _model.observation(
                job,
                {**facts, "ad": True, "ttl": 5, "signatures": []},
                None,
                [["C", f"{name} {kind}"], *(["S", f"{kind} {text}"] for text in records)],
                {"source": ""},
            )
        )
    return found


def session(service: str = "imaps", error: str = "") -> Seen:
    """A session of a mail store that was reached, or not."""
    job = _model.Job(
        "mailstore_session", "mx1.example.org", service, ADDRESS, _model.SERVICES[service].port, {}
    )
    return _model.observation(
        job,
        {} if error else {"greeting": "OK"},
        {"kind": error, "text": error} if error else None,
        [],
        {},
    )


def certificate() -> Seen:
    """The handshake that shows the certificate."""
    job = _model.Job("tls_trust", "mx1.example.org", "imaps", ADDRESS, 993, {})
    return _model.observation(job, {"certificate": "00"}, None, [], {})


def record(target: str, service: str = "imaps", port: int = 993) -> Zone:
    return {(f"_{service}._tcp.example.org", "SRV"): [f"0 1 {port} {target}"]}


OFF = {("_imaps._tcp.example.org", "SRV"): ["0 0 0 ."]}
ELSEWADDRESS = {("mx2.example.org", "A"): ["192.0.2.26"]}


@pytest.mark.parametrize(
    ("zone", "sessions", "target", "status", "words"),
    [
        ({}, [], {}, NOT_APPLICABLE, "publishes no SRV records"),
        (
            {**HOST, **record("mx1.example.org.")},
            [session(), certificate()],
            {},
            PASS,
            "Mail clients find imaps.",
        ),
        (OFF, [], {}, PASS, "No service is offered."),
        (
            OFF,
            [],
            {"services": ["imaps"]},
            FAIL,
            "_imaps._tcp says that there is no such service, but imaps is declared",
        ),
        (
            {**OFF, **HOST, **record("mx1.example.org.", "imap", 143)},
            [session("imap")],
            {"services": ["imaps"]},
            UNKNOWN,
            "was not seen",
        ),
        (
            {("_imaps._tcp.example.org", "SRV"): ["0 0 0 .", "0 1 993 mx2.example.org."]},
            [],
            {},
            FAIL,
            "and names mx2.example.org too",
        ),
        (record("gone.example.org."), [], {}, FAIL, "names gone.example.org, which has no address"),
        (
            record("192.0.2.25."),
            [],
            {},
            FAIL,
            "names 192.0.2.25, an address where a host name is required",
        ),
        (
            {**ELSEWADDRESS, **record("mx2.example.org.")},
            [],
            {},
            PASS,
            "On other hosts, which were not tested: mx2.example.org.",
        ),
        ({**HOST, **record("mx1.example.org.")}, [], {}, UNKNOWN, "where imaps was not tested"),
        (
            {**HOST, **record("mx1.example.org.", port=9993)},
            [session()],
            {},
            UNKNOWN,
            "port 9993, which was not tested",
        ),
        (
            {**HOST, **record("mx1.example.org.")},
            [session(error="connect_refused")],
            {},
            FAIL,
            "192.0.2.25:993, but connect_refused",
        ),
        (
            {**HOST, **record("mx1.example.org.")},
            [session(error="timeout")],
            {},
            UNKNOWN,
            "leads to imaps 192.0.2.25:993, but timeout",
        ),
        (
            {**HOST, **record("mx1.example.org.")},
            [session()],
            {},
            UNKNOWN,
            "its certificate was not seen",
        ),
    ],
)
def test_status_and_sentence_of_a_zone(
    zone: Zone,
    sessions: list[Seen],
    target: Seen,
    status: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        x509, "certificate_facts", lambda _der: {"names": ["mx1.example.org"], "addresses": []}
    )
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    found = verdict(zone, sessions, target)
    assert (found[0], words in found[1]) == (status, True), found


def test_record_that_contradicts_a_declared_service_is_decisive() -> None:
    context = context_of(OFF, [], {"services": ["imaps"]})
    assert dns_verdicts.decisive_lines("service_records", context) == [["SRV 0 0 0 ."]]


def test_closed_port_is_shown_by_the_refused_connection() -> None:
    zone = {**HOST, **record("mx1.example.org.")}
    context = context_of(zone, [session(error="connect_refused")], {})
    assert dns_verdicts.decisive_lines("service_records", context) == [["connect_refused"]]


def context_of(
    zone: Zone, sessions: list[Seen], target: Seen, chains: t.Mapping[str, str] | None = None
) -> base.AuditContext:
    host = _target.target(
        {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"], **target}
    )
    return base.AuditContext(
        host,
        (*answers(zone, chains or {}), *sessions),
        policy.policy(),
        evaluate.moment(),
        host.addresses,
    )


def verdict(
    zone: Zone, sessions: list[Seen], target: Seen, chains: t.Mapping[str, str] | None = None
) -> tuple[str, str]:
    found = dns_verdicts.verdict("service_records", context_of(zone, sessions, target, chains))
    return found["status"], found["sentence"]


def test_alias_as_target_fails() -> None:
    found = verdict(
        {**HOST, **record("mx1.example.org.")},
        [session()],
        {},
        {"mx1.example.org": "other.example.org"},
    )
    assert (found[0], "an alias (CNAME)" in found[1]) == (FAIL, True)


def test_certificate_for_another_name_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        x509, "certificate_facts", lambda _der: {"names": ["www.example.org"], "addresses": []}
    )
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    found = verdict({**HOST, **record("mx1.example.org.")}, [session(), certificate()], {})
    assert (
        found[0],
        "its certificate is for www.example.org, not for mx1.example.org" in found[1],
    ) == (FAIL, True)
