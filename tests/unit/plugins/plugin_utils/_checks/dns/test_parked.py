# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Parked domains, on recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_each_missing_record_is_decisive() -> None:
    context = dns_verdicts.recorded("parked_domains", FAIL)
    assert dns_verdicts.decisive_lines("parked_domains", context) == [
        ["no such record", "TXT nothing", "no such name (NXDOMAIN)"]
    ]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, PASS),
        ({"DMARC": ["v=DMARC1; p=reject", "v=DMARC1; p=reject"]}, FAIL),
        ({"DMARC": ["v=DMARC1; p=reject; p=none"]}, FAIL),
        ({"DMARC": ["v=DMARC1;\u00a0p=reject"]}, FAIL),
        ({"DMARC": ["x; p=reject"]}, FAIL),
        ({"DMARC": ["v=DMARC1; p=reject; sp=none"]}, FAIL),
        ({"TXT": ["v=spf1  -ALL "]}, PASS),
        ({"TXT": ["v=spf1 -all", "v=spf1 -all"]}, FAIL),
        ({"TXT": ["v=spf1 mx -all"]}, FAIL),
        ({"TXT": ["v=spf1 -all a:192.0.2.1"]}, FAIL),
        ({"MX": ["0 .", "10 mx1.example.org."]}, FAIL),
    ],
)
def test_parked_domain_is_evaluated_as_receivers_do(
    changes: dict[str, list[str]], status: str
) -> None:
    kinds = {"MX": ["0 ."], "TXT": ["v=spf1 -all"], "DMARC": ["v=DMARC1; p=reject"], **changes}
    zone = {
        ("parked.example", "MX"): kinds["MX"],
        ("parked.example", "TXT"): kinds["TXT"],
        ("_dmarc.parked.example", "TXT"): kinds["DMARC"],
    }
    found = dns_verdicts.status_of("parked_domains", zone, parked_domains=["parked.example"])
    assert found[0] == status, found


ALL = "v=spf1 -all"


@pytest.mark.parametrize(
    ("own", "others", "status"),
    [
        ("v=spf1 redirect=none.example.org", {"none.example.org": ALL}, PASS),
        ("v=spf1 redirect=none.%{d}", {"none.parked.example": ALL}, PASS),
        ("v=spf1 redirect=a.example", {"a.example": "v=spf1 redirect=b.x", "b.x": ALL}, PASS),
        ("v=spf1 include:none.example.org -all", {"none.example.org": ALL}, PASS),
        ("v=spf1 -ip4:192.0.2.0/24 -all", {}, PASS),
        ("v=spf1 -all redirect=some.example", {"some.example": "v=spf1 +all"}, PASS),
        ("v=spf1 redirect=some.example", {"some.example": "v=spf1 ip4:192.0.2.1 -all"}, FAIL),
        ("v=spf1 redirect=some.example", {"some.example": "v=spf1 ip6:2001:db8::1 -all"}, FAIL),
        ("v=spf1 redirect=some.example", {"some.example": "v=spf1 ~all"}, FAIL),
        ("v=spf1 redirect=some.example", {"some.example": "v=spf1"}, FAIL),
        ("v=spf1 redirect=some.example", {}, FAIL),
        ("v=spf1 redirect=parked.example", {}, FAIL),
        ("v=spf1 redirect=%{i}.some.example", {}, FAIL),
        ("v=spf1 include:some.example -all", {"some.example": "v=spf1 ip4:192.0.2.1 -all"}, FAIL),
        ("v=spf1 include:some.example -all", {}, FAIL),
        (
            "v=spf1 redirect=r1.example",
            {f"r{n}.example": f"v=spf1 redirect=r{n + 1}.example" for n in range(1, 11)}
            | {"r11.example": ALL},
            FAIL,
        ),
        ("v=spf1", {}, FAIL),
        ("v=spf1 ?all", {}, FAIL),
    ],
)
def test_records_that_spf_leads_to_count(own: str, others: dict[str, str], status: str) -> None:
    zone = {
        ("parked.example", "MX"): ["0 ."],
        ("parked.example", "TXT"): [own],
        ("_dmarc.parked.example", "TXT"): ["v=DMARC1; p=reject"],
        **{(name, "TXT"): [text] for name, text in others.items()},
    }
    found = dns_verdicts.status_of("parked_domains", zone, parked_domains=["parked.example"])
    assert found[0] == status, found


@pytest.mark.parametrize(
    ("mx", "target", "status"),
    [
        (["0 ."], "servfail", UNKNOWN),
        (["10 mx1.example.org."], "servfail", FAIL),
        (["0 ."], ["v=spf1 a:gone.example -all"], FAIL),
    ],
)
def test_an_answer_that_is_missing_decides_nothing(
    mx: list[str], target: list[str] | str, status: str
) -> None:
    zone = {
        ("parked.example", "MX"): mx,
        ("parked.example", "TXT"): ["v=spf1 redirect=some.example"],
        ("_dmarc.parked.example", "TXT"): ["v=DMARC1; p=reject"],
        ("some.example", "TXT"): target,
        ("gone.example", "A"): "servfail",
    }
    found = dns_verdicts.status_of("parked_domains", zone, parked_domains=["parked.example"])
    assert found[0] == status, found


@pytest.mark.parametrize(
    ("above", "status"),
    [
        ("v=DMARC1; p=reject", PASS),
        ("v=DMARC1; p=none; sp=reject", PASS),
        ("v=DMARC1; p=reject; sp=none", FAIL),
        ("v=DMARC1; p=reject; sp=quarantine", FAIL),
        ("v=DMARC1; p=reject; t=y", FAIL),
        ("v=DMARC1; p=none", FAIL),
        ("x", FAIL),
    ],
)
@pytest.mark.parametrize("domain", ["old.example.org", "a.old.example.org"])
def test_the_record_of_the_organization_counts_for_a_parked_subdomain(
    domain: str, above: str, status: str
) -> None:
    zone = {
        (domain, "MX"): ["0 ."],
        (domain, "TXT"): ["v=spf1 -all"],
        ("_dmarc.example.org", "TXT"): [above],
    }
    found = dns_verdicts.status_of("parked_domains", zone, parked_domains=[domain])
    assert found[0] == status, found
    own = {**zone, (f"_dmarc.{domain}", "TXT"): ["v=DMARC1; p=none"]}
    found = dns_verdicts.status_of("parked_domains", own, parked_domains=[domain])
    assert found[0] == FAIL, found
