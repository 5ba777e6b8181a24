# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The playbook of DNS records, and the examples of its guide, run by Ansible in check mode and
without.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.plugin_utils._records import forms, options, wanted
from ansible_collections.airtight.mail.tests.unit.helpers import (
    dns_server,
    mail_records,
    update_server,
)
from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/guides/records.md").read_text(encoding="utf-8")
#: The examples of the guide, by the name in their first line.
EXAMPLES = {
    found[1]: found[2]
    for found in re.finditer(r"```yaml\n# ([a-z]+\.yml)\n(.*?)```", GUIDE, re.DOTALL)
}
#: No login on hosts that do not exist.
LOCAL: dict[str, Any] = {
    "ansible_connection": "local",
    "ansible_become": False,
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}


def run(
    folder: Path, inventory: str, *arguments: str, **variables: Any
) -> subprocess.CompletedProcess[str]:
    """The playbook on an inventory in YAML."""
    (folder / "inventory.yml").write_text(inventory, encoding="utf-8")
    return run_ansible(
        *("playbook", "airtight.mail.records", "-i", "inventory.yml", "-e", json.dumps(variables)),
        *arguments,
        folder=folder,
    )


def printed(done: subprocess.CompletedProcess[str], task: str) -> list[str]:
    """The lines that a task printed."""
    text = done.stdout.partition(f"TASK [{task}]")[2].partition("\nTASK [")[0]
    found: list[str] = json.loads("{" + text.partition("=> {")[2].partition("\n}")[0] + "}")["msg"]
    return found


