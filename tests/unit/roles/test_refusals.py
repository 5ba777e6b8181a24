# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the roles refuse before they change anything: their preflight, run for one host per case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ROLES = sorted(path.parents[1].name for path in ROOT.glob("roles/*/tasks/install.yml"))
RENAMED: dict[str, str] = yaml.safe_load(
    (ROOT / "roles/common/vars/main.yml").read_text(encoding="utf-8")
)["__common_renamed"]
PASSWORD = "fjord-Kelvin-29-mosaic"
VALID = {
    "mail_hostname": "mx1.example.org",
    "mail_domains": ["example.org"],
    "mail_users": [{"address": "alice@example.org", "password": PASSWORD}],
    # Any two files that exist.
    "mail_certificate_file": str(HERE.parent / "conftest.py"),
    "mail_certificate_key_file": __file__,
}


def user(**settings: str) -> dict[str, Any]:
    return {"mail_users": [{"address": "alice@example.org", **settings}]}


#: Role, settings in addition to valid ones, and words of the refusal.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *((role, {"case_distribution": "Ubuntu"}, "runs Ubuntu 13") for role in ROLES),
    *(
        (old.partition("_")[0], {old: "x"}, f"{old} was replaced by {new}; change the name")
        for old, new in RENAMED.items()
    ),
    (
        "certificate",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    (
        "certificate",
        {"certificate_provider": "files", "certificate_source_key_file": "/k"},
        "set either certificate_source_file or",
    ),
    (
        "certificate",
        {"certificate_provider": "files", "certificate_source_file": "/c"},
        "set either certificate_source_key_file or",
    ),
    (
        "certificate",
        {"mail_certificate_file": "/a/x.pem", "mail_certificate_key_file": "/b/x.pem"},
        "the same base name",
    ),
    ("certificate", {"certificate_renew_days": 365}, "every run would issue a new certificate"),
    (
        "resolver",
        {"resolver_interfaces": ["0.0.0.0"]},
        "resolver_interfaces has 0.0.0.0, which is not a loopback address",
    ),
    (
        "resolver",
        {"resolver_settings": {"access-control": "0.0.0.0/0 allow"}},
        "resolver_settings sets access-control = 0.0.0.0/0 allow, which could open",
    ),
    ("opendkim", {"mail_domains": []}, "mail_domains is empty"),
    (
        "opendkim",
        {"mail_domains": ["Example"]},
        "mail_domains has Example, which is not a fully qualified name",
    ),
    (
        "opendkim",
        {"opendkim_selector": "a.b"},
        "opendkim_selector is 'a.b', which is not a DNS label",
    ),
    (
        "opendkim",
        {"opendkim_settings": {"InternalHosts": "0.0.0.0/0"}},
        "opendkim_settings sets InternalHosts = 0.0.0.0/0, which decides whose mail is signed",
    ),
    ("spamassassin", {"spamassassin_required_score": 0.0}, "all mail would be marked as spam"),
    ("spamassassin", {"spamassassin_reject_score": 4}, "no mail would be filed into Junk"),
    (
        "spamassassin",
        {"spamassassin_trusted_networks": ["0.0.0.0/0"]},
        "SpamAssassin would trust every host",
    ),
    (
        "spamassassin",
        {"spamassassin_trusted_networks": ["::/0"]},
        "SpamAssassin would trust every host",
    ),
    ("spamassassin", {"spamassassin_max_children": 0}, "no mail would be scanned"),
    (
        "dovecot",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    ("dovecot", {"mail_domains": []}, "mail_domains is empty"),
    (
        "dovecot",
        {"mail_users": [{"address": "alice", "password": PASSWORD}]},
        "mail_users has alice; an address must be in lower case",
    ),
    (
        "dovecot",
        {"mail_users": [{"address": "a@example.com", "password": PASSWORD}]},
        "mail_users has a@example.com; an address must be",
    ),
    ("dovecot", {"mail_users": VALID["mail_users"] * 2}, "mail_users has an address twice"),
    ("dovecot", {"dovecot_quota": "plenty"}, "has the quota plenty, which is not a size"),
    (
        "dovecot",
        {"dovecot_settings": {"ssl": "no"}},
        "dovecot_settings sets ssl = no, which would open the host",
    ),
    ("dovecot", user(password="alice2026"), "fewer than 12 characters"),
    ("dovecot", user(), "alice@example.org"),
    (
        "dovecot",
        {"mail_users": [{"address": "../x@example.org", "password": PASSWORD}]},
        "mail_users has ../x@example.org; an address must be",
    ),
    ("dovecot", user(password_hash="{PLAIN}" + PASSWORD), "alice@example.org"),
    (
        "postfix",
        {"mail_hostname": "mx1"},
        "mail_hostname is 'mx1', which is not a fully qualified name",
    ),
    ("postfix", {"mail_domains": []}, "mail_domains is empty"),
    (
        "postfix",
        {"mail_users": [{"address": "Alice@example.org"}]},
        "mail_users has Alice@example.org",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.com", "to": ["b@example.org"]}]},
        "mail_aliases has a@example.com",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": ["root"]}]},
        "mail_aliases delivers to root",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org", "to": []}]},
        "mail_aliases delivers to nobody",
    ),
    (
        "postfix",
        {"mail_aliases": [{"address": "alice@example.org", "to": ["b@example.org"]}]},
        "mail_aliases has an address twice, or the address of a user",
    ),
    ("postfix", {"mail_users": []}, "every host must accept mail to its postmaster"),
    (
        "postfix",
        {"postfix_mynetworks": ["127.0.0.0/8", "192.0.2.0/24"]},
        "goes beyond loopback with 192.0.2.0/24",
    ),
    ("postfix", {"postfix_mynetworks": ["0.0.0.0/0"]}, "goes beyond loopback with 0.0.0.0/0"),
    ("postfix", {"postfix_mynetworks": ["127.0.0.0/1"]}, "goes beyond loopback with 127.0.0.0/1"),
    (
        "postfix",
        {"postfix_mx_restrictions": ["permit"]},
        "postfix_mx_restrictions has permit, which does not refuse mail",
    ),
    (
        "postfix",
        {"postfix_settings": {"smtpd_relay_restrictions": "permit"}},
        "sets smtpd_relay_restrictions = permit, which would open",
    ),
    (
        "postfix",
        {"postfix_settings": {"smtpd_tls_auth_only": False}},
        "sets smtpd_tls_auth_only = no, which would open the host",
    ),
    (
        "postfix",
        {"mail_certificate_key_file": "/nonexistent/key"},
        "/nonexistent/key is missing on the host; run the role",
    ),
]
#: Role, settings that do not fit its argument specification, and the words of Ansible's message.
INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("dovecot", user(password=PASSWORD, qouta="1G"), "mail_users.qouta"),
    (
        "postfix",
        {"mail_aliases": [{"address": "a@example.org"}]},
        "missing required arguments: to found in mail_aliases",
    ),
    (
        "postfix",
        {"postfix_listeners": ["smtps"]},
        "value of postfix_listeners must be one or more of",
    ),
    (
        "resolver",
        {"resolver_stub_zones": [{"name": "example.org"}]},
        "missing required arguments: addresses",
    ),
]
ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    *((role, {}) for role in ROLES),
    ("resolver", {"postfix_hostname": "mx1.example.org"}),
    ("postfix", {"postfix_mynetworks": ["192.0.2.0/24"], "postfix_allow_insecure": ["mynetworks"]}),
    ("dovecot", {"dovecot_settings": {"ssl": "no"}, "dovecot_allow_insecure": ["ssl"]}),
    ("opendkim", {"opendkim_settings": {"Mode": "sv"}, "opendkim_allow_insecure": ["Mode"]}),
    (
        "postfix",
        {
            "postfix_settings": {"smtpd_tls_auth_only": False},
            "postfix_allow_insecure": ["smtpd_tls_auth_only"],
        },
    ),
    (
        "resolver",
        {
            "resolver_settings": {"access-control": "::/0 allow"},
            "resolver_allow_insecure": ["access-control"],
        },
    ),
    (
        "resolver",
        {
            "resolver_interfaces": ["127.0.0.1", "192.0.2.53"],
            "resolver_allow_insecure": ["interface"],
        },
    ),
]


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The message of each case; empty where nothing was refused."""
    folder = tmp_path_factory.mktemp("refusals")
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "case_results": str(folder / "messages.json"),
    }
    cases = {
        f"{kind}{number}": {"case_role": case[0], **case[1]}
        for kind, found in (("refused", REFUSED), ("invalid", INVALID), ("accepted", ACCEPTED))
        for number, case in enumerate(found)
    }
    inventory = folder / "inventory.json"
    inventory.write_text(
        json.dumps({"all": {"hosts": cases, "vars": {**VALID, **common}}}), encoding="utf-8"
    )
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    argv = [
        Path(sys.executable).with_name("ansible-playbook"),
        "-i",
        inventory,
        HERE / "preflight.yml",
    ]
    done = subprocess.run(
        argv,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    found: dict[str, str] = json.loads((folder / "messages.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    "number",
    range(len(REFUSED)),
    ids=[f"{role}: {words[:50]}" for role, _settings, words in REFUSED],
)
def test_role_with_a_setting_that_opens_the_host_refuses_it_in_one_sentence(
    messages: dict[str, str], number: int
) -> None:
    message = messages[f"refused{number}"]
    assert REFUSED[number][2] in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    "number",
    range(len(INVALID)),
    ids=[f"{role}: {words[:50]}" for role, _settings, words in INVALID],
)
def test_role_with_input_outside_its_specification_refuses_it(
    messages: dict[str, str], number: int
) -> None:
    assert INVALID[number][2] in messages[f"invalid{number}"]


@pytest.mark.parametrize(
    "number",
    range(len(ACCEPTED)),
    ids=[f"{role}: {', '.join(settings) or 'valid'}" for role, settings in ACCEPTED],
)
def test_role_with_valid_or_acknowledged_settings_accepts_them(
    messages: dict[str, str], number: int
) -> None:
    assert messages[f"accepted{number}"] == ""
