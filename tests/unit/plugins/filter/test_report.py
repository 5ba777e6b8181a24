# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter report on plain data; on Ansible's own it runs in the tests of the actions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.filter.report import report
from ansible_collections.airtight.mail.plugins.modules import audit
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import (
    report_folder as _report_folder,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers.filtered_verdicts import (
    HOST,
    evaluated,
    seen,
)

ROOT = Path(__file__).resolve().parents[4]


def test_verdicts_of_two_vantages_are_shown_side_by_side() -> None:
    found = [*evaluated(vantage="office"), *evaluated(seen(status="pass"), vantage="internet")]
    assert [item["vantage"] for item in found] == ["office", "internet"]
    names = [f"mx1.example.org (from {vantage})" for vantage in ("office", "internet")]
    text = report(found, verbose=True)
    assert text.startswith(f"1 of 2 hosts failed: {names[0]}.")
    for form in set(formats.FILES) - {"json", "jsonl", "sarif"}:
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


def test_report_refuses_verdicts_of_an_older_version_in_one_sentence() -> None:
    old = [{**evaluated()[0], "schema": 1}]
    expected = r"^report: verdicts of schema 1 cannot be rendered, .* schema 2; audit again\.$"
    with pytest.raises(AnsibleFilterError, match=expected):
        report(old)


@pytest.mark.parametrize("form", formats.FILES)
def test_each_form_is_rendered(form: str) -> None:
    assert report(evaluated(), form, run={"version": "1"}, observations=seen()) == formats.render(
        form, evaluated(), {"version": "1"}, seen(), False
    )


def test_forms_are_those_of_the_audit_and_the_guide() -> None:
    documented = yaml.safe_load((ROOT / "plugins/filter/report.yml").read_text(encoding="utf-8"))[
        "DOCUMENTATION"
    ]["options"]["form"]
    option = yaml.safe_load(audit.DOCUMENTATION)["options"]["report_forms"]
    assert documented["choices"] == option["choices"] == list(formats.FILES)
    assert option["default"] == list(_report_folder.DEFAULT_FORMS)
    table = (ROOT / "docs/guides/reports.md").read_text(encoding="utf-8")
    assert [f"| `{form}` | `{file}` |" in table for form, file in formats.FILES.items()] == [
        True
    ] * len(formats.FILES)


def test_report_is_rendered_in_the_form_that_was_asked_for() -> None:
    found = evaluated()
    assert report(found).startswith("1 of 1 host failed: mx1.example.org.")
    document = json.loads(report(found, "json", run={"policy": "baseline"}, observations=seen()))
    assert (document["run"], document["summary"]["fail"]) == ({"policy": "baseline"}, 1)
    assert len(document["observations"]) == len(seen())
    assert "pass    critical relay_third_party" in report(
        evaluated(seen(status="pass")), verbose=True
    )
    with pytest.raises(
        AnsibleFilterError, match=r"^report: 'pdf' is not one of text, json, html, markdown, .*\.$"
    ):
        report(found, "pdf")


@pytest.mark.parametrize("form", formats.FILES)
def test_an_exception_in_a_form_is_one_sentence_that_names_it(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> str:
        raise KeyError("odd")

    monkeypatch.setattr(formats, "render", broken)
    with pytest.raises(AnsibleFilterError, match=rf"^report: the form {form} could not be made"):
        report(evaluated(), form)
