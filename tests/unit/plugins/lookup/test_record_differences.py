# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The lookup of differences between wanted and published records, run by Ansible."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.tests.unit.helpers import dns_server, mail_records
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

PLAY = """
- hosts: mx1
  gather_facts: false
  connection: local
  vars:
    records: "{{ ['mx1'] | airtight.mail.mail_zone(hostvars) }}"
    found: "{{ lookup('airtight.mail.record_differences', records, dns_servers=[server]) }}"
  tasks:
    - ansible.builtin.copy:
        content: "{{ found | to_json }}"
        dest: "{{ playbook_dir }}/found.json"
        mode: "0600"
    - ansible.builtin.debug:
        msg: "{{ lookup('airtight.mail.record_differences', records, dns_servers=['nobody']) }}"
"""


def test_records_of_a_play_are_compared(tmp_path: Path) -> None:
    host = mail_records.few(ansible_python_interpreter="{{ ansible_playbook_python }}")
    inventory = {"all": {"hosts": {"mx1": host}}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    served = mail_records.as_served(mail_records.records_of(mail_records.few()))
    del served["example.org", "MX"]
    with dns_server.serving(served) as server:
        done = run_ansible(
            *("playbook", "play.yml", "-i", "hosts.json", "-e", f"server={server}"), folder=tmp_path
        )
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    ((missing, server_of),) = [(one["wanted"], one["servers"]) for one in found.pop("missing")]
    assert (missing, server_of) == (["10 mx1.example.org."], [server])
    assert found.pop("summary") == [f"missing: example.org MX: {server} lacks 10 mx1.example.org."]
    assert [line.endswith(" lead to each other.") for line in found.pop("helo")] == [True, True]
    assert found == {"different": [], "surplus": [], "unknown": []}
    assert (
        "record_differences: dns_servers: 'nobody' is no address such as"
        in done.stdout + done.stderr
    )
