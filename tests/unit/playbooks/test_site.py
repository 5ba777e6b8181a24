# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The batches of the playbook that provisions: real runs that end in the preflight, before anything
is changed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible


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
