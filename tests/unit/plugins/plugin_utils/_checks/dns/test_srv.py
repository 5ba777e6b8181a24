# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Records by which mail programs find servers: every case, on made-up answers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import domain_queries

HERE = "192.0.2.25"
Zone = dict[tuple[str, str], list[str]]
Seen = dict[str, t.Any]
HOST: Zone = {("mx1.example.org", "A"): [HERE]}


def answers(zone: Zone, chains: t.Mapping[str, str]) -> list[Seen]:
    """Stored answers to all that the inquiry asks; what is not in the zone does not exist."""
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
                [["C", name]],
                {"source": ""},
            )
        )
    return found


def session(service: str = "imaps", error: str = "") -> Seen:
    """A session of a mailbox service that was reached, or not."""
    job = _model.Job(
        "mailstore_session", "mx1.example.org", service, HERE, _model.SERVICES[service].port, {}
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
    job = _model.Job("tls_trust", "mx1.example.org", "imaps", HERE, 993, {})
    return _model.observation(job, {"certificate": "00"}, None, [], {})


def record(target: str, service: str = "imaps", port: int = 993) -> Zone:
    return {(f"_{service}._tcp.example.org", "SRV"): [f"0 1 {port} {target}"]}


OFF = {("_imaps._tcp.example.org", "SRV"): ["0 0 0 ."]}
ELSEWHERE = {("mx2.example.org", "A"): ["192.0.2.26"]}


@pytest.mark.parametrize(
    ("zone", "sessions", "target", "status", "words"),
    [
        ({}, [], {}, NOT_APPLICABLE, "publishes no such records"),
        (
            {**HOST, **record("mx1.example.org.")},
            [session(), certificate()],
            {},
            PASS,
            "Mail programs find imaps.",
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
            "names 192.0.2.25, an address where a host name must stand",
        ),
        (
            {**ELSEWHERE, **record("mx2.example.org.")},
            [],
            {},
            PASS,
            "On other hosts, which were not looked at: mx2.example.org.",
        ),
        ({**HOST, **record("mx1.example.org.")}, [], {}, UNKNOWN, "where imaps was not tried"),
        (
            {**HOST, **record("mx1.example.org.", port=9993)},
            [session()],
            {},
            UNKNOWN,
            "port 9993, which was not looked at",
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
def test_every_case(
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


def verdict(
    zone: Zone, sessions: list[Seen], target: Seen, chains: t.Mapping[str, str] | None = None
) -> tuple[str, str]:
    host = _model.target(
        {"name": "mx1.example.org", "addresses": [HERE], "domains": ["example.org"], **target}
    )
    view = base.AuditContext(
        host,
        (*answers(zone, chains or {}), *sessions),
        policy.policy(),
        evaluate.moment(),
        host.addresses,
    )
    found = evaluate.evaluate(view, evaluate.choose(["service_records"]))[0]
    return found["status"], found["sentence"]


def test_an_alias() -> None:
    found = verdict(
        {**HOST, **record("mx1.example.org.")},
        [session()],
        {},
        {"mx1.example.org": "other.example.org"},
    )
    assert (found[0], "an alias (CNAME)" in found[1]) == (FAIL, True)


def test_a_certificate_for_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        x509, "certificate_facts", lambda _der: {"names": ["www.example.org"], "addresses": []}
    )
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    found = verdict({**HOST, **record("mx1.example.org.")}, [session(), certificate()], {})
    assert (
        found[0],
        "its certificate is for www.example.org, not for mx1.example.org" in found[1],
    ) == (FAIL, True)
