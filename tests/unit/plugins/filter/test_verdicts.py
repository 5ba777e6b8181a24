# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filters verdicts, report and targets on plain data; on Ansible's own they run in the tests of
the actions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.filter.report import report
from ansible_collections.airtight.mail.plugins.filter.targets import targets
from ansible_collections.airtight.mail.plugins.filter.verdicts import verdicts
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests/unit/fixtures/checks"
NOW = "2026-11-22T22:00:00+00:00"
HOST = {"name": "mx1.example.org", "domains": ["example.org"]}
WAIVER = {"check": "relay_third_party", "justification": "moving", "expiration_date": "2026-12-31"}


def seen(check: str = "relay_third_party", status: str = "fail") -> list[dict[str, Any]]:
    return list(
        json.loads((FIXTURES / f"{check}.json").read_text(encoding="utf-8"))[status]["observations"]
    )


def judged(observations: Any = None, **options: Any) -> list[dict[str, Any]]:
    settings = {"checks": ["relay_third_party"], "now": NOW, "vantage_untrusted": True, **options}
    return verdicts(seen() if observations is None else observations, HOST, **settings)


def test_stored_observations_are_judged_again() -> None:
    assert [(item["check"], item["status"]) for item in judged()] == [("relay_third_party", "fail")]
    assert judged(seen(status="pass"))[0]["status"] == "pass"
    assert judged(vantage_untrusted=False)[0]["status"] == "unknown"
    assert judged(waivers=[WAIVER])[0]["status"] == "waived"
    assert judged([])[0]["status"] == "unknown"


def test_other_targets_are_left_aside() -> None:
    other = [{**entry, "target": "mx2.example.org"} for entry in seen()]
    assert judged(seen(status="pass") + other)[0]["status"] == "pass"


def test_options_reach_the_judge() -> None:
    days = {"checks": ["certificate_expiry"], "policy_changes": {"certificate_days": 9999}}
    assert judged(seen("certificate_expiry", "pass"), **days)[0]["status"] == "fail"
    assert (
        judged(seen("certificate_expiry", "pass"), checks=["certificate_expiry"])[0]["status"]
        == "pass"
    )
    login = seen("relay_after_failed_login")
    assert judged(login, checks=["relay_after_failed_login"])[0]["status"] == "not_applicable"
    assert (
        judged(login, checks=["relay_after_failed_login"], opt_in=["login"])[0]["status"] == "fail"
    )
    assert {item["group"] for item in judged(checks=[], groups=["mailstore"])} == {"mailstore"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checks": ["relay"]}, "verdicts: checks: 'relay' does not exist"),
        ({"policy": "lax"}, "verdicts: policy: 'lax' is not one of"),
        (
            {"waivers": [{**WAIVER, "expiration_date": "2026-01-01"}]},
            "verdicts: waivers: entry 1 (relay_third_party) expired",
        ),
        ({"now": "soon"}, "verdicts: now: 'soon' is no moment"),
        (
            {"vantage_trusted": True},
            "verdicts: vantage_trusted is not an option; it takes now, opt_in, policy, ",
        ),
        (
            {"observations": [{"schema": 99}]},
            "verdicts: these observations have another schema version",
        ),
    ],
)
def test_errors_are_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        judged(**options)
    assert str(caught.value).startswith(words)


def test_two_vantages_stand_side_by_side() -> None:
    found = [*judged(vantage="office"), *judged(seen(status="pass"), vantage="internet")]
    assert [item["vantage"] for item in found] == ["office", "internet"]
    names = [f"mx1.example.org (from {vantage})" for vantage in ("office", "internet")]
    text = report(found, verbose=True)
    assert text.startswith(f"1 of 2 hosts failed: {names[0]}.")
    for form in set(formats.FILES) - {"json", "sarif"}:
        assert [
            form
            for vantage in ("office", "internet")
            if "from " + vantage not in report(found, form, verbose=True)
        ] == []
    assert [item["target"] for item in json.loads(report(found, "json"))["verdicts"]] == [
        HOST["name"]
    ] * 2
    schema = json.loads((ROOT / "docs/reference/report.schema.json").read_text(encoding="utf-8"))
    assert set(found[0]) <= set(schema["$defs"]["verdict"]["properties"])


def test_report() -> None:
    found = judged()
    assert report(found).startswith("1 of 1 host failed: mx1.example.org.")
    document = json.loads(report(found, "json", run={"policy": "baseline"}, observations=seen()))
    assert (document["run"], document["summary"]["fail"]) == ({"policy": "baseline"}, 1)
    assert len(document["observations"]) == len(seen())
    assert "pass    critical relay_third_party" in report(judged(seen(status="pass")), verbose=True)
    with pytest.raises(
        AnsibleFilterError, match=r"^report: 'pdf' is not one of text, json, html, markdown, .*\.$"
    ):
        report(found, "pdf")


def test_report_refuses_verdicts_of_an_older_version_in_one_sentence() -> None:
    old = [{**judged()[0], "schema": 1}]
    expected = r"^report: verdicts of schema 1 cannot be rendered, .* schema 2; audit again\.$"
    with pytest.raises(AnsibleFilterError, match=expected):
        report(old)


@pytest.mark.parametrize("form", formats.FILES)
def test_report_takes_each_form(form: str) -> None:
    assert report(judged(), form, run={"version": "1"}, observations=seen()) == formats.render(
        form, judged(), {"version": "1"}, seen(), False
    )


def test_forms_are_the_same_everywhere() -> None:
    documented = yaml.safe_load((ROOT / "plugins/filter/report.yml").read_text(encoding="utf-8"))[
        "DOCUMENTATION"
    ]["options"]["form"]
    (play,) = yaml.safe_load((ROOT / "playbooks/audit.yml").read_text(encoding="utf-8"))
    assert documented["choices"] == list(formats.FILES)
    assert play["vars"]["__audit_files"] == formats.FILES
    table = (ROOT / "docs/guides/reports.md").read_text(encoding="utf-8")
    assert [f"| `{form}` | `{file}` |" in table for form, file in formats.FILES.items()] == [
        True
    ] * len(formats.FILES)


def test_targets() -> None:
    hostvars = {
        "mx1": {
            "audit_name": "mx1.example.org",
            "audit_domains": ["example.org"],
            "audit_ports": {"smtp": 2525},
        },
        "mx2.example.org": {"ansible_host": "192.0.2.2"},
    }
    first, second = targets(["mx1", "mx2.example.org"], hostvars)
    assert first == {"name": "mx1.example.org", "domains": ["example.org"], "ports": {"smtp": 2525}}
    assert second["name"] == "mx2.example.org"


def test_targets_and_what_each_offers() -> None:
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
