# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SPF checks, on recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_record_that_permits_everybody_is_decisive() -> None:
    context = dns_verdicts.recorded("spf_record", FAIL)
    assert dns_verdicts.decisive_lines("spf_record", context) == [["TXT v=spf1 +all"]]


def test_void_lookups_are_decisive() -> None:
    context = dns_verdicts.recorded("spf_empty_lookups", FAIL)
    assert (
        dns_verdicts.decisive_lines("spf_empty_lookups", context)
        == [["no such name (NXDOMAIN)"] * 3] * 2
    )


def test_record_without_the_address_is_decisive() -> None:
    context = dns_verdicts.recorded("spf_egress", FAIL)
    assert dns_verdicts.decisive_lines("spf_egress", context) == [
        ["TXT v=spf1 ip4:198.51.100.21 -all"]
    ]


def test_too_many_lookups_are_shown_by_the_records_that_cause_them() -> None:
    context = dns_verdicts.recorded("spf_lookups", FAIL)
    (lines,) = dns_verdicts.decisive_lines("spf_lookups", context)
    assert [line[:10] for line in lines] == ["TXT v=spf1"] * 2


def test_pass_is_shown_by_question_and_record() -> None:
    context = dns_verdicts.recorded("spf_record", PASS)
    assert dns_verdicts.decisive_lines("spf_record", context) == [
        ["sound.names.test TXT", "TXT v=spf1 mx ip4:203.0.113.200/29 -all"]
    ]


ZONE = {
    ("example.org", "MX"): ["10 mx1.example.org."],
    ("mx1.example.org", "A"): ["192.0.2.25"],
    ("mx1.example.org", "AAAA"): ["2001:db8::25"],
    ("www.example.net", "A"): ["192.0.2.80"],
    ("open.example.net", "TXT"): ["v=spf1 include:more.example.net ~all"],
    ("more.example.net", "TXT"): ["v=spf1 +all"],
    ("huge.example.net", "TXT"): ["v=spf1 ip4:0.0.0.0/1 -all"],
    ("nested.example.net", "TXT"): ["v=spf1 include:huge.example.net -all"],
    ("1.0.18.198.open.example.net", "A"): ["127.0.0.2"],
    ("no-such-stranger.users.example.net", "A"): ["127.0.0.2"],
    ("no-such-stranger.invalid.hosts.example.net", "A"): ["127.0.0.2"],
    ("in-addr.versions.example.net", "A"): ["127.0.0.2"],
    ("example.org.domains.example.net", "A"): ["127.0.0.2"],
}


@pytest.mark.parametrize(
    ("record", "status", "words"),
    [
        (
            f"v=spf1 mx -all {' '.join(f'a:x{number}.example.org' for number in range(12))}",
            PASS,
            "Never evaluated, since all clients match before: a:x0.example.org at example.org, ",
        ),
        ("v=spf1 mx -all redirect=gone.example.net", PASS, "redirect=gone.example.net"),
        ("v=spf1 ip4:203.0.113.25 a:203.0.113.26 -all", FAIL, "has no valid domain-spec"),
        ("v=spf1 a/0 -all", FAIL, "a/0 (at example.org) lets everybody send"),
        ("v=spf1 mx//0 -all", FAIL, "mx//0 (at example.org) lets everybody send"),
        ("v=spf1 ip4:0.0.0.0/0 -all", FAIL, "ip4:0.0.0.0/0 (at example.org) lets everybody send"),
        ("v=spf1 ip6:::/0 -all", FAIL, "ip6:::/0 (at example.org) lets everybody send"),
        ("v=spf1 exists:www.example.net", FAIL, "exists:www.example.net (at example.org) lets"),
        ("v=spf1 -include:huge.example.net ip4:192.0.2.25 -all", PASS, "The record is valid"),
        ("v=spf1 ?include:huge.example.net ip4:192.0.2.25 -all", PASS, "The record is valid"),
        ("v=spf1 -include:nested.example.net ip4:192.0.2.25 -all", PASS, "The record is valid"),
        ("v=spf1 include:nested.example.net -all", FAIL, "/1 (at huge.example.net) lets everybody"),
        (
            "v=spf1 -include:huge.example.net include:huge.example.net -all",
            FAIL,
            "/1 (at huge.example.net) lets everybody",
        ),
        ("v=spf1 include:open.example.net -all", FAIL, "all (at more.example.net) lets everybody"),
        ("v=spf1 redirect=open.example.net", FAIL, "all (at more.example.net) lets everybody"),
        ("v=spf1 -include:open.example.net mx -all", PASS, "valid"),
        ("v=spf1 mx ?all", FAIL, "?all, which is neutral"),
        ("v=spf1 mx", FAIL, "no all at its end"),
        ("v=spf1 exists:%{i}.example.net mx -all", PASS, "valid"),
        ("v=spf1 exists:%{ir}.open.example.net -all", FAIL, "lets everybody send"),
        ("v=spf1 exists:%{l}.users.example.net -all", FAIL, "lets everybody send"),
        ("v=spf1 exists:%{h}.hosts.example.net -all", FAIL, "lets everybody send"),
        ("v=spf1 exists:%{v}.versions.example.net -all", FAIL, "lets everybody send"),
        ("v=spf1 exists:%{o}.domains.example.net -all", FAIL, "lets everybody send"),
        ("V=SPF1 MX -ALL", PASS, "valid"),
        ("v=spf1\tmx -all", FAIL, "There is no SPF record"),
        ("v=spf1\u00a0mx -all", FAIL, "There is no SPF record"),
    ],
)
def test_record_is_evaluated_as_receivers_do(record: str, status: str, words: str) -> None:
    zone = {**ZONE, ("example.org", "TXT"): [record]}
    found = dns_verdicts.status_of("spf_record", zone, addresses=["192.0.2.25", "2001:db8::25"])
    assert (found[0], words in found[1]) == (status, True), found


