# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Judges of names where recorded scenes do not reach: nobody was asked, nobody is believed, and
rules by themselves.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import (
    caa,
    dmarc,
    dnsbl,
    mta_sts,
    mx_and_reverse,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dmarc as wire
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import queries

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures/checks"
CHECKS = evaluate.choose(groups=["dns", "dnsbl"])


def recorded(check: str, status: str, **target: t.Any) -> base.AuditContext:
    entry = json.loads((FIXTURES / (check + ".json")).read_text(encoding="utf-8"))[status]
    host = _model.target({**entry["target"], **target})
    return base.AuditContext(
        host,
        tuple(entry["observations"]),
        policy.policy(),
        evaluate.moment(entry["now"]),
        host.addresses,
    )


def status(check: str, view: base.AuditContext) -> tuple[str, str]:
    found = evaluate.evaluate(view, evaluate.choose([check]))[0]
    return found["status"], found["sentence"]


def nobody_asked(kind: str) -> base.AuditContext:
    params = {"name": ".", "type": "NS", "trusted": False}
    seen = _model.observation(
        _model.Job("dns", "mx1.example.org", "dns", "::", 53, params),
        {},
        {"kind": kind, "text": "why"},
        [],
        {},
    )
    names = {
        "domains": ["example.org"],
        "dnsbl_zones": ["bl.example"],
        "parked_domains": ["a.example"],
        "dkim_selectors": ["s"],
    }
    host = _model.target({"name": "mx1.example.org", **names})
    return base.AuditContext(host, (seen,), policy.policy(), evaluate.moment(), ("192.0.2.25",))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("declined", NOT_APPLICABLE), ("unavailable", UNKNOWN), ("timeout", UNKNOWN)],
)
def test_nobody_was_asked(kind: str, expected: str) -> None:
    found = evaluate.evaluate(nobody_asked(kind), CHECKS)
    assert {(entry["status"], entry["sentence"]) for entry in found} == {(expected, "Why.")}


@pytest.mark.parametrize("check", ["mx_records", "spf_record", "dmarc_record", "dnssec"])
def test_without_domains_those_of_domains_do_not_apply(check: str) -> None:
    assert status(check, recorded(check, PASS, domains=[])) == (
        NOT_APPLICABLE,
        "No domain is declared (domains).",
    )


@pytest.mark.parametrize("check", ["dane_match", "dane_rollover", "dane_other_ports", "dnssec"])
@pytest.mark.parametrize("change", ["untrusted", "not validating"])
def test_dnssec_counts_only_from_who_may_be_believed(check: str, change: str) -> None:
    view = recorded(check, PASS)
    changed = []
    for seen in view.observations:
        if seen["probe"] == "dns" and change == "untrusted":
            changed.append({**seen, "params": {**seen["params"], "trusted": False}})
        elif seen["probe"] == "dns" and seen["params"]["name"] == ".":
            changed.append({**seen, "facts": {**seen["facts"], "ad": False}})
        else:
            changed.append(seen)
    found = status(
        check, base.AuditContext(view.target, tuple(changed), view.policy, view.now, view.addresses)
    )
    assert (found[0], "dns_validated" in found[1]) == (UNKNOWN, True)


@pytest.mark.parametrize("check", ["dane_match", "dane_rollover"])
def test_records_that_are_not_signed_protect_nobody(check: str) -> None:
    view = recorded(check, PASS)
    bare = tuple(
        {**seen, "facts": {**seen["facts"], "ad": False}}
        if seen["params"].get("type") == "TLSA" and seen["facts"]
        else seen
        for seen in view.observations
    )
    found = status(
        check, base.AuditContext(view.target, bare, view.policy, view.now, view.addresses)
    )
    assert found[0] == (FAIL if check == "dane_match" else UNKNOWN)


@pytest.mark.parametrize("code", sorted(dnsbl.TRAPS))
def test_codes_that_list_nothing(code: str) -> None:
    question = queries.Question("1.2.0.192.bl.example", "A")
    assert code in dnsbl.no_answer(queries.Answer(question, queries.RECORDS, (code,)))
    assert dnsbl.no_answer(queries.Answer(question, queries.RECORDS, ("127.0.0.4",))) == ""
    assert dnsbl.no_answer(queries.Answer(question, queries.NXDOMAIN)) == ""
    assert "something else answers" in dnsbl.no_answer(
        queries.Answer(question, queries.RECORDS, ("198.18.0.1",))
    )


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("mx1.example.org", False),
        ("mail-25.example.org", False),
        ("192-0-2-25.example.net", True),
        ("ip25.2.0.192.example.net", True),
        ("static.192.000.002.025.example.net", True),
        ("host.dyn.example.net", True),
        ("pool-7.example.net", True),
        ("liverpool.example.org", False),
        ("dynamo.example.org", False),
    ],
)
def test_names_that_providers_give(name: str, generic: bool) -> None:
    assert mx_and_reverse._generic(name, "192.0.2.25") is generic


def test_policies_of_mta_sts() -> None:
    text = (
        "version: STSv1\nmode: enforce\nmx: *.example.org\nmx: MX.example.net\nmax_age: "
        "604800\nnew_field: x\n"
    )
    found = mta_sts.parse(text)
    assert (found.problems, found.patterns) == ((), ("*.example.org", "mx.example.net"))
    hosts_ = ("a.example.org", "a.b.example.org", "example.org", "mx.example.net")
    assert [mta_sts.permitted(host, found.patterns) for host in hosts_] == [
        True,
        False,
        False,
        True,
    ]
    changes = (
        ("STSv1", "STSv2"),
        ("enforce", "force"),
        ("604800", "-1"),
        ("604800", "99999999"),
        ("mx:", "ax:"),
        ("new_field: x", "x"),
    )
    for old, new in changes:
        assert mta_sts.parse(text.replace(old, new)).problems


def test_caa_records() -> None:
    pairs, wrong = caa.read(
        ['0 issue "letsencrypt.org; accounturi=https://a"', '0 issuemail ";"', '128 issue "x"']
    )
    assert (wrong, pairs[0]) == ([], ("issue", "letsencrypt.org; accounturi=https://a"))
    assert caa.read(['128 future "x"'])[1] == [
        "the tag future is critical and unknown, so no authority may issue"
    ]
    assert caa.read(["nonsense"])[1] == ["'nonsense' cannot be read"]


@pytest.mark.parametrize(
    ("domain", "zone", "told"),
    [
        ("a.example.com", {"_dmarc.example.com": "v=DMARC1; p=reject"}, False),
        ("b.a.example.com", {"_dmarc.a.example.com": "v=DMARC1; p=reject"}, True),
        (
            "a.example.co.uk",
            {
                "_dmarc.example.co.uk": "v=DMARC1; p=reject",
                "_dmarc.co.uk": "v=DMARC1; psd=y; p=reject",
            },
            False,
        ),
    ],
)
def test_the_public_suffix_list_is_told_of_only_where_it_may_differ(
    domain: str, zone: dict[str, str], told: bool
) -> None:
    def answer(question: queries.Question) -> queries.Answer:
        text = zone.get(question.name)
        return queries.Answer(
            question, queries.RECORDS if text else queries.NXDOMAIN, (text,) if text else ()
        )

    found = queries.replay(wire.walk(domain), answer)
    assert any("public suffix list" in text for text in dmarc.differences(found, domain)) is told
