# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS by configuration: each finding shows the setting that decided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import tls
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    ADDRESS,
    decisive_text,
    findings,
    postfix,
)

PROTOCOLS = {"smtpd_tls_protocols": ">=TLSv1.2", "smtpd_tls_mandatory_protocols": ">=TLSv1.2"}


def dovecot(**defaults: str) -> dict[str, t.Any]:
    known = {"ssl": "required", "ssl_min_protocol": "TLSv1.2", **defaults}
    return {"dovecot": {"settings": {}, "defaults": known, "passwords": {}}}


@pytest.mark.parametrize(
    ("protocols", "version"),
    [
        (">=TLSv1.2", "TLSv1.2"),
        (">=TLSv1, <=TLSv1.3", "TLSv1"),
        ("!SSLv2, !SSLv3, !TLSv1, !TLSv1.1", "TLSv1.2"),
        ("!SSLv2, !SSLv3", "TLSv1"),
        ("TLSv1.2, TLSv1.3", "TLSv1.2"),
        ("!SSLv2:!SSLv3:!TLSv1:!TLSv1.1", "TLSv1.2"),
        ("!SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2, !TLSv1.3", "TLSv1.3"),
        ("", "SSLv3"),
        (">=tlsv1, <=TLSV1.3", "TLSv1"),
        ("!sslv3, !TLSV1, !tlsv1.1", "TLSv1.2"),
        ("TLSV1.3", "TLSv1.3"),
        (">=0300", "SSLv3"),
        (">=0301", "TLSv1"),
        (">=301", "TLSv1"),
        (">=0x301", "TLSv1"),
        (">=2ff", "2ff"),
        (">=305", "305"),
        ("301", "SSLv3"),
        (">=0x0302", "TLSv1.1"),
        (">=0X0303", "TLSv1.2"),
        ("<=0304, >=0304", "TLSv1.3"),
        (">=tlsv9", "tlsv9"),
    ],
)
def test_oldest_version_of_a_list_of_protocols(protocols: str, version: str) -> None:
    assert tls.oldest_version(protocols) == version


@pytest.mark.parametrize(
    ("service", "changes", "line"),
    [
        ("smtp", {"smtpd_tls_security_level": "none"}, "smtpd_tls_security_level = none"),
        (
            "smtp",
            {"smtpd_tls_security_level": "may", "smtpd_tls_protocols": ">=TLSv1"},
            "smtpd_tls_protocols = >=TLSv1",
        ),
        ("submission", {"smtpd_tls_security_level": "may"}, "smtpd_tls_security_level = may"),
    ],
)
def test_tls_configured_shows_the_setting_that_is_too_weak(
    service: str, changes: dict[str, str], line: str
) -> None:
    facts = postfix({f"{service}/inet": {**PROTOCOLS, **changes}})
    [item] = findings("tls_configured", facts)
    assert (item.status, decisive_text(item)[0]) == (FAIL, f"{service}/inet: {line}")


def test_tls_configured_ignores_a_listener_on_loopback() -> None:
    facts = postfix({"127.0.0.1:10026/inet": {"smtpd_tls_security_level": "none"}})
    assert [item.status for item in findings("tls_configured", {**facts, **dovecot()})] == [PASS]


@pytest.mark.parametrize(
    ("name", "value"), [("ssl", "no"), ("ssl_min_protocol", "TLSv1"), ("ssl_min_protocol", "ANY")]
)
def test_tls_configured_shows_the_setting_of_dovecot(name: str, value: str) -> None:
    [item] = findings("tls_configured", dovecot(**{name: value}))
    assert (item.status, decisive_text(item)) == (FAIL, [f"dovecot.conf: {name} = {value}"])


