# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter variable_errors: what nothing reads, and what a run can have one value of."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.filter.variable_errors import (
    KNOWN,
    SWITCHES,
    TEXTS,
    variable_errors,
)
from ansible_collections.airtight.mail.plugins.plugin_utils import _retired


def errors(*variables: dict[str, Any]) -> list[str]:
    hostvars = {f"mx{number}": known for number, known in enumerate(variables, 1)}
    return variable_errors(hostvars, hostvars)


def test_unknown_variable_is_refused_with_the_nearest_name() -> None:
    assert errors({"audit_polcy": "strict"}) == [
        "audit_polcy is not a variable of the audit; did you mean audit_policy?"
    ]
    assert errors({"audit_domain": "example.org"}, {"audit_domain": "example.org"}) == [
        "audit_domain is not a variable of the audit; did you mean audit_domains?"
    ]
    assert errors({"audit_x": 1}) == [
        "audit_x is not a variable of the audit; docs/guides/audit.md lists those that are."
    ]


def test_renamed_variable_of_any_host_is_refused() -> None:
    for old, new in _retired.VARIABLES.items():
        assert errors({}, {old: []}) == [f"{old} was renamed; use {new}."]


def test_known_variables_and_those_of_others_are_left_alone() -> None:
    assert errors(dict.fromkeys(KNOWN, "1") | {"mail_domains": [], "auditor": 1}) == []


def test_a_run_has_one_vantage() -> None:
    assert errors({"audit_vantage": "a"}, {"audit_vantage": "a"}) == []
    (words,) = errors({"audit_vantage": "a"}, {})
    assert words.startswith("audit_vantage can have one value in a run, but mx1 and mx2 differ;")
    assert errors({"audit_policy": "strict"}, {"audit_policy": "baseline"}) == []


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_true_or_false(name: str) -> None:
    for value in (True, False, "yes", "false", 0):
        assert errors({name: value}) == []
    assert errors({name: "maybe"}) == [f"{name}: 'maybe' is neither true nor false."]
    assert errors({name: 2}, {name: 2}) == [f"{name}: 2 is neither true nor false."]


@pytest.mark.parametrize("name", TEXTS)
def test_what_the_playbook_reads_as_text_is_text(name: str) -> None:
    assert errors({name: "a"}) == errors({name: ""}) == errors({name: None}) == []
    for value in (0, False, ["a"], {"a": 1}):
        (words,) = errors({name: value})
        assert words.startswith(f"{name}: {value} is not text; write the name of ")
