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


BACKENDS_ON_LOOPBACK = "Backends listen on loopback or on Unix sockets only."


def listens(port: int, address: str, process: str = "master") -> tuple[str, str]:
    return "*", f"listens: {address} port {port}, process {process}"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.25", "::ffff:192.0.2.25"])
def test_backend_beyond_loopback_fails(address: str) -> None:
    listeners = [socket(25), socket(53, "127.0.0.1"), socket(783, address)]
    [item] = findings("backends_not_exposed", {"listeners": listeners})
    assert (item.status, item.subject) == (FAIL, "port 783")
    assert item.sentence.startswith("spamd listens beyond loopback, so only a firewall")
    assert item.transcript == (listens(783, address),)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1"])
def test_backend_on_loopback_passes(address: str) -> None:
    listeners = [socket(25), socket(53, address), {**socket(783, address), "process": ""}]
    [item] = findings("backends_not_exposed", {"listeners": listeners})
    assert (item.status, item.sentence, item.subject) == (PASS, BACKENDS_ON_LOOPBACK, "")
    assert item.transcript == (listens(53, address), listens(783, address, "unknown"))


@pytest.mark.parametrize(
    ("options", "clients"),
    [
        ("-i -A 10.0.0.0/8,127.0.0.1", "10.0.0.0/8"),
        ("-i --allowed-ips 192.0.2.0/24,::1,10.", "192.0.2.0/24, 10."),
        ("-A 127.0.0.1 --allowed-ips=192.0.2.1,2001:db8::/32", "192.0.2.1, 2001:db8::/32"),
        ("--allowed-ip=192.0.2.1 -A192.0.2.2 -A 192.0.2.3", "192.0.2.1, 192.0.2.2, 192.0.2.3"),
    ],
)
def test_spamd_that_serves_other_clients_fails(options: str, clients: str) -> None:
    facts = {"listeners": [socket(25)], "spamassassin": {"spamd": options.split()}}
    [item] = findings("backends_not_exposed", facts)
    assert (item.status, item.subject) == (FAIL, "spamd")
    assert item.sentence == f"spamd serves clients from {clients}."
    assert item.transcript == (("*", f"spamd {options}"),)


@pytest.mark.parametrize(
    "options", ["", "-c -m 5", "-i -A 127.0.0.1,::1", "--allowed-ips=127.0.0.0/8", "-A"]
)
def test_spamd_that_serves_the_host_alone_passes(options: str) -> None:
    facts = {"listeners": [socket(25)], "spamassassin": {"spamd": options.split()}}
    [item] = findings("backends_not_exposed", facts)
    assert (item.status, item.sentence) == (PASS, BACKENDS_ON_LOOPBACK)


@pytest.mark.parametrize("check", ["backends_not_exposed", "listeners_reachable"])
@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({}, "the listening sockets"),
        ({"/proc/net/tcp": "denied", "postconf": "gone"}, "/proc/net/tcp (denied)"),
    ],
)
def test_listening_sockets_that_were_not_read_are_unknown(
    check: str, missing: dict[str, str], reason: str
) -> None:
    [item] = findings(check, {"listeners": [], "missing": missing})
    assert (item.status, item.sentence) == (UNKNOWN, f"Not read: {reason}.")
    assert (item.subject, item.transcript) == ("", ())


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