@pytest.mark.parametrize(
    ("settings", "required"),
    [
        ({"smtpd_tls_security_level": "encrypt"}, True),
        ({"smtpd_tls_security_level": "fingerprint"}, True),
        ({"smtpd_tls_security_level": "verify"}, True),
        ({"smtpd_tls_security_level": "secure"}, True),
        ({"smtpd_tls_security_level": "may"}, False),
        ({"smtpd_tls_security_level": "may", "smtpd_enforce_tls": "yes"}, False),
        ({"smtpd_tls_security_level": "MAY", "smtpd_enforce_tls": "yes"}, False),
        ({"smtpd_tls_security_level": "Encrypt"}, True),
        ({"smtpd_tls_security_level": "VERIFY"}, True),
        ({"smtpd_tls_security_level": "", "smtpd_enforce_tls": "yes"}, True),
        ({"smtpd_tls_security_level": "", "smtpd_use_tls": "yes"}, False),
        ({"smtpd_tls_security_level": "may", "smtpd_tls_wrappermode": "yes"}, True),
    ],
)
def test_required_tls_takes_the_versions_of_mandatory_tls(
    settings: dict[str, str], required: bool
) -> None:
    protocols = {
        "smtpd_tls_protocols": ">=TLSv1.1",
        "smtpd_tls_mandatory_protocols": ">=TLSv1",
    }
    facts = postfix({"submission/inet": {**protocols, **settings}})
    [item] = findings("tls_configured", facts)
    assert item.status == FAIL
    line = (
        "smtpd_tls_mandatory_protocols = >=TLSv1" if required else "smtpd_tls_protocols = >=TLSv1.1"
    )
    assert decisive_text(item)[-1] == f"submission/inet: {line}"
    assert ("TLS is offered to users, but not required" in item.sentence) is not required
    facts = postfix({"submission/inet": {"smtpd_sasl_auth_enable": "yes", **settings}})
    [item] = findings("passwords_need_tls", facts)
    assert item.status == (PASS if required else FAIL)


ONLY_INSIDE_TLS = "AUTH is accepted inside TLS only."
BEFORE_TLS = "AUTH is accepted before TLS (smtpd_tls_auth_only = no)."


@pytest.mark.parametrize(
    ("auth_only", "status", "words"), [("no", FAIL, BEFORE_TLS), ("yes", PASS, ONLY_INSIDE_TLS)]
)
def test_passwords_need_tls_on_each_listener_that_takes_some(
    auth_only: str, status: str, words: str
) -> None:
    parameters = {
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_tls_auth_only": auth_only,
        "smtpd_tls_security_level": "may",
    }
    listeners = {
        "smtp/inet": {**parameters, "smtpd_sasl_auth_enable": "no"},
        "127.0.0.1:10026/inet": parameters,
        "submission/inet": parameters,
    }
    [item] = findings("passwords_need_tls", postfix(listeners))
    assert (item.status, item.subject) == (status, "postfix submission/inet")
    assert item.sentence == words
    assert decisive_text(item) == [
        f"submission/inet: smtpd_tls_auth_only = {auth_only}",
        "submission/inet: smtpd_tls_security_level = may",
    ]


