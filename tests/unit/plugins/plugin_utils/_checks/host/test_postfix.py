# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Postfix's own parameters: each finding shows the one that decided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
    postfix,
)

MAPS, MISMATCH = "smtpd_sender_login_maps", "reject_sender_login_mismatch"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtpd_authorized_xclient_hosts", "203.0.113.0/28"),
        ("smtpd_authorized_xforward_hosts", "all.example.net"),
        ("smtpd_upstream_proxy_protocol", "haproxy"),
    ],
)
def test_xclient_hosts_trusted_shows_the_parameter(name: str, value: str) -> None:
    [item] = findings("xclient_hosts_trusted", postfix({"smtp/inet": {name: value}}))
    assert (item.status, decisive_text(item)) == (FAIL, [f"smtp/inet: {name} = {value}"])


def test_xclient_hosts_trusted_passes_on_loopback() -> None:
    facts = postfix({"127.0.0.1:26/inet": {"smtpd_upstream_proxy_protocol": "haproxy"}})
    assert findings("xclient_hosts_trusted", facts)[0].status == PASS


@pytest.mark.parametrize(
    ("maps", "restrictions", "status", "line"),
    [
        ("", f"{MISMATCH}, permit_sasl_authenticated", FAIL, f"{MAPS} = "),
        (
            "hash:/m",
            f"permit_sasl_authenticated, {MISMATCH}",
            FAIL,
            f"smtpd_sender_restrictions = permit_sasl_authenticated, {MISMATCH}",
        ),
        ("hash:/m", "", FAIL, "smtpd_sender_restrictions = "),
        (
            "hash:/m",
            f"warn_if_reject {MISMATCH}, permit_sasl_authenticated",
            FAIL,
            f"smtpd_sender_restrictions = warn_if_reject {MISMATCH}, permit_sasl_authenticated",
        ),
        (
            "hash:/m",
            f"check_sender_access mysql:/x, {MISMATCH}",
            UNKNOWN,
            f"smtpd_sender_restrictions = check_sender_access mysql:/x, {MISMATCH}",
        ),
        ("hash:/m", MISMATCH.title(), PASS, f"smtpd_sender_restrictions = {MISMATCH.title()}"),
        ("hash:/m", MISMATCH, PASS, f"smtpd_sender_restrictions = {MISMATCH}"),
    ],
)
def test_senders_bound_shows_the_parameter(
    maps: str, restrictions: str, status: str, line: str
) -> None:
    parameters = {
        "smtpd_sasl_auth_enable": "yes",
        MAPS: maps,
        "smtpd_sender_restrictions": restrictions,
    }
    [item] = findings("senders_bound", postfix({"submission/inet": parameters}))
    assert (item.status, decisive_text(item)[0]) == (status, f"submission/inet: {line}")


@pytest.mark.parametrize(("level", "status"), [("0", FAIL), ("1", FAIL), ("3.6", PASS)])
def test_postfix_defaults_shows_the_level(level: str, status: str) -> None:
    [item] = findings("postfix_defaults", postfix(compatibility_level=level))
    line = f"main.cf: compatibility_level = {level}"
    assert (item.status, decisive_text(item)) == (status, [line])


@pytest.mark.parametrize(
    ("source", "compiled", "status"), [(2, 1, FAIL), (1, None, FAIL), (1, 2, PASS), (None, 2, PASS)]
)
def test_tables_compiled_shows_both_times(
    source: int | None, compiled: int | None, status: str
) -> None:
    facts = postfix()
    facts["postfix"]["tables"] = {
        "hash:/t": {"path": "/t", "source_mtime": source, "mtime": compiled}
    }
    [item] = findings("tables_compiled", facts)
    line = f"/t: written {source}, compiled {compiled}"
    assert (item.status, decisive_text(item)) == (status, [line])
