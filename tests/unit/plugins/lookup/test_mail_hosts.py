# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The lookup of mail hosts, run by Ansible, with a DNS server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

dns_server = pytest.importorskip(
    "ansible_collections.airtight.mail.tests.unit.helpers.dns_server", reason="needs dnspython"
)
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
    with dns_server.serving(RECORDS) as resolver:
        done = run_ansible(
            *("playbook", str(tmp_path / "play.yml"), "-e", f"resolver={resolver}"),
            folder=tmp_path,
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
