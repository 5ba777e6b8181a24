# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The inventory plugin and the lookup, run by Ansible, with a DNS server on loopback."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

dns_server = pytest.importorskip(
    "ansible_collections.airtight.mail.tests.unit.helpers.dns_server", reason="needs dnspython"
)
ONLY_MX = {
    "ANSIBLE_INVENTORY_ENABLED": "airtight.mail.mx",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
}
RECORDS = {
    ("a.test", "MX"): ["10 mx1.a.test.", "20 mx2.a.test."],
    ("b.test", "MX"): ["10 mx1.a.test."],
    ("_imaps._tcp.a.test", "SRV"): ["0 1 993 imap.a.test."],
    ("_imaps._tcp.b.test", "SRV"): ["0 1 1993 imap.a.test."],
    ("mx1.a.test", "A"): ["192.0.2.1"],
    ("mx2.a.test", "A"): ["192.0.2.2"],
    ("imap.a.test", "AAAA"): ["2001:db8::3"],
}


def plain(value: Any) -> Any:
    """What ansible-inventory lists, without its mark of texts that are never templates."""
    if isinstance(value, dict):
        marked = value.get("__ansible_unsafe")
        return marked or {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def listed(folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    path = folder / "domains.mx.yml"
    whole = {"plugin": "airtight.mail.mx", "domains": ["a.test", "b.test"], **options}
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return run_ansible("inventory", "-i", str(path), "--list", folder=folder, **ONLY_MX)


def test_hosts_of_domains_are_in_groups_of_their_services(tmp_path: Path) -> None:
    with dns_server.serving(RECORDS) as resolver:
        done = listed(
            tmp_path,
            dns_resolver=resolver,
            groups={"readers": "'imaps' in mail_services"},
            compose={"first": "audit_domains | first"},
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert sorted(found["mail_smtp"]["hosts"]) == ["mx1.a.test", "mx2.a.test"]
    assert found["mail_imaps"]["hosts"] == found["readers"]["hosts"] == ["imap.a.test"]
    variables = plain(found["_meta"]["hostvars"])
    assert variables["mx1.a.test"] == {
        "audit_domains": ["a.test", "b.test"],
        "audit_addresses": ["192.0.2.1"],
        "audit_services": ["smtp"],
        "mail_services": ["smtp"],
        "first": "a.test",
    }
    assert variables["imap.a.test"]["audit_ports"] == {"imaps": 1993}


def test_answers_are_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    kept = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    with dns_server.serving(RECORDS) as resolver:
        first = listed(tmp_path, dns_resolver=resolver, **kept)
    assert first.returncode == 0, first.stdout + first.stderr
    again = listed(tmp_path, dns_resolver=resolver, **kept)
    assert json.loads(again.stdout) == json.loads(first.stdout), again.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"domains": ["a.test", "none.test"]}, "none.test has no mail: no MX and no SRV record"),
        (
            {"domains": ["no domain"]},
            "domains: 'no domain' is not a domain name; write one such as",
        ),
        ({"dns_resolver": "localhost"}, "dns_resolver: 'localhost' is no address"),
    ],
)
def test_domain_without_hosts_is_an_error(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with dns_server.serving(RECORDS) as resolver:
        done = listed(tmp_path, **{"dns_resolver": resolver, **options})
    assert done.returncode != 0
    assert words in " ".join((done.stdout + done.stderr).split())
