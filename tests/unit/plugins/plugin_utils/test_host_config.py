# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Every target of an audit has an observation of its host, or the reason why there is none."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.filter.verdicts import verdicts
from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect
from ansible_collections.airtight.mail.plugins.plugin_utils import _host_config

TARGETS = [
    _target.target({"name": name, "domains": ["example.org"]})
    for name in ("mx1.example.org", "mx2.example.org")
]


def observed(name: str, **facts: object) -> dict[str, object]:
    return {
        **_host_config.not_read(_target.target({"name": name}), requested=True),
        "facts": facts,
        "error": None,
    }


def test_host_observations_that_were_not_requested_are_declined() -> None:
    found = _host_config.host_observations(TARGETS, None)
    assert [(entry["target"], entry["error"]["kind"]) for entry in found] == [
        ("mx1.example.org", "declined"),
        ("mx2.example.org", "declined"),
    ]


def test_host_observations_of_a_missing_host_are_unavailable() -> None:
    found = _host_config.host_observations(TARGETS, [observed("mx2.example.org", missing={})])
    assert [entry["error"] and entry["error"]["kind"] for entry in found] == ["unavailable", None]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"probe": "dns", "schema": 1}, "this is no observation of mail_host_info"),
        ({**observed("mx1.example.org"), "schema": 0}, "this is no observation of mail_host_info"),
        (observed("mx9.example.org"), "there is no target 'mx9.example.org'"),
    ],
)
def test_host_observations_rejects_other_entries(entry: dict[str, object], words: str) -> None:
    with pytest.raises(_model.ModelError, match="^host_config: " + words):
        _host_config.host_observations(TARGETS, [entry])


def test_probe_has_the_name_of_the_module_util() -> None:
    assert _host_config.PROBE == collect.PROBE


def test_with_own_selectors_adds_those_of_own_domains() -> None:
    seen = observed(
        "mx1.example.org",
        opendkim={"keys": {"example.org/s1": {}, "example.net/s2": {}, "example.org/..": {}}},
    )
    assert _host_config.with_own_selectors(TARGETS[0], seen).dkim_selectors == ("s1",)
    assert (
        _host_config.with_own_selectors(
            TARGETS[0], _host_config.not_read(TARGETS[0], requested=False)
        ).dkim_selectors
        == ()
    )


def test_verdicts_without_a_host_observation_are_not_applicable() -> None:
    found = verdicts([], {"name": "mx1.example.org"}, groups=["host"])
    assert {verdict["status"] for verdict in found} == {"not_applicable"}
    assert "audit_host_config: true" in found[0]["sentence"]
    lost = verdicts(
        [_host_config.not_read(TARGETS[0], requested=True)],
        {"name": "mx1.example.org"},
        groups=["host"],
    )
    assert {verdict["status"] for verdict in lost} == {"unknown"}