@pytest.mark.parametrize("check", ["spf_record", "spf_lookups", "spf_empty_lookups", "spf_egress"])
def test_terms_behind_all_cost_nothing(check: str) -> None:
    terms = " ".join(f"a:x{number}.example.org" for number in range(12))
    zone = {**ZONE, ("example.org", "TXT"): [f"v=spf1 mx -all include:gone.example.net {terms}"]}
    assert dns_verdicts.status_of(check, zone, addresses=["192.0.2.25"])[0] == PASS


def test_name_that_is_never_looked_up_does_not_dangle() -> None:
    zone = {**ZONE, ("example.org", "TXT"): ["v=spf1 mx -all include:gone.example.net"]}
    assert dns_verdicts.status_of("dangling_names", zone, addresses=["192.0.2.25"])[0] == PASS


ASSUMED = (
    " (The audit assumes that mail is sent from this address; if it is not, declare "
    "egress_addresses.)"
)


@pytest.mark.parametrize(
    ("record", "target", "status", "sentence"),
    [
        ("v=spf1 mx -all", {}, PASS, "SPF gives pass for 192.0.2.25 by mx at example.org."),
        (
            "v=spf1 a:www.example.net ~all",
            {},
            FAIL,
            f"SPF gives softfail for 192.0.2.25 by ~all at example.org.{ASSUMED}",
        ),
        (
            "v=spf1 a:www.example.net",
            {"egress_addresses": ["192.0.2.25"]},
            FAIL,
            "SPF gives neutral for 192.0.2.25.",
        ),
        (
            "v=spf1 ip4:192.0.2.256 -all",
            {"egress_addresses": ["192.0.2.25"]},
            FAIL,
            "SPF gives permerror ('ip4:192.0.2.256' is no valid network) for 192.0.2.25.",
        ),
        (
            "v=spf1 exists:%{l}.%{o}.senders.example.net -all",
            {},
            PASS,
            "SPF gives pass for 192.0.2.25 by exists:%{l}.%{o}.senders.example.net at example.org.",
        ),
        (
            "v=spf1 exists:%{h}.names.example.net -all",
            {},
            PASS,
            "SPF gives pass for 192.0.2.25 by exists:%{h}.names.example.net at example.org.",
        ),
    ],
)
def test_result_for_an_address_names_the_term_and_is_shown_by_the_spf_record(
    record: str, target: dict[str, list[str]], status: str, sentence: str
) -> None:
    zone = {
        **ZONE,
        ("example.org", "TXT"): [record, "site-verification=1"],
        ("postmaster.example.org.senders.example.net", "A"): ["127.0.0.2"],
        ("mx1.example.org.names.example.net", "A"): ["127.0.0.2"],
    }
    context = dns_verdicts.of_zone(zone, addresses=["192.0.2.25"], **target)
    found = dns_verdicts.verdict("spf_egress", context)
    assert (found["status"], found["sentence"]) == (status, sentence)
    question = ["example.org TXT"] if status == PASS else []
    assert dns_verdicts.decisive_lines("spf_egress", context) == [[*question, f"TXT {record}"]]


def test_host_without_a_known_address_is_unknown() -> None:
    assert dns_verdicts.status_of("spf_egress", ZONE) == (
        UNKNOWN,
        "No public address is known that this host sends from; declare egress_addresses.",
    )


def test_domain_without_an_spf_record_permits_no_address() -> None:
    zone = {**ZONE, ("example.org", "TXT"): ["site-verification=1"]}
    context = dns_verdicts.of_zone(zone, addresses=["192.0.2.25"])
    found = dns_verdicts.verdict("spf_egress", context)
    assert (found["status"], found["sentence"]) == (
        FAIL,
        "There is no SPF record that permits 192.0.2.25 to send.",
    )
    lines = dns_verdicts.decisive_lines("spf_egress", context)
    assert lines == [["TXT site-verification=1"]]
