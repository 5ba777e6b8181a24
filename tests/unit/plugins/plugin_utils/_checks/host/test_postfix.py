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


XCLIENT, XFORWARD = "smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts"
PROXY = "smtpd_upstream_proxy_protocol"
IDENTITY = "to state another client's identity"


@pytest.mark.parametrize(
    ("values", "status", "sentence", "decisive"),
    [
        ({}, PASS, "No external client can state another client's identity.", [XCLIENT, XFORWARD]),
        (
            {XCLIENT: "$mynetworks localhost 127.0.0.1 192.0.2.25", XFORWARD: "10.1.0.0/16"},
            PASS,
            "No external client can state another client's identity.",
            [XCLIENT, XFORWARD],
        ),
        (
            {XCLIENT: "ldap:/a", XFORWARD: "hash:/names, 127.0.0.1"},
            UNKNOWN,
            "Not read: ldap:/a, hash:/names host.example.",
            [XCLIENT, XFORWARD],
        ),
        (
            {XCLIENT: "ldap:/a, 203.0.113.8 host.example", XFORWARD: "203.0.113.9"},
            FAIL,
            (
                f"{XCLIENT} permits 203.0.113.8/32, host.example {IDENTITY}; "
                f"{XFORWARD} permits 203.0.113.9/32 {IDENTITY}."
            ),
            [XCLIENT, XFORWARD],
        ),
        (
            {XFORWARD: "ldap:/a", XCLIENT: "static:x"},
            FAIL,
            f"{XCLIENT} permits 0.0.0.0/0, ::/0 {IDENTITY}.",
            [XCLIENT],
        ),
        (
            {PROXY: "haproxy"},
            FAIL,
            f"Every client can send a PROXY header ({PROXY} = haproxy).",
            [PROXY],
        ),
    ],
)
def test_xclient_hosts_trusted_says_who_states_an_identity(
    values: dict[str, str], status: str, sentence: str, decisive: list[str]
) -> None:
    facts = postfix({"smtp/inet": values})
    facts["postfix"]["tables"] = {"hash:/names": {"rows": [["host.example", "x"]]}}
    [item] = findings("xclient_hosts_trusted", facts, trusted_networks=["10.0.0.0/8"])
    assert (item.status, item.sentence, item.subject) == (status, sentence, "postfix smtp/inet")
    lines = [f"smtp/inet: {name} = {values.get(name, '')}" for name in decisive]
    assert decisive_text(item) == lines
    shown = [XCLIENT, XFORWARD, *([PROXY] if PROXY in values else [])]
    assert [text for _mark, text in item.transcript] == [
        f"smtp/inet: {name} = {values.get(name, '')}" for name in shown
    ]


def test_xclient_hosts_trusted_judges_each_listener() -> None:
    services = {"smtp/inet": {XCLIENT: "ldap:/a"}, "587/inet": {XCLIENT: "203.0.113.8"}}
    services |= {"127.0.0.1:26/inet": {}}
    found = findings("xclient_hosts_trusted", postfix(services))
    assert [(item.status, item.subject) for item in found] == [
        (FAIL, "postfix 587/inet"),
        (UNKNOWN, "postfix smtp/inet"),
        (PASS, "postfix 127.0.0.1:26/inet"),
    ]


def test_xclient_hosts_trusted_is_unknown_where_postfix_was_not_read() -> None:
    [item] = findings("xclient_hosts_trusted", {"postfix": {}})
    assert (item.status, item.subject) == (UNKNOWN, "postfix")
