# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No secret is in what is read; what cannot be read is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import reader
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mysql_password", SECRET),
        ("ldap_bind_pw", SECRET),
        ("smtp_sasl_password_maps", "static:user:" + SECRET),
        ("smtp_sasl_password_maps", f"inline:{{ {{example.org=user:{SECRET}}} }}"),
        ("connect", "host=localhost dbname=mail user=mail password=" + SECRET),
        ("args", f"password={SECRET} uid=vmail"),
        ("args", "nopassword=y pass=" + SECRET),
        ("oauth2_introspection_url", f"https://client:{SECRET}@sso.example.org/"),
        ("doveadm_api_key", SECRET),
        ("auth_policy_hash_nonce", SECRET),
        ("auth_policy_server_api_header", "Authorization: Basic " + SECRET),
        ("ssl_key", f"-----BEGIN PRIVATE KEY-----\n{SECRET}"),
        ("redis-server-password", SECRET),
        ("user_scores_sql_password", SECRET),
        ("bayes_sql_dsn", "DBI:mysql:x;password=" + SECRET),
    ],
)
def test_without_secrets_hides_a_secret(name: str, value: str) -> None:
    assert SECRET not in reader.without_secrets(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_sasl_password_maps", "hash:/etc/postfix/sasl_passwd"),
        ("passdb/default_password_scheme", "ARGON2ID"),
        ("ssl_key", "</etc/ssl/mail/privkey.pem"),
        ("auth_debug_passwords", "no"),
        ("smtpd_tls_key_file", "/etc/ssl/mail/privkey.pem"),
        ("args", "scheme=ARGON2ID username_format=%u /etc/dovecot/users"),
    ],
)
def test_without_secrets_leaves_other_values(name: str, value: str) -> None:
    assert reader.without_secrets(name, value) == value


def test_host_notes_what_cannot_be_read(tmp_path: Path) -> None:
    host = reader.Host(run)
    gone = tmp_path / "gone"
    assert (host.read(str(gone)), host.about(str(gone)), host.read(str(tmp_path))) == (
        None,
        None,
        None,
    )
    assert host.missing == {
        str(gone): "No such file or directory",
        str(tmp_path): "is no regular file",
    }
    assert host.run("false") is None
    assert host.run("no-such-program") is None
    assert (host.missing["false"], host.missing["no-such-program"]) == (
        "ended with 1",
        "there is no such program",
    )


def test_directives_leaves_out_comments() -> None:
    assert reader.directives("a 1 # x\n# b 2\nc\n") == [("a", "1"), ("c", "")]


def test_assignments_hides_secrets() -> None:
    assert reader.assignments(f"a = 1\nx_password = {SECRET}\nb\n") == {
        "a": "1",
        "x_password": reader.HIDDEN,
    }
