# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""How the DNS of targets is asked, and what is said where it cannot be."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import (
    dns_queries as _dns_queries,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import options as _options
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import targets as _targets

NOW = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.UTC)


def audited(**entry: Any) -> list[_targets.AuditedTarget]:
    spec = _options.argument_spec(preset=False, resolver=False)
    args = {name: option.get("default") for name, option in spec.items()}
    preset: dict[str, Any] = {"checks": (), "groups": ()}
    described = [{"name": "mx1.example.org", "key": "mx1", **entry}]
    return _targets.plan(described, {**args, **entry}, preset, NOW).audited


def test_without_dnspython_one_sentence_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with_domain = audited(domains=["example.org"])
    assert len(_dns_queries.settings({}, with_domain)) == 1
    monkeypatch.setattr(_dns_queries.resolver, "DNSPYTHON_IMPORT_ERROR", "No module named 'dns'")
    with pytest.raises(ModelError, match=r"-m pip install dnspython` or `apt install python3-dns"):
        _dns_queries.settings({}, with_domain)
    _dns_queries.settings({}, audited())
    _dns_queries.settings({}, audited(domains=["example.org"], groups=["relay"]))
    _dns_queries.settings({"dns_resolver": "none"}, with_domain)


def test_targets_with_other_anchors_are_asked_apart() -> None:
    (plain,), (again,) = audited(key="plain"), audited(key="again")
    (named,), (own,) = audited(key="named", groups=["dns"]), audited(key="own")
    own = own._replace(options={**own.options, "trust_anchors": "PEM"})
    found = _dns_queries.settings({"dns_resolver": "none"}, [plain, named, own, again])
    assert len({found[key] for key in ("plain", "named", "own")}) == 3
    assert found["plain"] == found["again"]


def test_dns_is_asked_for_the_groups_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def observe(targets: Any, addresses: Any, _options: Any) -> list[Any]:
        asked.extend(f"{one.key} {addresses[one.key]}" for one in targets)
        return []

    def lookups(planned: Any, _options: Any) -> list[Any]:
        asked.extend(f"mail of {one.key}" for one, _lookups in planned)
        return []

    monkeypatch.setattr(_dns_queries.scan, "observe_targets", observe)
    monkeypatch.setattr(_dns_queries.scan, "observe_lookups", lookups)
    entries = [
        *audited(key="all"),
        *audited(key="tls", groups=["tls"]),
        *audited(key="mail", groups=["signing"], opt_in=["mail"]),
    ]
    options = _dns_queries.settings({"dns_resolver": "none"}, entries)
    for entry in entries:
        assert not _dns_queries.observe(entry, options[entry.target.key], [], ["192.0.2.25"])
    assert asked == ["all ['192.0.2.25']", "mail of mail"]
