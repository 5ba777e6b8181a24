# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The lookup of mail hosts, run by Ansible, with a DNS server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

dns_server = pytest.importorskip(
    "ansible_collections.airtight.mail.tests.unit.helpers.dns_server", reason="needs dnspython"
)
ROOT = Path(__file__).resolve().parents[4]
RECORDS = {
    ("a.test", "MX"): ["10 mx1.a.test."],
    ("b.test", "MX"): ["10 mx1.b.test."],
    ("mx1.a.test", "A"): ["192.0.2.1"],
}
PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    domains: "{{ ['a.test', 'b.test'] }}"
    found:
      text: "{{ query('airtight.mail.mail_hosts', 'a.test, b.test', dns_resolver=resolver) }}"
      list: "{{ query('airtight.mail.mail_hosts', domains, dns_resolver=resolver) }}"
      terms: "{{ query('airtight.mail.mail_hosts', 'a.test', 'b.test', dns_resolver=resolver) }}"
  tasks:
    - ansible.builtin.copy:
        content: "{{ found | to_json }}"
        dest: "{{ playbook_dir }}/found.json"
        mode: "0600"
    - ansible.builtin.debug:
        msg: "{{ query('airtight.mail.mail_hosts', 'a.test', 'c.test', dns_resolver=resolver) }}"
"""


def test_domains_may_be_text_a_list_or_terms_and_one_without_hosts_is_an_error(
    tmp_path: Path,
) -> None:
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "ansible", "playbook", str(tmp_path / "play.yml")]
    with dns_server.serving(RECORDS) as resolver:
        done = subprocess.run(
            [*command, "-e", f"resolver={resolver}"],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["text"] == found["list"] == found["terms"]
    assert found["text"] == [
        {
            "name": "mx1.a.test",
            "audit_domains": ["a.test"],
            "audit_addresses": ["192.0.2.1"],
            "mail_services": ["smtp"],
        },
        {"name": "mx1.b.test", "audit_domains": ["b.test"], "mail_services": ["smtp"]},
    ]
    assert done.returncode == 2
    assert "c.test has no mail" in yaml.safe_dump(done.stdout + done.stderr, width=10**6)
