# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The task that publishes records, run by Ansible against a primary on loopback."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.modules import dns_records
from ansible_collections.airtight.mail.plugins.plugin_utils._records import record, update_options
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records, update_server
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

PLAY = """
- hosts: mx1
  gather_facts: false
  connection: local
  tasks:
    - name: Publish
      airtight.mail.dns_records:
        records: "{{ ['mx1'] | airtight.mail.mail_zone(hostvars, zone='example.org') }}"
        zone: example.org
        server: "{{ server }}"
        key_name: update.example.org
        key_secret: "{{ secret }}"
        wait: 0
"""


def run(
    folder: Path, address: str, *arguments: str, **more: Any
) -> subprocess.CompletedProcess[str]:
    """The play in full detail."""
    host = mail_records.few(ansible_python_interpreter="{{ ansible_playbook_python }}")
    variables = {"server": address, "secret": update_server.SECRET, **more}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": {"mx1": host}}}), "utf-8")
    (folder / "vars.json").write_text(json.dumps(variables), "utf-8")
    (folder / "play.yml").write_text(PLAY, "utf-8")
    return run_ansible(
        *("playbook", "play.yml", "-i", "hosts.json", "-e", "@vars.json", "-vvv", *arguments),
        folder=folder,
    )


def state(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    """The code of the run and how many tasks changed something."""
    found = re.search(r"changed=(\d)", done.stdout)
    return done.returncode, found[1] if found else done.stdout + done.stderr


def test_records_of_a_play_are_published_once(tmp_path: Path) -> None:
    with update_server.serving({}) as server:
        foreseen = run(tmp_path, server.address, "--check", "--diff")
        assert (state(foreseen), server.updates) == ((0, "1"), 0)
        first = run(tmp_path, server.address, "--diff")
        second = run(tmp_path, server.address, "--diff")
        assert (state(first), state(second), server.updates) == ((0, "1"), (0, "0"), 1)
        assert server.records["example.org", "MX"] == ["10 mx1.example.org."]
    for done in (foreseen, first):
        assert "+example.org. 3600 IN MX 10 mx1.example.org." in done.stdout
    assert "+example.org" not in second.stdout
    for done in (foreseen, first, second):
        assert update_server.SECRET not in done.stdout + done.stderr


def test_refusal_is_one_sentence_without_the_secret(tmp_path: Path) -> None:
    wrong = "d3Jvbmcgc2VjcmV0IG9mIHRlc3Rz"
    with update_server.serving({}) as server:
        server.faults = [update_server.rcode("REFUSED")]
        done = run(tmp_path, server.address)
        unusable = run(tmp_path, server.address, secret=f"{wrong}!")
    assert state(done) == state(unusable) == (2, "0")
    sentence = f"The server {server.address} answered REFUSED: it does not have example.org"
    assert sentence in done.stdout + done.stderr
    assert "key_secret is not base64" in unusable.stdout + unusable.stderr
    for one, secret in ((done, update_server.SECRET), (unusable, wrong)):
        assert secret not in one.stdout + one.stderr


def test_documentation_has_the_options_of_the_task() -> None:
    options = yaml.safe_load(dns_records.DOCUMENTATION)["options"]
    assert set(options) == set(update_options.SPEC)
    for name, option in update_options.SPEC.items():
        assert options[name].get("default") == option.get("default")
        assert options[name].get("required", False) == option.get("required", False)
    assert options["key_algorithm"]["choices"] == list(update_options.ALGORITHMS)
    assert options["records"]["suboptions"]["type"]["choices"] == list(record.TYPES)
