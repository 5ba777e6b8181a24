# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the roles refuse before they write anything: real runs of their preflight, each case a host of one playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ROLES = sorted(path.name for path in ROOT.glob("roles/*") if path.is_dir())
PASSWORD = "fjord-Kelvin-29-mosaic"
SOUND = {
    "mail_hostname": "mx1.example.org",
    "mail_domains": ["example.org"],
    "mail_users": [{"address": "alice@example.org", "password": PASSWORD}],
    # Files that are there; nobody reads them.
    "mail_certificate_file": str(HERE.parent / "conftest.py"),
    "mail_certificate_key_file": __file__,
}


def user(**settings: str) -> dict[str, Any]:
    return {"mail_users": [{"address": "alice@example.org", **settings}]}


#: Role, settings beside sound ones, and the words that the refusal has to hold.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *((role, {"case_distribution": "Ubuntu"}, "runs Ubuntu 13") for role in ROLES),
    ("certificate", {"mail_hostname": "mx1"}, "certificate_hostname (by default mail_hostname) is 'mx1', which is not fully qualified"),
    ("certificate", {"certificate_provider": "files", "certificate_source_key_file": "/k"}, "either certificate_source_file or"),
    ("certificate", {"certificate_provider": "files", "certificate_source_file": "/c"}, "either certificate_source_key_file or"),
    ("certificate", {"mail_certificate_file": "/a/x.pem", "mail_certificate_key_file": "/b/x.pem"}, "the same base name"),
    ("certificate", {"certificate_renew_days": 365}, "every run would issue a new certificate"),
    ("resolver", {"resolver_interfaces": ["0.0.0.0"]}, "resolver_interfaces is 0.0.0.0, but this resolver answers on loopback"),
    ("resolver", {"resolver_settings": {"access-control": "0.0.0.0/0 allow"}}, "resolver_settings sets access-control"),
    ("opendkim", {"mail_domains": []}, "opendkim_domains (by default mail_domains) is empty"),
    ("opendkim", {"mail_domains": ["Example"]}, "holds 'Example', which is no fully qualified name"),
    ("opendkim", {"opendkim_selector": "a.b"}, "opendkim_selector is 'a.b', which cannot be part of a name"),
    ("opendkim", {"opendkim_settings": {"InternalHosts": "0.0.0.0/0"}}, "opendkim_settings replaces InternalHosts"),
    ("spamassassin", {"spamassassin_required_score": 0.0}, "all mail would be spam"),
    ("spamassassin", {"spamassassin_reject_score": 4}, "nothing would reach Junk"),
    ("spamassassin", {"spamassassin_trusted_networks": ["0.0.0.0/0"]}, "every sender would be believed"),
    ("spamassassin", {"spamassassin_trusted_networks": ["::/0"]}, "every sender would be believed"),
    ("spamassassin", {"spamassassin_max_children": 0}, "no mail would be looked at"),
    ("dovecot", {"mail_hostname": "mx1"}, "dovecot_hostname (by default mail_hostname) is 'mx1', which is not fully qualified"),
    ("dovecot", {"mail_domains": []}, "dovecot_domains (by default mail_domains) is empty"),
    ("dovecot", {"mail_users": [{"address": "alice", "password": PASSWORD}]}, "holds alice, which is no mail address"),
    ("dovecot", {"mail_users": [{"address": "a@example.com", "password": PASSWORD}]}, "whose domain is not in dovecot_domains"),
    ("dovecot", {"mail_users": SOUND["mail_users"] * 2}, "holds an address twice"),
    ("dovecot", {"dovecot_quota": "plenty"}, "is no size"),
    ("dovecot", {"dovecot_settings": {"ssl": "no"}}, "dovecot_settings replaces ssl, which keeps this host closed"),
    ("dovecot", user(password="alice2026"), "fewer than 12 characters"),
    ("dovecot", user(), "alice@example.org"),
    ("dovecot", user(password_hash="{PLAIN}" + PASSWORD), "alice@example.org"),
    ("postfix", {"mail_hostname": "mx1"}, "postfix_hostname (by default mail_hostname) is 'mx1', which is not fully qualified"),
    ("postfix", {"mail_domains": []}, "postfix_domains (by default mail_domains) is []"),
    ("postfix", {"mail_users": [{"address": "Alice@example.org"}]}, "postfix_users has Alice@example.org"),
    ("postfix", {"mail_aliases": [{"address": "a@example.com", "to": ["b@example.org"]}]}, "postfix_aliases has a@example.com"),
    ("postfix", {"mail_aliases": [{"address": "a@example.org", "to": ["root"]}]}, "postfix_aliases delivers to root"),
    ("postfix", {"mail_aliases": [{"address": "a@example.org", "to": []}]}, "postfix_aliases delivers to nobody"),
    ("postfix", {"mail_aliases": [{"address": "alice@example.org", "to": ["b@example.org"]}]}, "name an address twice"),
    ("postfix", {"mail_users": []}, "every host must take mail to its postmaster"),
    ("postfix", {"postfix_mynetworks": ["127.0.0.0/8", "192.0.2.0/24"]}, "goes beyond loopback with 192.0.2.0/24"),
    ("postfix", {"postfix_mynetworks": ["0.0.0.0/0"]}, "goes beyond loopback with 0.0.0.0/0"),
    ("postfix", {"postfix_mynetworks": ["127.0.0.0/1"]}, "goes beyond loopback with 127.0.0.0/1"),
    ("postfix", {"postfix_mx_restrictions": ["permit"]}, "postfix_mx_restrictions has permit, which does not refuse"),
    ("postfix", {"postfix_settings": {"smtpd_relay_restrictions": "permit"}}, "sets smtpd_relay_restrictions = permit, which would open"),
    ("postfix", {"postfix_settings": {"smtpd_tls_auth_only": False}}, "sets smtpd_tls_auth_only = no, which would open the host"),
    ("postfix", {"postfix_settings": {"mynetworks": "0.0.0.0/0"}}, "sets mynetworks = 0.0.0.0/0, which would open the host"),
    ("postfix", {"postfix_settings": {"milter_default_action": "accept"}}, "sets milter_default_action = accept, which would open"),
    ("postfix", {"mail_certificate_key_file": "/nonexistent/key"}, "/nonexistent/key does not exist; run the role"),
]  # fmt: skip
TAKEN: list[tuple[str, dict[str, Any]]] = [
    *((role, {}) for role in ROLES),
    ("postfix", {"postfix_mynetworks": ["192.0.2.0/24"], "postfix_mynetworks_acknowledged": True}),
    ("dovecot", {"dovecot_settings": {"ssl": "no"}, "dovecot_weakened": ["ssl"]}),
    ("opendkim", {"opendkim_settings": {"Mode": "sv"}, "opendkim_weakened": ["Mode"]}),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each case was told; empty where nothing was refused."""
    folder = tmp_path_factory.mktemp("refusals")
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "case_results": str(folder / "said.json")}
    cases = {f"refused{number}": {"case_role": role, **settings} for number, (role, settings, _words) in enumerate(REFUSED)}
    cases.update({f"taken{number}": {"case_role": role, **settings} for number, (role, settings) in enumerate(TAKEN)})
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": cases, "vars": {**SOUND, **common}}}), encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    argv = [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, HERE / "preflight.yml"]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", env=environment, stdin=subprocess.DEVNULL, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    found: dict[str, str] = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[f"{role}: {words[:50]}" for role, _settings, words in REFUSED])
def test_a_setting_that_would_open_the_host_is_refused_in_one_sentence(said: dict[str, str], number: int) -> None:
    sentence = said[f"refused{number}"]
    assert REFUSED[number][2] in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("number", range(len(TAKEN)), ids=[f"{role}: {', '.join(settings) or 'sound'}" for role, settings in TAKEN])
def test_sound_and_acknowledged_settings_are_taken(said: dict[str, str], number: int) -> None:
    assert said[f"taken{number}"] == ""