def hosts_of(example: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The variables of each host of an inventory, and those of all."""
    group = yaml.safe_load(EXAMPLES[example])["all"]
    common = group.get("vars", {})
    return {name: {**common, **own} for name, own in group["hosts"].items()}, common


def unchanged(done: subprocess.CompletedProcess[str]) -> bool:
    recap = done.stdout.partition("PLAY RECAP")[2]
    return done.returncode == 0 and "changed=0" in recap and not re.search("changed=[1-9]", recap)


@pytest.mark.parametrize("mode", [(), ("--check",)])
def test_small_example_is_compared_with_what_is_published(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    hosts, _common = hosts_of("minimal.yml")
    records = wanted.wanted(hosts, hosts).records
    served = mail_records.as_served(records)
    old = {**served, ("example.org", "MX"): ["10 old.example.org."]}
    with dns_server.serving(served) as first, dns_server.serving(old) as second:
        variables = {**LOCAL, "records_from_hosts": False}
        done = run(tmp_path, EXAMPLES["minimal.yml"], *mode, **variables, records_dns_servers=first)
        other = run(
            tmp_path,
            EXAMPLES["minimal.yml"],
            *mode,
            **{**variables, "records_dns_servers": [first, second]},
        )
    assert unchanged(done), done.stdout + done.stderr
    assert unchanged(other), other.stdout + other.stderr
    assert printed(done, "Print the records to publish") == forms.table(records).splitlines()
    left_out = printed(done, "Print which records are left out")
    assert [line[:10] for line in left_out] == ["No DKIM ke", "No TLSA fo", "No CAA for"]
    published = "Print what name servers publish otherwise"
    helo = [
        f"{address} and mx1.example.org, its name in HELO, lead to each other."
        for address in mail_records.ADDRESSES
    ]
    assert printed(done, published) == ["All name servers publish these records.", *helo]
    difference, *named = printed(other, published)
    assert named == helo
    has = "has 10 old.example.org. in place of 10 mx1.example.org."
    assert difference == f"different: example.org MX: {second} {has}"


def test_full_example_has_every_record_of_its_zone(tmp_path: Path) -> None:
    hosts, common = hosts_of("full.yml")
    found = wanted.wanted(hosts, hosts).within(common["records_zone"])
    variables = {**LOCAL, "records_dns_resolver": "none", "records_dir": "out"}
    (tmp_path / "out").mkdir()
    done = run(tmp_path, EXAMPLES["full.yml"], **variables, records_from_hosts=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = forms.table(found.records, "example.org")
    assert printed(done, "Print the records to publish") == table.splitlines()
    assert (tmp_path / "out/records.md").read_text(encoding="utf-8") == table
    zone = (tmp_path / "out/records.zone").read_text(encoding="utf-8")
    assert zone == forms.zone_file(found.records)
    shown = {record.purpose for record in found.records}
    assert shown == {
        *("address", "autoconfig", "caa", "dmarc", "dmarc_authorization", "mta_sts"),
        *("mta_sts_host", "mx", "service", "spf", "tls_rpt", "tlsa"),
    }


def test_own_playbook_of_the_guide_publishes_and_compares(tmp_path: Path) -> None:
    hosts, _common = hosts_of("full.yml")
    found = wanted.wanted(hosts, hosts)
    for name in ("full.yml", "publish.yml"):
        (tmp_path / name).write_text(EXAMPLES[name], encoding="utf-8")
    served = mail_records.as_served(found.within("example.org").records)
    with dns_server.serving(served) as server:
        folders = {"zone_dir": str(tmp_path), "policy_dir": str(tmp_path), "servers": [server]}
        places = {"name_server": "localhost", "web_server": "localhost"}
        arguments = ("playbook", "publish.yml", "-i", "full.yml", "-e")
        done = run_ansible(*arguments, json.dumps({**LOCAL, **folders, **places}), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for domain in ("example.org", "exämple.net"):
        zone = (tmp_path / f"{domain}.mail").read_text(encoding="utf-8")
        assert zone == forms.zone_file(found.within(domain).records)
    policy = (tmp_path / "example.org.txt").read_bytes().decode("ascii")
    assert policy == found.policies["example.org"]


def test_update_of_the_guide_publishes_what_a_zone_needs(tmp_path: Path) -> None:
    hosts, _common = hosts_of("minimal.yml")
    for name in ("minimal.yml", "update.yml"):
        (tmp_path / name).write_text(EXAMPLES[name], encoding="utf-8")
    with update_server.serving({}) as server:
        variables = {
            **LOCAL,
            "primary": server.address,
            "vault_update_key": update_server.SECRET,
            "seconds": 0,
        }
        arguments = ("playbook", "update.yml", "-i", "minimal.yml", "-e", json.dumps(variables))
        done = run_ansible(*arguments, folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert unchanged(run_ansible(*arguments, folder=tmp_path))
        needed = wanted.wanted(hosts, hosts).within("example.org").records
        assert {key for key in server.sets if key[1] != "SOA"} == {
            (one.name, one.type) for one in needed
        }


@pytest.mark.parametrize("mode", [(), ("--check",)])
def test_certificate_is_read_on_the_host(tmp_path: Path, mode: tuple[str, ...]) -> None:
    path = tmp_path / "chain.pem"
    path.write_text(mail_records.pem(mail_records.RSA_KEY), encoding="ascii")
    host = mail_records.few(mail_certificate_file=str(path), **LOCAL)
    inventory = json.dumps({"all": {"hosts": {"mx1": host}}})
    done = run(tmp_path, inventory, *mode, records_dns_resolver="none")
    assert unchanged(done), done.stdout + done.stderr
    digest = hashlib.sha256(base64.b64decode(mail_records.RSA_KEY)).hexdigest()
    assert f"`_25._tcp.mx1.example.org.` | TLSA | 3600 | `3 1 1 {digest}`" in done.stdout


def test_keys_are_looked_for_where_the_role_has_them() -> None:
    places = [
        re.findall(r"path: (/etc/dkimkeys/\S.*)", path.read_text(encoding="utf-8"))
        for path in (ROOT / "playbooks/records.yml", ROOT / "roles/opendkim/tasks/install.yml")
    ]
    defaults = (ROOT / "roles/opendkim/defaults/main.yml").read_text(encoding="utf-8")
    selector = yaml.safe_load(defaults)["opendkim_selector"]
    ((here,), (there, *_others)) = [[one for one in found if "private" in one] for found in places]
    assert here.replace(f"opendkim_selector | default('{selector}')", "opendkim_selector") == there
    common = (ROOT / "roles/common/defaults/main.yml").read_text(encoding="utf-8")
    file = yaml.safe_load(common)["mail_certificate_file"]
    playbook = (ROOT / "playbooks/records.yml").read_text(encoding="utf-8")
    assert f"mail_certificate_file | default('{file}')" in playbook


def test_host_that_cannot_be_reached_costs_no_record(tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho no route >&2\nexit 255\n", encoding="ascii")
    ssh.chmod(0o755)
    host = mail_records.few(ansible_ssh_executable=str(ssh), ansible_become=False)
    inventory = json.dumps({"all": {"hosts": {"mx1": host}}})
    done = run(tmp_path, inventory, "--check", records_dns_resolver="none")
    assert unchanged(done), done.stdout + done.stderr
    table = forms.table(mail_records.records_of(mail_records.few())).splitlines()
    assert printed(done, "Print the records to publish") == table
    (unread,) = printed(done, "Print what could not be read")
    assert "no route" in unread


@pytest.mark.parametrize(
    ("hosts", "variables", "sentence"),
    [
        ({}, {}, "No host needs records: the inventory has no host; write -i and the name of a"),
        (
            {"mx1": mail_records.few()},
            {"records_hosts": "mx9"},
            "No host needs records: records_hosts=mx9 matches no host of the inventory.",
        ),
        (
            {"mx1": mail_records.few()},
            {"records_ttl": "1h", "records_from_hosts": False},
            "mail_zone: mx1: records_ttl: '1h' is not a whole number from 0 to 2147483647.",
        ),
    ],
)
def test_input_that_cannot_work_ends_in_one_sentence(
    tmp_path: Path, hosts: dict[str, Any], variables: dict[str, Any], sentence: str
) -> None:
    inventory = json.dumps({"all": {"vars": LOCAL, "hosts": hosts}})
    done = run(tmp_path, inventory, **variables, records_dns_resolver="none")
    assert done.returncode == 2
    assert sentence in " ".join((done.stdout + done.stderr).split())


def test_guide_lists_the_variables_of_the_filter_and_of_the_playbook() -> None:
    listed = set(
        re.findall(r"`((?:records|audit|mail|opendkim|postfix|dovecot)_[a-z0-9_]+)`", GUIDE)
    )
    known = {*options.VARIABLES, *options.OF_THE_RUN}
    assert known - listed == set()
    assert {name for name in listed if name.startswith(options.PREFIX)} - known == set()
    playbooks = [
        (ROOT / f"playbooks/{name}.yml").read_text(encoding="utf-8") for name in ("records", "site")
    ]
    used = set(re.findall(r"(?<![\w/'])records_[a-z_]+", "".join(playbooks)))
    assert used - {"records_certificate", "records_dkim"} == set(options.OF_THE_RUN)
