# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The playbook of the audit, where it could succeed by accident: nobody is audited, a variable is
misspelt, hosts differ. Only ports of this machine where nobody listens are asked.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES
from ansible_collections.airtight.mail.tests.unit.helpers import dns_server
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Path]:
    """Three hosts: two with options of their own, and one whose name cannot be."""
    held = [socket.socket() for _service in SERVICES]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = {service: one.getsockname()[1] for service, one in zip(SERVICES, held, strict=True)}
    quick = {"audit_other_ports": [], "audit_dns_resolver": "none", "audit_ports": ports}
    waiver = {
        "check": "tls_versions",
        "hosts": ["a", "b"],
        "justification": "x",
        "expiration_date": "2099-12-31",
    }
    hosts = {
        "a": {"ansible_host": "127.0.0.1", "audit_checks": ["tls_versions"]},
        "b": {
            "ansible_host": "127.0.0.1",
            "audit_checks": "tls_versions,dnssec",
            "audit_policy": "strict",
            "audit_waivers": [waiver],
        },
        "c": {"audit_name": "no host"},
    }
    whole = {"all": {"vars": {"ansible_connection": "local", **quick}, "hosts": hosts}}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    yield path
    for one in held:
        one.close()


#: A play of the same run goes on with the hosts that are not compliant.
NEXT = """
- import_playbook: airtight.mail.audit

- hosts: localhost,mail_noncompliant
  gather_facts: false
  tasks:
    - ansible.builtin.meta: clear_host_errors

- hosts: mail_noncompliant
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ inventory_hostname }} is in {{ group_names | sort | join(' ') }}."

- hosts: mail_noncompliant
  gather_facts: false
  tasks:
    - ansible.builtin.fail:
        msg: "{{ mail_audit_result.msg }}"
"""


