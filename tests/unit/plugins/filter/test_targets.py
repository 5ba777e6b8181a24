# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter targets on plain data; on Ansible's own it runs in the tests of the actions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.filter.targets import OPTIONS, Option, targets


def test_target_takes_the_variables_of_its_host() -> None:
    hostvars = {
        "mx1": {
            "audit_name": "mx1.example.org",
            "audit_domains": ["example.org"],
            "audit_ports": {"smtp": 2525},
        },
        "mx2.example.org": {"ansible_host": "192.0.2.2"},
    }
    first, second = targets(["mx1", "mx2.example.org"], hostvars)
    assert first == {
        "name": "mx1.example.org",
        "key": "mx1",
        "domains": ["example.org"],
        "ports": {"smtp": 2525},
    }
    assert second["name"] == "mx2.example.org"


def test_services_of_a_host_are_its_own_or_those_offered() -> None:
    first = {"audit_other_ports": [], "audit_relays_for": ["10.0.0.0/8"]}
    hostvars: dict[str, Any] = {"a": first, "b": {"audit_services": ["smtp"]}, "c": {}}
    first, second, third = targets(hostvars, hostvars, {"a": ["imaps"], "b": ["imaps"]})
    assert first == {
        "name": "a",
        "services": ["imaps"],
        "other_ports": [],
        "relays_for": ["10.0.0.0/8"],
    }
    assert (second["services"], "services" in third, "other_ports" in third) == (
        ["smtp"],
        False,
        False,
    )
    assert targets(["c"], hostvars, ["smtp"])[0]["services"] == ["smtp"]


def test_text_with_commas_is_a_list_as_for_an_option() -> None:
    variables = {"audit_domains": "example.org,example.net", "opendkim_selector": "mail"}
    (target,) = targets(["mx1"], {"mx1": variables})
    assert target["domains"] == ["example.org", "example.net"]
    assert target["dkim_selectors"] == ["mail"]


def test_a_host_has_options_of_the_run_for_itself() -> None:
    strict = {"audit_policy": "strict", "audit_checks": "tls_versions, dane_match"}
    first, second = targets(["mx1.example.org", "mx2"], {"mx1.example.org": strict, "mx2": {}})
    assert first == {
        "name": "mx1.example.org",
        "policy": "strict",
        "checks": ["tls_versions", "dane_match"],
    }
    assert second == {"name": "mx2"}


def test_an_alias_is_where_ansible_finds_it() -> None:
    hostvars: dict[str, Any] = {
        "mx_1": {"ansible_host": "192.0.2.1"},
        "mx_2": {"ansible_host": "mx2.example.org"},
        "mx_3": {"ansible_host": "192.0.2.3", "audit_name": "mx3.example.org"},
        "mx_4": {"ansible_host": "10.0.0.4", "audit_addresses": ["192.0.2.4"]},
        "mx5.example.org": {"ansible_host": "10.0.0.5"},
    }
    assert targets(hostvars, hostvars) == [
        {"name": "192.0.2.1", "key": "mx_1", "addresses": ["192.0.2.1"]},
        {"name": "mx2.example.org", "key": "mx_2"},
        {"name": "mx3.example.org", "key": "mx_3"},
        {"name": "mx_4", "addresses": ["192.0.2.4"]},
        {"name": "mx5.example.org"},
    ]


def test_host_that_was_found_has_its_own_of_all_domains() -> None:
    variables = {"audit_domains": ["a.test", "b.test"], "__audit_domains": ["b.test"]}
    assert targets(["mx1.b.test"], {"mx1.b.test": variables})[0]["domains"] == ["b.test"]


@pytest.mark.parametrize("value", [0, 0.0, False, -1, True, 1.5])
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_no_number_and_no_switch_is_left_out(option: Option, value: float) -> None:
    for name in option.variables:
        (target,) = targets(["mx1"], {"mx1": {name: value, "ansible_host": "192.0.2.1"}})
        assert target[option.name] in (value, str(value))


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_what_is_empty_is_not_set(value: Any) -> None:
    (target,) = targets(["mx1"], {"mx1": {"audit_domains": value, "mail_domains": ["a.test"]}})
    assert target["domains"] == ["a.test"]
