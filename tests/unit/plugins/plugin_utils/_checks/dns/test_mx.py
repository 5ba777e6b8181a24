# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""MX records, on recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import lookup, mx
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_missing_mx_record_is_shown_by_the_mx_answer() -> None:
    context = dns_verdicts.recorded("mx_records", FAIL)
    assert dns_verdicts.decisive_lines("mx_records", context) == [["no such record"]]


def test_mx_host_with_closed_port_25_is_shown_by_the_refused_connection() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    refused = {"kind": "connect_refused", "text": "connection refused"}
    closed = dns_verdicts.changed(
        context, lambda seen: seen["probe"] == "smtp_session", facts={}, error=refused
    )
    found = dns_verdicts.verdict("mx_records", closed)
    failed = [entry for entry in found["evidence"] if entry["status"] == FAIL]
    assert {(entry["probe"], entry["port"], entry["subject"]) for entry in failed} == {
        ("smtp_session", 25, "sound.names.test")
    }
    lines = dns_verdicts.decisive_lines("mx_records", closed)
    assert {line for found in lines for line in found} == {"connection refused"}


def test_null_mx_record_of_a_declared_domain_is_the_decisive_record() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    null = dns_verdicts.with_records(context, "MX", ["0 ."])
    assert dns_verdicts.decisive_lines("mx_records", null) == [["MX 0 ."]]


def test_untested_port_25_is_unknown() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    untested = dns_verdicts.without(context, lambda seen: seen["probe"] == "smtp_session")
    assert dns_verdicts.verdict("mx_records", untested)["status"] == UNKNOWN


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        (["10 mx1.example.org."], UNKNOWN, "Port 25 of this host was not tested"),
        (["0 .", "10 mx1.example.org."], FAIL, "A null MX record stands beside others"),
        (["10 192.0.2.25."], FAIL, "names the address 192.0.2.25"),
        (["10 mx1.example.org.", "20 gone.example.org."], FAIL, "gone.example.org has no address"),
        (["10 loop.example.org."], FAIL, "has private addresses only"),
        (["10 zero.example.org."], FAIL, "has private addresses only"),
        (["10 mapped.example.org."], FAIL, "has private addresses only"),
        (["10 *.example.org."], FAIL, "no name of a host"),
        (["10 mx\\0321.example.org."], FAIL, "no name of a host"),
        (["10 [192.0.2.25]."], FAIL, "no name of a host"),
        (["x"], UNKNOWN, "cannot be read"),
    ],
)
def test_every_record_is_looked_at(records: list[str], status: str, words: str) -> None:
    zone = {
        ("example.org", "MX"): records,
        ("mx1.example.org", "A"): ["192.0.2.25"],
        ("loop.example.org", "A"): ["127.0.0.1"],
        ("zero.example.org", "A"): ["0.0.0.0"],
        ("mapped.example.org", "AAAA"): ["::ffff:192.0.2.25"],
        ("*.example.org", "A"): ["192.0.2.25"],
    }
    found = dns_verdicts.verdict("mx_records", dns_verdicts.of_zone(zone, addresses=["192.0.2.25"]))
    sentences = [entry["sentence"] for entry in found["evidence"]] or [found["sentence"]]
    assert (found["status"], words in " ".join(sentences)) == (status, True), found


@pytest.mark.parametrize(
    ("other", "statuses"),
    [("mx1.example.org", [UNKNOWN, UNKNOWN]), ("gone.example.org", [FAIL, UNKNOWN])],
)
def test_unresolvable_host_leaves_the_others_to_be_judged(other: str, statuses: list[str]) -> None:
    zone: dns_verdicts.Zone = {
        ("example.org", "MX"): ["10 broken.example.org.", f"20 {other}."],
        ("broken.example.org", "A"): "timeout",
        ("broken.example.org", "AAAA"): "timeout",
        ("mx1.example.org", "A"): ["192.0.2.25"],
    }
    context = dns_verdicts.of_zone(zone, addresses=["192.0.2.25"])
    found = lookup.per_domain(mx.mx_records)(context)
    assert [entry.status for entry in found] == statuses
    assert any("broken.example.org were not seen" in entry.sentence for entry in found)


def test_hosts_that_were_not_looked_up_are_named() -> None:
    names = [f"mx{number:02}.example.org" for number in range(42)]
    zone = {("example.org", "MX"): [f"10 {name}." for name in names]}
    zone.update({(name, "A"): ["192.0.2.25"] for name in names})
    found = lookup.per_domain(mx.mx_records)(dns_verdicts.of_zone(zone))
    texts = [entry.sentence for entry in found if entry.status == UNKNOWN]
    assert texts == ["Only 40 MX hosts are looked up, so not mx40.example.org, mx41.example.org."]
