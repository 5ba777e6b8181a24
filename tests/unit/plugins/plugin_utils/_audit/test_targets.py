# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The targets of an auditing task: own options over those of the task, and one that cannot be used
beside the others.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _own_options, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import options as _options
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import targets as _targets

NOW = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.UTC)
ALL: dict[str, Any] = {"checks": (), "groups": ()}
WAIVER = {"check": "dnssec", "justification": "soon", "expiration_date": "2026-12-31"}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=20),
    st.sampled_from([0, -1, 10**12, 0.0, -0.5, float("nan"), float("inf")]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=9), SCALARS, max_size=2),
)
SPEC = _own_options.each_spec("audit")
#: Options that are no switch. The key is any text.
OPTIONS = [name for name in SPEC if SPEC[name]["type"] != "bool" and name != "key"]


def plan(*entries: dict[str, Any], **options: Any) -> _targets.Plan:
    spec = _options.argument_spec(preset=False, resolver=False)
    args = {name: option.get("default") for name, option in spec.items()}
    described = _target.keyed(entries)
    return _targets.plan(described, {**args, "targets": described, **options}, ALL, NOW)


def test_own_options_stand_over_those_of_the_task() -> None:
    found = plan(
        {"name": "mx1.example.org", "policy": "strict", "groups": ["tls"], "opt_in": ["login"]},
        {"name": "mx2.example.org", "waivers": [WAIVER]},
        policy_changes={"certificate_days": 3},
        groups=["dns"],
    )
    first, second = found.audited
    assert (first.rules["dnssec"], second.rules["dnssec"]) == (True, False)
    assert (first.rules["certificate_days"], second.rules["certificate_days"]) == (3, 3)
    assert (first.groups, second.groups) == (["tls"], ["dns"])
    assert [waiver.check for waiver in second.waived] == ["dnssec"]
    assert first.for_vantage()["opt_in"] == ["login"]
    assert second.for_vantage()["opt_in"] == []
    assert found.refused == {}


def test_what_the_task_spends_holds_for_targets_without_their_own() -> None:
    entries = [{"name": "mx1.example.org"}, {"name": "mx2.example.org", "target_connections": 9}]
    found = plan(*entries, target_timeout=300.0, target_connections=700)
    spent = [
        (entry.target.target_timeout, entry.target.target_connections) for entry in found.audited
    ]
    assert spent == [(300.0, 700), (300.0, 9)]


def test_one_name_with_two_hosts_is_two_targets() -> None:
    pool = {"name": "mail.example.org"}
    found = plan({**pool, "key": "a"}, {**pool, "key": "b"}, {**pool, "key": "c", "ports": 5})
    assert [entry.target.key for entry in found.audited] == ["a", "b"]
    (verdict,) = found.refused_verdicts()
    assert (verdict["target"], verdict["name"]) == ("c", "mail.example.org")


@given(option=st.sampled_from([*OPTIONS, "vantage_untrusted"]), value=VALUES)
def test_a_wrong_value_costs_one_target(option: str, value: Any) -> None:
    found = plan({"name": "mx1.example.org", "key": "a", option: value}, {"name": "mx2"})
    assert [entry.target.key for entry in found.audited][-1] == "mx2"
    assert len(found.audited) + len(found.refused) == 2
    assert all(len(sentence.splitlines()) == 1 for sentence in found.refused.values())


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", [True, False, float("inf"), float("nan")])
def test_true_false_and_infinity_are_no_value_but_of_a_switch(option: str, value: float) -> None:
    found = plan({"name": "mx1.example.org", "key": "a", option: value}, {"name": "mx2"})
    (sentence,) = found.refused.values()
    assert sentence.startswith(f"{option}: {value}")


@pytest.mark.parametrize("value", [5, "me", ["a"], 1.5])
def test_an_account_is_a_dictionary(value: Any) -> None:
    found = plan({"name": "mx1.example.org", "account": value})
    assert list(found.refused.values()) == [
        "account: this is not a dictionary; write {address: ..., password: ...}."
    ]


def test_what_holds_for_all_is_refused_at_once() -> None:
    with pytest.raises(ModelError, match=r"^policy_changes: 'x' is not one of"):
        plan({"name": "mx1.example.org"}, policy_changes={"x": 1})


def test_what_domains_would_add_is_said() -> None:
    assert plan({"name": "mx1.example.org", "domains": ["example.org"]}).missing_domains() == ""
    assert plan({"name": "mx1.example.org", "groups": ["tls"]}).missing_domains() == ""
    words = plan(*({"name": f"mx{number}.example.org"} for number in range(7))).missing_domains()
    assert words.startswith("No domain is declared for mx0.example.org, ")
    assert " and 2 more. Give audit_domains " in words


def test_a_negative_threshold_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^policy_changes.dh_bits: -1 is less than nothing"):
        plan({"name": "mx1.example.org"}, policy_changes={"dh_bits": -1})


def test_values_that_are_there_twice_count_once() -> None:
    entry = {
        "name": "2001:DB8::25",
        "addresses": ["2001:DB8:0::25", "2001:db8::25"],
        "domains": ["example.org", "Example.ORG."],
    }
    (audited,) = plan(entry).audited
    assert (audited.target.name, audited.target.addresses, audited.target.domains) == (
        "2001:db8::25",
        ("2001:db8::25",),
        ("example.org",),
    )
