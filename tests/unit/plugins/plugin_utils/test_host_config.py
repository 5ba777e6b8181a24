# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What was read on the hosts is handed to an audit whole, or with a word for what is missing."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.filter.verdicts import verdicts
from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect
from ansible_collections.airtight.mail.plugins.plugin_utils import _host_config

TARGETS = [
    _model.target({"name": name, "domains": ["example.org"]})
    for name in ("mx1.example.org", "mx2.example.org")
]


def told(name: str, **facts: object) -> dict[str, object]:
    return {
        **_host_config.nothing(_model.target({"name": name}), asked=True),
        "facts": facts,
        "error": None,
    }


def test_nobody_asked() -> None:
    found = _host_config.given(TARGETS, None)
    assert [(entry["target"], entry["error"]["kind"]) for entry in found] == [
        ("mx1.example.org", "declined"),
        ("mx2.example.org", "declined"),
    ]


def test_nothing_came_from_one() -> None:
    found = _host_config.given(TARGETS, [told("mx2.example.org", missing={})])
    assert [entry["error"] and entry["error"]["kind"] for entry in found] == ["unavailable", None]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"probe": "dns", "schema": 1}, "this is no observation of mail_host_info"),
        ({**told("mx1.example.org"), "schema": 0}, "this is no observation of mail_host_info"),
        (told("mx9.example.org"), "there is no target mx9.example.org"),
    ],
)
def test_what_cannot_be_judged_is_refused(entry: dict[str, object], words: str) -> None:
    with pytest.raises(_model.ModelError, match="^host_config: " + words):
        _host_config.given(TARGETS, [entry])


def test_the_probe_has_one_name() -> None:
    assert _host_config.PROBE == collect.PROBE


def test_selectors_of_own_domains_are_looked_up() -> None:
    seen = told(
        "mx1.example.org",
        opendkim={"keys": {"example.org/s1": {}, "example.net/s2": {}, "example.org/..": {}}},
    )
    assert _host_config.signing(TARGETS[0], seen).dkim_selectors == ("s1",)
    assert (
        _host_config.signing(
            TARGETS[0], _host_config.nothing(TARGETS[0], asked=False)
        ).dkim_selectors
        == ()
    )


def test_stored_observations_without_it_say_how() -> None:
    found = verdicts([], {"name": "mx1.example.org"}, groups=["host"])
    assert {verdict["status"] for verdict in found} == {"not_applicable"}
    assert "audit_host_config: true" in found[0]["sentence"]
    lost = verdicts(
        [_host_config.nothing(TARGETS[0], asked=True)], {"name": "mx1.example.org"}, groups=["host"]
    )
    assert {verdict["status"] for verdict in lost} == {"unknown"}
