# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What listens is compared with what was reached; each finding shows the socket and the reply."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    ADDRESS,
    ADDRESS6,
    decisive_text,
    findings,
    observation,
)

GREETING = [["S", "220 mx1 ESMTP"], ["C", "QUIT"]]
REFUSED = {"kind": "connect_refused", "text": "connection refused"}


def socket(port: int, address: str = "::") -> dict[str, t.Any]:
    return {"address": address, "port": port, "process": "master"}


def reached(address: str = ADDRESS) -> dict[str, t.Any]:
    facts = {"greeting": {"code": 220, "enhanced": "", "text": "mx1 ESMTP"}}
    return observation(
        "smtp_session", "smtp", address=address, port=25, facts=facts, transcript=GREETING
    )


def refused(address: str = ADDRESS, service: str = "smtp", port: int = 25) -> dict[str, t.Any]:
    transcript = [["*", "connection refused"]]
    return observation(
        "smtp_session", service, address=address, port=port, error=REFUSED, transcript=transcript
    )


@pytest.mark.parametrize(
    ("listeners", "seen", "status", "lines"),
    [
        (
            [socket(25)],
            [reached()],
            PASS,
            ["220 mx1 ESMTP", "listens: :: port 25, process master"],
        ),
        ([socket(22)], [reached()], FAIL, ["220 mx1 ESMTP"]),
        (
            [socket(25), socket(587)],
            [refused(service="submission", port=587), reached()],
            FAIL,
            ["connection refused", "listens: :: port 587, process master"],
        ),
        (
            [socket(25)],
            [reached(), refused(ADDRESS6), refused(ADDRESS6, "submission", 587)],
            PASS,
            ["220 mx1 ESMTP", "listens: :: port 25, process master"],
        ),
    ],
)
def test_listeners_reachable_shows_socket_and_reply(
    listeners: list[dict[str, t.Any]],
    seen: list[dict[str, t.Any]],
    status: str,
    lines: list[str],
) -> None:
    worst = findings("listeners_reachable", {"listeners": listeners}, seen)
    shown = [decisive_text(item) for item in worst if item.status == status]
    assert lines in shown


def test_listeners_reachable_by_one_address_family_only_fails() -> None:
    seen = [reached(), refused(ADDRESS6)]
    other = observation(
        "mailstore_session", "imaps", address=ADDRESS6, port=993, facts={"greeting": "OK"}
    )
    listeners = [socket(25), socket(993)]
    item = findings("listeners_reachable", {"listeners": listeners}, [*seen, other])[0]
    assert (item.status, item.address) == (FAIL, ADDRESS6)
    assert "only IPv4 reaches it" in item.sentence
    assert decisive_text(item) == ["connection refused", "listens: :: port 25, process master"]


@pytest.mark.parametrize(
    ("facts", "status", "line"),
    [
        (
            {"listeners": [socket(783, "0.0.0.0")]},
            FAIL,
            "listens: 0.0.0.0 port 783, process master",
        ),
        (
            {
                "listeners": [socket(25)],
                "spamassassin": {"spamd": ["-i", "-A", "10.0.0.0/8,127.0.0.1"]},
            },
            FAIL,
            "spamd -i -A 10.0.0.0/8,127.0.0.1",
        ),
        (
            {"listeners": [socket(53, "127.0.0.1")]},
            PASS,
            "listens: 127.0.0.1 port 53, process master",
        ),
    ],
)
def test_backends_not_exposed_shows_the_socket(
    facts: dict[str, t.Any], status: str, line: str
) -> None:
    [item] = findings("backends_not_exposed", facts)
    assert (item.status, decisive_text(item)) == (status, [line])


@pytest.mark.parametrize(("source", "status"), [(ADDRESS, PASS), ("198.51.100.99", FAIL)])
def test_egress_addresses_match_shows_the_source(source: str, status: str) -> None:
    asked = observation("dns", "dns", params={"name": "example.org", "type": "MX", "trusted": True})
    [item] = findings("egress_addresses_match", {"egress": {"ipv4": source}}, [asked])
    line = f"source of outgoing mail: {source}"
    assert (item.status, decisive_text(item)) == (status, [line])


@pytest.mark.parametrize(
    ("interface", "statuses"),
    [
        ("192.0.2.25", [PASS]),
        ("<; 198.51.100.9 ; 2001:db8::25", [FAIL, PASS]),
        ("${lookup{$sender_address_domain}lsearch{/etc/ips}}", [UNKNOWN]),
    ],
)
def test_egress_addresses_match_reads_the_interface_of_exim(
    interface: str, statuses: list[str]
) -> None:
    asked = observation("dns", "dns", params={"name": "example.org", "type": "MX", "trusted": True})
    facts = {"egress": {"ipv4": "198.51.100.7"}, "exim": {"interfaces": [interface]}}
    found = findings("egress_addresses_match", facts, [asked])
    assert [item.status for item in found] == statuses
