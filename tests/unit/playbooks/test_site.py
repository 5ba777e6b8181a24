# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The playbook that provisions: its batches, in real runs that end in the preflight before anything
is changed, and the records that it shows last.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.tests.unit.helpers import dns_server, mail_records
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROOT = Path(__file__).resolve().parents[3]


def provision(folder: Path, hosts: dict[str, dict[str, Any]], *arguments: str) -> dict[str, Any]:
    """What a run in check mode says, and how many tasks failed on each host."""
    inventory = folder / "inventory.yml"
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    whole = {"all": {"vars": common, "hosts": hosts}}
    inventory.write_text(yaml.safe_dump(whole), encoding="utf-8")
    done = run_ansible(
        *("playbook", "-i", str(inventory), "--check"),
        *("airtight.mail.site", "-e", "ansible_become=false", *arguments),
        folder=folder,
        ANSIBLE_BECOME_EXE="/usr/bin/env",
        ANSIBLE_BECOME_FLAGS="",
    )
    text = done.stdout + done.stderr
    recap = re.findall(r"^(\w+) +: .*unreachable=(\d) +failed=(\d)", done.stdout, re.MULTILINE)
    return {
        "text": text,
        "code": done.returncode,
        "failed": {host: int(unreachable) + int(failed) for host, unreachable, failed in recap},
    }


def host(name: str = "mx1.example.org", domain: str = "example.org") -> dict[str, Any]:
    user = {"address": f"alice@{domain}", "password": "a long sentence of seven words"}
    return {
        "mail_domains": [domain],
        "mail_hostname": name,
        "mail_users": [user],
        "postfix_postmaster": user["address"],
    }


def test_first_host_that_fails_is_the_only_one(tmp_path: Path) -> None:
    found = provision(tmp_path, {"mx1": host("no host"), "mx2": host(), "mx3": host()})
    assert found["code"] == 2, found["text"]
    assert found["failed"] == {"mx1": 1}


def test_batch_after_a_host_that_failed_changes_nothing(tmp_path: Path) -> None:
    """Only what all tags have in common runs here: the validation of the input."""
    hosts = {
        "mx1": host("no host", "a.test"),
        "mx2": host(domain="b.test"),
        "mx3": host(domain="c.test"),
        "mx4": host(domain="d.test"),
    }
    found = provision(tmp_path, hosts, "-e", "site_batches=2", "--tags", "nothing")
    assert found["code"] == 2, found["text"]
    assert "Nothing is changed here, because mx1 failed." in found["text"]
    assert found["failed"] == {"mx1": 1, "mx2": 0, "mx3": 1, "mx4": 0}
    assert found["text"].count("[mx4]") == 1, "only its facts were gathered"


def test_all_hosts_of_a_domain_are_no_batch(tmp_path: Path) -> None:
    hosts = {"mx1": host("no host"), "mx2": host("no host"), "mx3": host("no host", "a.test")}
    found = provision(tmp_path, hosts, "-e", "site_batches=3")
    assert found["code"] == 2, found["text"]
    assert "site_batches: one batch has all 2 hosts of example.org (mx1, mx2)" in found["text"]
    assert "which is not a fully qualified name" not in found["text"]


#: A run that would end with the report, without the host that it provisions.
REPORT = "Show the DNS records of the hosts"


def reported(folder: Path, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """The last play of the playbook alone."""
    plays = yaml.safe_load((ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))
    assert plays[-1]["name"] == REPORT
    (folder / "play.yml").write_text(yaml.safe_dump(plays[-1:]), encoding="utf-8")
    hosts = {name: mail_records.few(ansible_connection="ssh") for name in ("mx1", "mx2")}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    arguments = ("-i", "hosts.json", "-e", json.dumps(variables), *arguments)
    return run_ansible("playbook", "play.yml", *arguments, folder=folder)


def test_run_ends_with_one_task_that_shows_the_records() -> None:
    plays = yaml.safe_load((ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))
    assert [play["name"] for play in plays] == ["Provision mail hosts", REPORT]
    assert len(plays[-1]["tasks"]) == 1


@pytest.mark.parametrize("mode", [(), ("--check",)])
def test_missing_records_fail_a_run_that_requires_them_alone(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    served = mail_records.as_served(mail_records.records_of(mail_records.few()))
    less = {key: values for key, values in served.items() if key != ("example.org", "MX")}
    with dns_server.serving(served) as whole, dns_server.serving(less) as other:
        done = reported(tmp_path, *mode, records_dns_servers=[other])
        required = {"records_required": True}
        refused = reported(tmp_path, *mode, records_dns_servers=[other], **required)
        passed = reported(tmp_path, *mode, records_dns_servers=[whole], **required)
    line = f"missing: example.org MX: {other} lacks 10 mx1.example.org."
    assert (done.returncode, refused.returncode, passed.returncode) == (0, 2, 0), done.stdout
    assert line in done.stdout
    assert line in refused.stdout
    assert "| `example.org.` | MX | 3600 | `10 mx1.example.org.` |" in passed.stdout
    assert "changed=0" in done.stdout
    assert "missing:" not in passed.stdout


def test_dns_that_cannot_be_asked_is_a_line(tmp_path: Path) -> None:
    done = reported(tmp_path, records_dns_servers=["127.0.0.1:9"], records_timeout=0.2)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("unknown: example.org MX and ") == 1
    done = reported(tmp_path, records_ttl="1h")
    assert done.returncode == 0, done.stdout
    assert "Which records are needed is unknown: mx1: records_ttl: '1h' is not a" in done.stdout


@pytest.mark.parametrize(
    ("certificates", "expected"),
    [
        ({"/etc/ssl/mail/fullchain.pem": {"spki_sha256": "5a" * 32}}, "5a" * 32),
        ({"/etc/ssl/mail/fullchain.pem": {"spki_sha256": ""}}, []),
        ({}, []),
    ],
)
def test_key_of_the_certificate_is_that_of_the_host(
    tmp_path: Path, certificates: dict[str, Any], expected: Any
) -> None:
    plays = yaml.safe_load((ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))
    (facts,) = (
        task["ansible.builtin.set_fact"]
        for task in plays[0]["post_tasks"]
        if "__records_certificate" in task.get("ansible.builtin.set_fact", {})
    )
    variables = {
        "__site_truth": {"observation": {"facts": {"certificates": certificates}}},
        "mail_certificate_file": "/etc/ssl/mail/fullchain.pem",
        "found": facts["__records_certificate"],
    }
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.debug": {"msg": "{{ {'found': found} | to_json }}"}}],
        }
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    done = run_ansible("playbook", "play.yml", "-e", json.dumps(variables), folder=tmp_path)
    assert json.dumps({"found": expected}) in done.stdout.replace('\\"', '"'), done.stdout