def run(
    directory: Path, *arguments: str, playbook: str = "airtight.mail.audit"
) -> subprocess.CompletedProcess[str]:
    return run_ansible("playbook", playbook, *arguments, folder=directory)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-i", "mx1.example.org"], "No host is audited: the inventory has no host; write -i mx1"),
        (["-e", "audit_hosts=typo"], "No host is audited: audit_hosts=typo matches no host"),
        (["-e", "audit_hosts=a", "--tags", "tls"], "No host was audited: tags left all tasks out."),
        (["-e", "audit_polcy=strict"], "audit_polcy is not a variable of the audit; did you mean "),
        (["-e", "audit_report_only=maybe"], "audit_report_only: 'maybe' is neither true nor false"),
    ],
    ids=["inventory", "hosts", "tags", "variable", "switch"],
)
def test_nothing_audited_is_no_success(
    inventory: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    if "-i" not in arguments:
        arguments = ["-i", str(inventory), *arguments]
    done = run(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stdout + done.stderr


def test_each_host_has_its_own_options_and_the_folder_one_run(
    inventory: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "reports/today"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("of an earlier run", encoding="utf-8")
    options = ["-e", "audit_report_dir=reports/today", "-e", "audit_report_forms=json"]
    options += ["-e", "audit_trend=history/fleet.json"]
    done = run(tmp_path, "-i", str(inventory), *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert [path.name for path in folder.iterdir()] == ["report.json"]
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["outcome"] == "wrong_option"
    assert report["run"]["policy"] == "baseline, strict"
    assert report["run"]["unused_waivers"] == []
    assert {(item["target"], item["check"], item["status"]) for item in report["verdicts"]} == {
        ("a", "tls_versions", "unknown"),
        ("b", "tls_versions", "waived"),
        ("b", "dnssec", "not_applicable"),
        ("c", "target_options", "fail"),
    }
    recap = dict(re.findall(r"^(\w+) +: .*failed=(\d)", done.stdout, re.MULTILINE))
    assert recap == {"a": "1", "b": "0", "c": "1", "localhost": "0"}
    assert "UNKNOWN: 1 check unknown: tls_versions. Report in " in done.stdout
    assert "WRONG OPTION: 1 check failed: target_options. Report in " in done.stdout

    again = run(tmp_path, "-i", str(inventory), *options, "-e", "audit_baseline=reports/today")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Since the baseline: 0 new, 0 worse, 0 better, 0 gone." in again.stdout
    kept = json.loads((tmp_path / "history/fleet.json").read_text(encoding="utf-8"))
    assert [one["hosts"] for one in kept["runs"]] == [3, 3]
    assert [path.name for path in folder.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "options",
    [
        {"audit_hosts": "a,b"},
        {"audit_hosts": "all,!c"},
        {"audit_hosts": "!c"},
        {"audit_hosts": ["&all", "!c"]},
        {"audit_hosts": ["b", "a"]},
        {"audit_hosts": "a", "audit_report_only": "false"},
        {"audit_hosts": "a", "audit_report_forms": []},
    ],
    ids=str,
)
def test_verdict_on_each_audited_host_is_told(
    inventory: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    done = run(tmp_path, "-i", str(inventory), "-e", json.dumps(options))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "UNKNOWN: 1 check unknown: tls_versions." in done.stdout
    recap = re.findall(r"^(\w+) +: .*failed=1", done.stdout, re.MULTILINE)
    assert recap == ["a"]


@pytest.mark.parametrize("name", ["https://mx1.example.org", "fe80::1%eth0", "a!b"])
def test_verdict_on_a_host_is_told_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"all": {"hosts": {name: {"audit_name": "no host"}}}}))
    done = run(tmp_path, "-i", str(path))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "WRONG OPTION: 1 check failed: target_options." in done.stdout


def test_next_play_has_the_hosts_that_are_not_compliant(inventory: Path, tmp_path: Path) -> None:
    (tmp_path / "next.yml").write_text(NEXT, encoding="utf-8")
    done = run(tmp_path, "-i", str(inventory), playbook="next.yml")
    assert "a is in mail_noncompliant." in done.stdout, done.stdout + done.stderr
    assert "c is in mail_fails_target_options mail_noncompliant." in done.stdout
    assert "b is in" not in done.stdout


def test_run_goes_on_where_all_hosts_fail(inventory: Path, tmp_path: Path) -> None:
    (tmp_path / "next.yml").write_text(NEXT, encoding="utf-8")
    done = run(tmp_path, "-i", str(inventory), "-e", "audit_hosts=c", playbook="next.yml")
    assert "c is in mail_fails_target_options" in done.stdout, done.stdout + done.stderr
    assert '"msg": "1 check failed: target_options."' in done.stdout
    assert done.returncode == 2


def test_report_that_cannot_be_written_is_refused_before_the_audit(
    inventory: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(tmp_path, "-i", str(inventory), "-e", "audit_report_dir=file/report")
    assert done.returncode == 2
    assert "cannot hold the reports" in done.stdout + done.stderr
    assert "checks unknown" not in done.stdout


def test_domain_without_an_inventory_is_audited_at_its_mail_hosts(tmp_path: Path) -> None:
    records = {
        ("a.test", "MX"): ["10 mx1.a.test."],
        ("b.test", "MX"): ["10 mx1.b.test."],
        ("mx1.a.test", "A"): ["127.0.0.1"],
        ("mx1.b.test", "A"): ["127.0.0.1"],
    }
    with dns_server.serving(records) as resolver:
        done = run(
            tmp_path,
            *("-e", "audit_domains=a.test,b.test", "-e", "audit_checks=spf_record"),
            *("-e", f"audit_dns_resolver={resolver}", "-e", '{"audit_other_ports": []}'),
        )
    assert done.returncode == 2, done.stdout + done.stderr
    report = json.loads((tmp_path / "airtight-report/report.json").read_text(encoding="utf-8"))
    found = {item["target"]: item["evidence"][0]["subject"] for item in report["verdicts"]}
    assert found == {"mx1.a.test": "a.test", "mx1.b.test": "b.test"}
