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


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [("connect_refused", "connection refused", FAIL), ("timeout", "no answer", UNKNOWN)],
)
def test_mx_host_whose_port_25_does_not_answer_is_shown_by_the_connection(
    kind: str, text: str, status: str
) -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    error = {"kind": kind, "text": text}
    closed = dns_verdicts.changed(
        context, lambda seen: seen["probe"] == "smtp_session", facts={}, error=error
    )
    found = dns_verdicts.verdict("mx_records", closed)
    shown = [entry for entry in found["evidence"] if entry["status"] == status]
    assert {(entry["probe"], entry["port"], entry["subject"]) for entry in shown} == {
        ("smtp_session", 25, "sound.names.test")
    }
    _ipv4, ipv6 = context.target.addresses
    assert [entry["sentence"] for entry in shown] == [
        f"This host is an MX host, but smtp [{ipv6}]:25: {text}."
    ]
    lines = dns_verdicts.decisive_lines("mx_records", closed)
    assert {line for found in lines for line in found} == {text}


def test_null_mx_record_of_a_declared_domain_is_the_decisive_record() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    null = dns_verdicts.with_records(context, "MX", ["0 ."])
    assert dns_verdicts.decisive_lines("mx_records", null) == [["MX 0 ."]]


def test_session_on_another_port_is_no_test_of_port_25() -> None:
    context = dns_verdicts.recorded("mx_records", PASS)
    untested = dns_verdicts.changed(
        context, lambda seen: seen["probe"] == "smtp_session", service="submission", port=587
    )
    found = dns_verdicts.verdict("mx_records", untested)
    assert (found["status"], found["sentence"]) == (UNKNOWN, "Port 25 of this host was not tested.")


def findings(zone: dns_verdicts.Zone) -> list[tuple[str, str, list[str], list[str]]]:
    """Of each finding, status, sentence, transcript and the lines that decided."""
    context = dns_verdicts.of_zone(zone, addresses=["192.0.2.25"])
    return [
        (
            found.status,
            found.sentence,
            [line[1] for line in found.transcript],
            [found.transcript[index][1] for index in found.decisive],
        )
        for found in lookup.per_domain(mx.mx_records)(context)
    ]


def test_domain_that_does_not_exist_fails() -> None:
    lines = ["example.org MX", "no such name"]
    assert findings({}) == [(FAIL, "The domain does not exist.", lines, lines[1:])]


def test_null_mx_record_beside_others_is_the_decisive_record() -> None:
    zone = {
        ("example.org", "MX"): ["0 .", "10 mx1.example.org."],
        ("mx1.example.org", "A"): ["192.0.2.25"],
    }
    lines = ["example.org MX", "MX 0 .", "MX 10 mx1.example.org."]
    text = "A null MX record stands beside others, which no sender has to understand."
    assert findings(zone) == [(FAIL, text, lines, ["MX 0 ."])]


@pytest.mark.parametrize(
    ("host", "address", "is_own"),
    [
        ("mx1.example.org", "192.0.2.99", True),
        ("other.example.org", "192.0.2.25", True),
        ("other.example.org", "192.0.2.99", False),
    ],
)
def test_host_is_an_mx_host_by_its_name_or_by_an_address(
    host: str, address: str, is_own: bool
) -> None:
    zone = {("example.org", "MX"): [f"10 {host}."], (host, "A"): [address]}
    records = ["example.org MX", f"MX 10 {host}."]
    addresses = [f"{host} A", f"A {address}"]
    named, port_25 = findings(zone)
    assert named[:2] == (PASS, f"The MX hosts are {host}.")
    assert named[3] == [*records, *addresses]
    text = f"This host is none of the MX hosts ({host}), so its port 25 is not required."
    assert port_25[:3] == (
        (UNKNOWN, "Port 25 of this host was not tested.", records)
        if is_own
        else (PASS, text, records)
    )


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
    ("other", "kind", "cause", "statuses"),
    [
        ("mx1.example.org", "timeout", "", [UNKNOWN, UNKNOWN]),
        ("gone.example.org", "bogus", "dnssec", [FAIL, UNKNOWN]),
    ],
)
def test_unresolvable_host_leaves_the_others_to_be_judged(
    other: str, kind: str, cause: str, statuses: list[str]
) -> None:
    zone: dns_verdicts.Zone = {
        ("example.org", "MX"): ["10 broken.example.org.", f"20 {other}."],
        ("broken.example.org", "A"): kind,
        ("broken.example.org", "AAAA"): kind,
        ("mx1.example.org", "A"): ["192.0.2.25"],
    }
    context = dns_verdicts.of_zone(zone, addresses=["192.0.2.25"])
    found = lookup.per_domain(mx.mx_records)(context)
    assert [entry.status for entry in found] == statuses
    text = f"The addresses of broken.example.org were not seen: an error: {kind}."
    assert [entry.caused_by for entry in found if entry.sentence == text] == [cause]


def test_hosts_that_were_not_looked_up_are_named() -> None:
    names = [f"mx{number:02}.example.org" for number in range(42)]
    zone = {("example.org", "MX"): [f"10 {name}." for name in names]}
    zone.update({(name, "A"): ["192.0.2.25"] for name in names})
    found = lookup.per_domain(mx.mx_records)(dns_verdicts.of_zone(zone))
    ((text, lines),) = [
        (entry.sentence, entry.transcript) for entry in found if entry.status == UNKNOWN
    ]
    assert text == "Only 40 MX hosts are looked up, so not mx40.example.org, mx41.example.org."
    assert [line[1] for line in lines] == [
        "example.org MX",
        *(f"MX 10 {name}." for name in names),
    ]