@pytest.mark.parametrize(
    ("facts", "status", "line"),
    [
        (
            postfix({"smtp/inet": {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_auth_only": "no"}}),
            FAIL,
            "smtp/inet: smtpd_tls_auth_only = no",
        ),
        (
            postfix({"smtp/inet": {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_auth_only": "yes"}}),
            PASS,
            "smtp/inet: smtpd_tls_auth_only = yes",
        ),
    ],
)
def test_passwords_need_tls_shows_the_setting(
    facts: dict[str, t.Any], status: str, line: str
) -> None:
    [item] = findings("passwords_need_tls", facts)
    assert (item.status, decisive_text(item)[0]) == (status, line)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        (
            "disable_plaintext_auth",
            "no",
            "Dovecot accepts passwords in cleartext (disable_plaintext_auth = no).",
        ),
        (
            "auth_allow_cleartext",
            "yes",
            "Dovecot accepts passwords in cleartext (auth_allow_cleartext = yes).",
        ),
        (
            "login_trusted_networks",
            "10.0.0.0/8 127.0.0.1 198.51.100.7",
            "login_trusted_networks permits cleartext logins from 10.0.0.0/8, 198.51.100.7/32.",
        ),
    ],
)
def test_passwords_need_tls_shows_the_setting_of_dovecot(
    setting: str, value: str, words: str
) -> None:
    facts = dovecot(**{setting: value})
    facts["dovecot"]["settings"][setting] = value
    [item] = findings("passwords_need_tls", facts)
    assert (item.status, item.subject, item.sentence) == (FAIL, "dovecot", words)
    assert decisive_text(item) == [f"dovecot.conf: {setting} = {value}"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"disable_plaintext_auth": "yes", "auth_allow_cleartext": "no"},
        {"login_trusted_networks": "127.0.0.0/8 ::1 192.0.2.25"},
    ],
)
def test_passwords_need_tls_shows_what_dovecot_was_asked_for(settings: dict[str, str]) -> None:
    [item] = findings("passwords_need_tls", dovecot(**settings))
    shown = ["ssl = required", *(f"{name} = {value}" for name, value in settings.items())]
    assert (item.status, item.subject) == (PASS, "dovecot")
    assert item.sentence == "Dovecot accepts passwords inside TLS only."
    assert decisive_text(item) == [f"dovecot.conf: {line}" for line in shown]


REMOTE = "203.0.113.0/24"


@pytest.mark.parametrize(
    ("section", "status"),
    [
        (f"remote {REMOTE}", FAIL),
        (f"local {ADDRESS}", FAIL),
        ("protocol imap", FAIL),
        (f"remote 127.0.0.0/8 {REMOTE}", FAIL),
        ("remote 127.0.0.1, host.example.org", FAIL),
        ("remote host.example.org", FAIL),
        ("local 127.0.0.1", FAIL),
        ("remote", FAIL),
        ("remote 127.0.0.0/8", PASS),
        (f"remote {ADDRESS}", PASS),
        ("remote 10.1.0.0/16", PASS),
        ("remote 127.0.0.1 ::1", PASS),
    ],
)
@pytest.mark.parametrize(
    ("setting", "value"), [("disable_plaintext_auth", "no"), ("auth_allow_cleartext", "yes")]
)
def test_passwords_need_tls_reads_the_sections_of_dovecot(
    section: str, status: str, setting: str, value: str
) -> None:
    facts = dovecot()
    facts["dovecot"]["settings"] = {
        "ssl": "required",
        "remote 198.51.100.0/24/ssl": "no",
        f"{section}/{setting}": value,
    }
    [item] = findings("passwords_need_tls", facts, trusted_networks=["10.0.0.0/8"])
    assert item.status == status
    if status == FAIL:
        words = f"Dovecot accepts passwords in cleartext in {section} ({setting} = {value})."
        assert item.sentence == words
        assert decisive_text(item) == [f"dovecot.conf: {section}/{setting} = {value}"]


def test_passwords_need_tls_names_every_section_of_dovecot() -> None:
    facts = dovecot()
    sections = ["protocol imap", "remote 127.0.0.1", "protocol pop3"]
    facts["dovecot"]["settings"] = {
        f"{section}/auth_allow_cleartext": "yes" for section in sections
    }
    [item] = findings("passwords_need_tls", facts)
    assert decisive_text(item) == [
        "dovecot.conf: protocol imap/auth_allow_cleartext = yes",
        "dovecot.conf: protocol pop3/auth_allow_cleartext = yes",
    ]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"doveconf -a": "ended with 89", "postconf": "gone"}, "doveconf -a (ended with 89)"),
        ({}, "dovecot"),
    ],
)
def test_passwords_need_tls_of_an_unread_dovecot_is_unknown(
    missing: dict[str, str], words: str
) -> None:
    unread = {"settings": {}, "defaults": {}, "passwords": {}}
    [item] = findings("passwords_need_tls", {"dovecot": unread, "missing": missing})
    assert (item.status, item.subject) == (UNKNOWN, "dovecot")
    assert item.sentence == f"Not read: {words}."


@pytest.mark.parametrize("level", ["none", "NONE", "None"])
def test_a_level_of_none_is_read_without_case(level: str) -> None:
    facts = postfix({"smtp/inet": {"smtpd_tls_security_level": level, **PROTOCOLS}})
    [found] = findings("tls_configured", facts)
    assert (found.status, found.sentence) == (FAIL, "TLS is disabled (smtpd_tls_security_level).")


def test_an_old_version_is_found_in_any_way_of_writing() -> None:
    level = {"smtpd_tls_security_level": "May", "smtpd_tls_protocols": ">=0301"}
    [found] = findings("tls_configured", postfix({"smtp/inet": level}))
    assert found.sentence.startswith("smtpd_tls_protocols permits TLSv1;")
