# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Dangling names, on recorded answers and on small zones."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

ALL_EXIST = "All names that the records lead to exist."


def test_missing_name_is_decisive() -> None:
    context = dns_verdicts.recorded("dangling_names", FAIL)
    assert dns_verdicts.decisive_lines("dangling_names", context) == [["no such name (NXDOMAIN)"]]


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        ("v=spf1 include:gone.example.net -all", ["gone.example.net"]),
        ("v=spf1 ip4:0.0.0.0/0 include:gone.example.net -all", ["gone.example.net"]),
        ("v=spf1 ip6:::/0 include:gone.example.net -all", ["gone.example.net"]),
        ("v=spf1 ip4:0.0.0.0/0 ip6:::/0 include:gone.example.net -all", []),
        (
            "v=spf1 include:gone.example.net redirect=lost.example.net",
            ["gone.example.net", "lost.example.net"],
        ),
        ("v=spf1 mx -all", []),
    ],
)
def test_name_that_spf_includes_for_senders_of_any_ip_version_must_exist(
    record: str, missing: list[str]
) -> None:
    names = "; ".join(f"{name}, which SPF includes" for name in missing)
    zone = {("example.org", "TXT"): [record]}
    assert dns_verdicts.status_of("dangling_names", zone) == (
        (FAIL, f"These names do not exist: {names}.") if missing else (PASS, ALL_EXIST)
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("s1._domainkey.example.org", "TXT"), ("mta-sts.example.org", "AAAA")],
)
@pytest.mark.parametrize("exists", [True, False])
def test_target_of_a_cname_record_must_exist(name: str, kind: str, exists: bool) -> None:
    zone = {
        ("s1._domainkey.example.org", "TXT"): ["v=DKIM1; p=AAAA"],
        ("_mta-sts.example.org", "TXT"): ["v=STSv1; id=1;"],
        ("mta-sts.example.org", "A"): ["192.0.2.80"],
        ("mta-sts.example.org", "AAAA"): ["2001:db8::80"],
    }
    context = dns_verdicts.of_zone(zone, dkim_selectors=["s1"])
    (seen,) = [
        entry
        for entry in context.observations
        if (entry["params"]["name"], entry["params"]["type"]) == (name, kind)
    ]
    facts = {**seen["facts"], "chain": ["old.provider.example"]}
    if not exists:
        facts.update(state="nxdomain", records=[])
    context = dns_verdicts.changed(context, lambda entry: entry is seen, facts=facts)
    found = dns_verdicts.verdict("dangling_names", context)
    text = f"old.provider.example, the target of the CNAME record of {name}."
    assert (found["status"], found["sentence"]) == (
        (PASS, ALL_EXIST) if exists else (FAIL, f"These names do not exist: {text}")
    )
