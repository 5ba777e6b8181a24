# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter verdicts on plain data; on Ansible's own it runs in the tests of the actions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.tests.unit.helpers.filtered_verdicts import evaluated, seen

WAIVER = {"check": "relay_third_party", "justification": "moving", "expiration_date": "2026-12-31"}


def test_stored_observations_are_evaluated_again() -> None:
    assert [(item["check"], item["status"]) for item in evaluated()] == [
        ("relay_third_party", "fail")
    ]
    assert evaluated(seen(status="pass"))[0]["status"] == "pass"
    assert evaluated(vantage_untrusted=False)[0]["status"] == "unknown"
    assert evaluated(waivers=[WAIVER])[0]["status"] == "waived"
    ended = {**WAIVER, "expiration_date": "2026-01-01"}
    assert evaluated(waivers=[ended])[0]["status"] == "fail"
    assert evaluated([])[0]["status"] == "unknown"


def test_observations_of_other_targets_are_left_out() -> None:
    other = [{**entry, "target": "mx2.example.org"} for entry in seen()]
    assert evaluated(seen(status="pass") + other)[0]["status"] == "pass"


def test_options_reach_the_evaluators() -> None:
    days = {"checks": ["certificate_expiry"], "policy_changes": {"certificate_lifetime": 1}}
    assert evaluated(seen("certificate_expiry", "pass"), **days)[0]["status"] == "fail"
    assert (
        evaluated(seen("certificate_expiry", "pass"), checks=["certificate_expiry"])[0]["status"]
        == "pass"
    )
    login = seen("relay_after_failed_login")
    assert evaluated(login, checks=["relay_after_failed_login"])[0]["status"] == "not_applicable"
    assert (
        evaluated(login, checks=["relay_after_failed_login"], opt_in=["login"])[0]["status"]
        == "fail"
    )
    assert {item["group"] for item in evaluated(checks=[], groups=["mailstore"])} == {"mailstore"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checks": ["relay"]}, "verdicts: checks: 'relay' does not exist"),
        ({"policy": "lax"}, "verdicts: policy: 'lax' is not one of"),
        (
            {"waivers": [{**WAIVER, "expiration_date": "never"}]},
            "verdicts: waivers: entry 1 (relay_third_party) needs an expiration_date",
        ),
        ({"now": "soon"}, "verdicts: now: 'soon' is no moment"),
        (
            {"vantage_trusted": True},
            "verdicts: vantage_trusted is not an option; it takes now, opt_in, policy, ",
        ),
        (
            {"observations": [{"schema": 1}]},
            "verdicts: observations of schema 1 cannot be evaluated, only those of schema",
        ),
        ({"observations": [5]}, "verdicts: give a list of observations, or a dictionary of such"),
        ({"observations": {"inside": 5}}, "verdicts: give a list of observations, or a diction"),
        (
            {"observations": [{"schema": 2, "probe": "relay"}]},
            "verdicts: an observation has no address; give them as they were returned.",
        ),
    ],
)
def test_wrong_option_is_refused_in_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        evaluated(**options)
    assert str(caught.value).startswith(words)


def named(name: str, observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**entry, "vantage": {**entry["vantage"], "name": name}} for entry in observations]


def test_observations_of_several_vantages_are_evaluated_apart() -> None:
    closed, open_ = seen(status="pass"), seen(status="fail")
    expected = [("outside", "fail"), ("inside", "pass")]
    merged = [*named("inside", closed), *named("outside", open_)]
    for observations in (merged, {"inside": closed, "outside": open_}):
        found = evaluated(observations)
        assert [(item["vantage"], item["status"]) for item in found] == expected
    trusted = evaluated(merged, vantage_untrusted=["inside"])
    assert [(item["vantage"], item["status"]) for item in trusted] == [
        ("outside", "unknown"),
        ("inside", "pass"),
    ]


def test_what_no_vantage_saw_belongs_to_each() -> None:
    shared = seen("dane_match", "pass")
    dns = [{key: entry[key] for key in entry if key != "vantage"} for entry in shared]
    probed = [*named("a", seen(status="pass")), *named("b", seen(status="pass"))]
    found = evaluated([*probed, *dns], checks=["dane_match"])
    assert [item["vantage"] for item in found] == ["a", "b"]
    assert len({item["sentence"] for item in found}) == 1


def test_one_vantage_needs_no_name() -> None:
    assert "vantage" not in evaluated(named("a", seen()))[0]
    assert evaluated(named("a", seen()), vantage="b")[0]["vantage"] == "b"
