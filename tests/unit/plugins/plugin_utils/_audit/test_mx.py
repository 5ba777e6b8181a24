# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A domain that is given as a target, in place of which its MX hosts are audited."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import (
    dns_queries as _dns_queries,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import mx as _mx
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import options as _options
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import targets as _targets

NOW = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.UTC)
RECORDS = ["20 mx2.example.net.", "10 mx1.example.org."]


def audited(*entries: dict[str, Any]) -> list[_targets.AuditedTarget]:
    spec = _options.argument_spec(preset=False, resolver=False)
    args = {name: option.get("default") for name, option in spec.items()}
    described = [{"key": entry["name"], **entry} for entry in entries]
    preset: dict[str, Any] = {"checks": (), "groups": ()}
    return _targets.plan(described, {**args, "targets": described}, preset, NOW).audited


def answer(domain: str, records: list[str], target: str = "") -> _model.Observation:
    params = {"name": domain, "type": "MX", "trusted": False}
    facts = {"records": records, "chain": [], "ad": False, "ttl": 60, "signatures": []}
    facts["state"] = "records" if records else "nodata"
    job = _model.Job("dns", target or domain, "dns", "127.0.0.1", 53, params)
    return _model.observation(job, facts, None, [["C", f"{domain} MX"]], {"source": ""})


def attempt(target: str, source: str = "") -> _model.Observation:
    job = _model.Job("smtp_session", target, "smtp", "192.0.2.1", 25, {})
    error: Any = {"kind": "timeout", "text": "no answer"}
    return _model.observation(job, {}, error, [], {"source": source})


def found(
    records: list[str], *more: Any, source: str = "", others: Any = (), **entry: Any
) -> list[str]:
    entries = audited({"name": "example.org", **entry}, *others)
    domains = _mx.perhaps_domains(entries, [attempt("example.org", source)])
    hosts = _mx.mx_hosts(entries, domains, [answer("example.org", records), *more])
    return [host.target.name for host in hosts.get("example.org", ())]


def test_mx_hosts_stand_for_a_domain_in_the_order_of_senders() -> None:
    assert found(RECORDS) == ["mx1.example.org", "mx2.example.net"]


@pytest.mark.parametrize(
    ("records", "more"),
    [
        ([], {}),
        (["0 ."], {}),
        (["10 example.org."], {}),
        (["10 192.0.2.1"], {}),
        (["x"], {}),
        (RECORDS, {"source": "203.0.113.66"}),
        (RECORDS, {"addresses": ["192.0.2.1"]}),
        (RECORDS, {"services": ["smtp"]}),
        (RECORDS, {"stranger_domain": "example.org"}),
    ],
)
def test_name_is_no_domain(records: list[str], more: dict[str, Any]) -> None:
    assert found(records, **more) == []


def test_host_that_is_audited_already_is_not_audited_twice() -> None:
    assert found(RECORDS, others=[{"name": "mx1.example.org"}]) == ["mx2.example.net"]
    assert found(RECORDS, answer("example.org", RECORDS, "another")) == [
        "mx1.example.org",
        "mx2.example.net",
    ]


def test_mx_host_has_the_options_of_the_domain_and_its_mail() -> None:
    entries = audited({"name": "example.org", "key": "a", "policy": "strict"})
    answers = [answer("example.org", RECORDS, "a")]
    first, _second = _mx.mx_hosts(entries, entries, answers)["a"]
    assert (first.target.key, first.target.domains) == (
        "mx1.example.org (MX of a)",
        ("example.org",),
    )
    assert first.options["policy"] == "strict"
    assert first.given == "a"


def test_dns_is_asked_for_the_mx_records_of_the_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def observe(planned: Any, _options: Any) -> list[_model.Observation]:
        asked.extend((host.key, next(lookup)) for host, lookups in planned for lookup in lookups)
        return []

    monkeypatch.setattr(_dns_queries.scan, "observe_lookups", observe)
    assert _dns_queries.mx_answers({}, audited({"name": "example.org"})) == []
    assert asked == [("example.org", [("example.org", "MX")])]
    assert _dns_queries.mx_answers({}, []) == []
