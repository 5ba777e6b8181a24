# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No secret is in what is stored, however it is written."""

from __future__ import annotations

import base64
import json
import quopri
import typing as t
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    dovecot,
    exim,
    postfix,
    reader,
    redaction,
    spamassassin,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET


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
        ("dnpass", SECRET),
        ("note", f'password="my {SECRET} word" host=x'),
        ("note", f"password='my {SECRET} word'"),
        ("note", f'password="my {SECRET} wo'),
        ("note", f"password=my {SECRET} word host=x"),
        ("note", f"password=a,{SECRET};b}}c"),
        ("note", f'{{"password": "my {SECRET}"}}'),
        ("note", f"spamd --sql-password {SECRET} -x"),
        ("note", f"https://user:p@ss/{SECRET}@example.org/"),
        ("http_header", f"Authorization: Basic {SECRET}"),
        ("tsig_key", SECRET),
        ("db_pwd", SECRET),
        ("note", f"user=x pwd={SECRET}"),
        ("note", f"api-key: {SECRET}"),
        ("bayes_sql_dsn", "DBI:mysql:x;password=" + SECRET),
    ],
)
def test_without_secrets_hides_a_secret(name: str, value: str) -> None:
    assert SECRET not in redaction.without_secrets(name, value)


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
    assert redaction.without_secrets(name, value) == value


@pytest.mark.parametrize("shown", ["host=x", "(hidden)"])
def test_without_secrets_leaves_what_follows(shown: str) -> None:
    text = redaction.without_secrets("note", f"password='my {SECRET} word' host=x")
    assert text == "password=(hidden) host=x"
    assert shown in text


SYNTAXES = (
    "mysql_password = {}",
    "smtp_sasl_password_maps = static:user:{}",
    'connect = host=x password="{}" dbname=y',
    "user_scores_sql_password {}",
    "dnpass = {}",
    "-o x_token={}",
    "oauth_url = https://client:{}@sso.example.org/",
)
READERS: tuple[t.Callable[[str], t.Any], ...] = (
    reader.assignments,
    reader.directives,
    dovecot.flatten,
    exim.options,
    exim.lists,
    spamassassin.settings,
    postfix.master_services,
)
SPELLINGS: tuple[t.Callable[[str], str], ...] = (
    lambda secret: secret,
    lambda secret: f"x {secret} y",
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: base64.b64encode(f"\0user\0{secret}".encode()).decode(),
    lambda secret: base64.urlsafe_b64encode(f"u:{secret}".encode()).decode(),
    urllib.parse.quote,
    urllib.parse.quote_plus,
    lambda secret: "".join(f"%{octet:02x}" for octet in secret.encode()),
    lambda secret: quopri.encodestring(secret.encode()).decode(),
    lambda secret: "".join(f"={octet:02X}" for octet in secret.encode()),
    lambda secret: secret.encode().hex(),
    lambda secret: secret.upper(),
    lambda secret: secret.replace("-", "\\-"),
    lambda secret: "note " + secret[: (len(secret) + 1) // 2 + 1],
    lambda secret: secret[len(secret) // 2 - 1 :] + " note",
)
#: No quotes and no blanks at the ends: what a syntax needs them for is tried in the table above.
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9!#$%&*+./?^_~-]{10,24}[A-Za-z0-9]", fullmatch=True)


@given(WORDS, st.sampled_from(SYNTAXES))
def test_no_reader_returns_a_secret(secret: str, syntax: str) -> None:
    text = syntax.format(secret)
    for read in READERS:
        assert json.dumps(secret)[1:-1] not in json.dumps(read(text))


@given(WORDS, st.sampled_from(SYNTAXES), st.sampled_from(SPELLINGS))
def test_hidden_takes_a_secret_that_was_seen_out_of_every_text(
    secret: str, syntax: str, spelling: t.Callable[[str], str]
) -> None:
    secrets = redaction.Secrets()
    secrets.learn(syntax.format(secret))
    written = spelling(secret)
    found = secrets.hidden({"a": [written, {"b": f"set {written}"}], written: 1, "c": None})
    assert found["a"][0] == redaction.HIDDEN
    assert found["c"] is None
    assert redaction.HIDDEN in found


def test_hidden_knows_the_options_of_a_process() -> None:
    secrets = redaction.Secrets()
    secrets.learn(f"/usr/sbin/spamd\0--sql-password\0{SECRET}\0-x")
    options = ["--sql-password", SECRET, "-x"]
    assert secrets.hidden(options) == ["--sql-password", redaction.HIDDEN, "-x"]


@given(st.text())
def test_secrets_are_looked_for_in_any_text(text: str) -> None:
    secrets = redaction.Secrets()
    secrets.learn(f"x_password = {SECRET}\n{text}")
    assert SECRET not in json.dumps(secrets.hidden([text, SECRET, f"{text}{SECRET}"]))
    assert isinstance(redaction.without_secrets(text, text), str)
