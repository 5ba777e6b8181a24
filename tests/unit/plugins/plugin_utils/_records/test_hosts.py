# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The records of hosts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._records import hosts
from ansible_collections.airtight.mail.tests.unit.helpers import mail_records
from ansible_collections.airtight.mail.tests.unit.helpers.mail_records import (
    NAME,
    NEXT,
    few,
    records_of,
    values,
)

DIGEST = "0b" * 32


def test_host_has_addresses_and_reverse_names() -> None:
    found = records_of(few(records_ttl=60))
    assert values(found, NAME, "A") == ["192.0.2.25"]
    assert values(found, NAME, "AAAA") == ["2001:db8::25"]
    reverse = [record for record in found if record.type == "PTR"]
    assert {record.value for record in reverse} == {f"{NAME}."}
    assert [record.name for record in reverse] == [
        "25.2.0.192.in-addr.arpa",
        "5.2." + "0." * 22 + "8.b.d.0.1.0.0.2.ip6.arpa",
    ]
    assert {record.ttl for record in found} == {60}


def test_addresses_that_send_are_in_spf_and_have_the_reverse_names() -> None:
    found = records_of(few(records_egress_addresses=["2001:db8::9", "192.0.2.10", "192.0.2.9"]))
    text = "v=spf1 ip4:192.0.2.9 ip4:192.0.2.10 ip6:2001:db8::9 -all"
    assert values(found, NAME, "TXT") == values(found, "example.org", "TXT") == [text]
    assert values(found, "9.2.0.192.in-addr.arpa", "PTR") == [f"{NAME}."]
    assert values(found, "25.2.0.192.in-addr.arpa", "PTR") == []


def test_host_with_the_name_of_a_domain_has_the_record_of_the_domain() -> None:
    host = few(mail_hostname="example.org", records_spf_terms=["include:a.test"])
    (text,) = values(records_of(host), "example.org", "TXT")
    assert text == "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 include:a.test -all"
    named = few(
        mail_hostname="example.org", mail_domains=["example.net"], records_addresses="192.0.2.1"
    )
    (text,) = values(records_of(few(), named), "example.org", "TXT")
    assert text == "v=spf1 ip4:192.0.2.1 ip4:192.0.2.25 ip6:2001:db8::25 -all"


def test_hosts_of_one_name_share_its_records() -> None:
    found = records_of(few(records_addresses="192.0.2.1"), few(records_addresses="192.0.2.2"))
    assert values(found, NAME, "A") == ["192.0.2.1", "192.0.2.2"]
    assert values(found, NAME, "TXT") == ["v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"]


def test_current_and_next_keys_are_pinned_at_the_ports_of_services_that_are_on() -> None:
    host = few(
        records_certificate=DIGEST,
        records_next_keys=[NEXT],
        records_tlsa_services=["smtp", "submissions", "pop3s"],
        audit_ports={"submissions": 4465},
    )
    found = [record for record in records_of(host) if record.type == "TLSA"]
    both = [f"3 1 1 {DIGEST}", f"3 1 1 {NEXT}"]
    assert [(record.name, record.value) for record in found] == [
        *((f"_25._tcp.{NAME}", value) for value in both),
        *((f"_4465._tcp.{NAME}", value) for value in both),
    ]


def test_authorities_are_named_at_the_host() -> None:
    found = records_of(few(records_caa=[{"issuer": "letsencrypt.org"}]))
    assert values(found, NAME, "CAA") == ['0 issue "letsencrypt.org"', '0 issuewild ";"']
    assert [record.name for record in found if record.type == "CAA"] == [NAME] * 2


@pytest.mark.parametrize(
    "term", ["include:a.test", "+A", "mx/24", "ptr", "?exists:%{i}.a.test", "a:b.test"]
)
def test_spf_record_costs_no_more_lookups_than_receivers_make(term: str) -> None:
    host: Any = SimpleNamespace(hostname="mx1.example.org", egress_addresses=["192.0.2.25"])
    terms = [term] * 10 + ["ip4:192.0.2.0/24", "all"]
    assert hosts.spf([host], terms).count(term) == 10
    with pytest.raises(ModelError, match="cost 11 lookups, and receivers make 10"):
        hosts.spf([host], [*terms, "redirect=a.test"])


def test_spf_record_fits_into_an_answer() -> None:
    many = [f"2001:db8:1111:2222:3333:4444:5555:{number:x}" for number in range(10)]
    assert records_of(few(records_addresses=many))
    with pytest.raises(ModelError) as raised:
        records_of(few(records_addresses=[*many, "2001:db8:1111:2222:3333:4444:5555:a"]))
    assert str(raised.value) == (
        "records_egress_addresses of mx1.example.org and others give an SPF record of 451 "
        "characters, and 450 are safe; give fewer addresses, and a network in records_spf_terms, "
        "such as ip4:192.0.2.0/24."
    )


def test_name_is_no_alias_of_itself() -> None:
    assert [record.value for record in hosts.leading_to("a.test", ("b.test",), 60, "address")] == [
        "b.test."
    ]
    with pytest.raises(ModelError, match="would be an alias of itself"):
        records_of(mail_records.all_options(records_mta_sts_servers="mta-sts.example.org"))
