# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""TLS by configuration: each finding shows the setting that decided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import tls
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
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
        ("", "SSLv3"),
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
        (
            dovecot(disable_plaintext_auth="no"),
            FAIL,
            "dovecot.conf: disable_plaintext_auth = no",
        ),
        (dovecot(auth_allow_cleartext="yes"), FAIL, "dovecot.conf: auth_allow_cleartext = yes"),
        (
            dovecot(login_trusted_networks="10.0.0.0/8"),
            FAIL,
            "dovecot.conf: login_trusted_networks = 10.0.0.0/8",
        ),
        (dovecot(), PASS, "dovecot.conf: ssl = required"),
    ],
)
def test_passwords_need_tls_shows_the_setting(
    facts: dict[str, t.Any], status: str, line: str
) -> None:
    [item] = findings("passwords_need_tls", facts)
    assert (item.status, decisive_text(item)[0]) == (status, line)
