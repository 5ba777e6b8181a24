# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Who logs in in a rehearsal, and where its mail is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.tests.unit.helpers.run_ansible import run_ansible

ROLES = Path(__file__).resolve().parents[3] / "roles"
COMMON = "common/vars/main.yml"
#: The settings of the roles postfix and dovecot, and whether a user logs in to each of the two.
CASES: list[tuple[dict[str, Any], dict[str, Any], tuple[bool, bool]]] = [
    ({}, {}, (True, True)),
    ({"message_size_limit": "20"}, {"mail_path": "~/mail"}, (True, True)),
    ({"virtual_mailbox_maps": "ldap:/etc/postfix/users"}, {}, (False, True)),
    ({"smtpd_sasl_path": "inet:192.0.2.1:12345"}, {}, (False, True)),
    ({}, {"passdb passwd-file": None, "passdb ldap": {"ldap_base": "dc=example"}}, (False, False)),
    ({}, {"userdb": {"driver": "passwd"}}, (False, False)),
]


@pytest.mark.parametrize("of_dovecot", [True, False])
def test_user_logs_in_where_the_users_are_known(of_dovecot: bool, tmp_path: Path) -> None:
    role = "dovecot" if of_dovecot else "postfix"
    given = {"mail_domains": ["example.org"], "postfix_milters": [], "dovecot_vmail_home": "/x"}
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars_files": [str(ROLES / name) for name in (f"{role}/vars/main/main.yml", COMMON)],
            "vars": {**given, "postfix_settings": postfix, "dovecot_settings": dovecot},
            "tasks": [
                {"ansible.builtin.set_fact": {"found": f"{{{{ __{role}_rehearsal }}}}"}},
                {"ansible.builtin.debug": {"msg": "USER {{ found.user is defined }}"}},
            ],
        }
        for postfix, dovecot, _logs_in in CASES
    ]
    (tmp_path / "play.yml").write_text(json.dumps(plays), encoding="utf-8")
    ended = run_ansible("playbook", "play.yml", folder=tmp_path)
    assert ended.returncode == 0, ended.stdout
    found = [line.split()[-1].strip('"') for line in ended.stdout.splitlines() if "USER" in line]
    assert found == [str(logs_in[of_dovecot]) for *_settings, logs_in in CASES]


@pytest.mark.parametrize("role", ["dovecot", "postfix"])
def test_no_mail_of_a_rehearsal_stays_where_the_settings_put_it(role: str, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"mail_path": "~/mail", "mail_home": None}, []),
        ({"mail_path": "/srv/mail/%{user | domain}/m-%{user}"}, ["/srv/mail"]),
        ({"mail_location": "maildir:/srv/m/u-%u:INDEX=/var/idx/%u"}, ["/srv/m", "/var/idx"]),
        ({"mail_home": "/srv/home/%u", "mail_index_path": "/idx"}, ["/srv/home", "/idx"]),
        ({"mail_path": "/proc/%{user}"}, []),
    ]
    given = {"mail_domains": ["example.org"], "postfix_milters": [], "dovecot_vmail_home": "/x"}
    found = {"dovecot": "__dovecot_rehearsal.empty", "postfix": "__postfix_guest.empty"}[role]
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars_files": [str(ROLES / name) for name in (f"{role}/vars/main/main.yml", COMMON)],
            "vars": {**given, "dovecot_settings": settings, "wanted": ["/x", *folders]},
            "tasks": [
                {"ansible.builtin.assert": {"that": f"{found}[-{len(folders) + 1}:] == wanted"}}
            ],
        }
        for settings, folders in cases
    ]
    (tmp_path / "play.yml").write_text(json.dumps(plays), encoding="utf-8")
    ended = run_ansible("playbook", "play.yml", folder=tmp_path)
    assert ended.returncode == 0, ended.stdout
