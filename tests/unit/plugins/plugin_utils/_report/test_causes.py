# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What follows from one cause stands beneath it, in every form that people read."""

from __future__ import annotations

import re
import typing as t
from html import unescape

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._report import (
    causes,
    formats,
    grouping,
)
from ansible_collections.airtight.mail.tests.unit.helpers import recordings
from ansible_collections.airtight.mail.tests.unit.helpers.causes import (
    answered,
    port_25_blocked,
    silent,
    verdicts,
    without_ipv6,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import RUN

Verdict = dict[str, t.Any]
FORMS = ("text", "markdown", "html")
BLOCKED = "Port 25 is not reachable from here, most likely blocked by this network"
FOLLOWING = "2 checks could not be made because of it: relay_third_party, mx_takes_cleartext."


def words(form: str, found: t.Sequence[Verdict], verbose: bool = False) -> str:
    """A report as a reader sees it, in one line."""
    report = formats.render(form, found, RUN, [], verbose)
    if form == "html":
        report = unescape(re.sub(r"<[^>]*>", " ", report.partition("</style>")[2]))
    return " ".join(report.replace("\\", "").replace("&#8203;", "").split())


def in_clear() -> list[Verdict]:
    """A port for TLS that speaks in clear, with two checks that need TLS."""
    checks = ("implicit_tls_only", "certificate_name", "certificate_expiry")
    found = evaluate.evaluate(
        recordings.context_of(recordings.recorded("implicit_tls_only")[FAIL]),
        evaluate.choose(checks),
    )
    return [
        verdict
        if verdict["status"] == FAIL
        else {
            **verdict,
            "evidence": [
                {**entry, "caused_by": "implicit_tls_only"} for entry in verdict["evidence"]
            ],
        }
        for verdict in found
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_blocked_port_25_is_one_finding_with_all_that_follows(form: str) -> None:
    report = words(form, port_25_blocked())
    assert FOLLOWING in report
    assert "docs/guides/vantage.md" in report
    for verdict in port_25_blocked():
        if verdict["check"] in ("relay_third_party", "mx_takes_cleartext"):
            assert verdict["impact"] not in report


def test_a_blocked_port_25_is_named_first() -> None:
    report = formats.render("text", port_25_blocked(), RUN, [], verbose=False)
    assert report.startswith(f"{BLOCKED}; look from elsewhere (docs/guides/vantage.md).")
    assert f"UNKNOWN critical {BLOCKED}." in report
    assert grouping.headline(port_25_blocked()).startswith(BLOCKED)


def test_a_port_25_that_one_host_drops_is_not_blocked_by_the_network() -> None:
    other = [{**item, "target": "mx2.example.org"} for item in verdicts(answered())]
    found = [*port_25_blocked(), *other]
    assert causes.notices(found) == []
    assert [cause.title for cause in causes.causes(found)] == [causes.PORT_25_DROPPED]
    both = [*port_25_blocked(), *port_25_blocked("mx2.example.org")]
    assert len(causes.notices(both)) == 1
    assert [group.hosts for group in causes.cause_groups(causes.causes(both))] == [
        ["mx1.example.org", "mx2.example.org"]
    ]


@pytest.mark.parametrize("form", FORMS)
def test_what_follows_from_a_finding_stands_beneath_it(form: str) -> None:
    report = words(form, in_clear())
    following = "2 checks could not be made because of it: certificate_name, certificate_expiry."
    assert following in report
    assert report.count("certificate_expiry") == 1


def test_what_follows_from_a_check_that_did_not_fail_stands_alone() -> None:
    found = [verdict for verdict in in_clear() if verdict["check"] != "implicit_tls_only"]
    assert causes.followers(found) == {}
    assert grouping.without_followers(found) == found


@pytest.mark.parametrize("form", FORMS)
def test_a_vantage_without_ipv6_is_one_finding(form: str) -> None:
    report = words(form, verdicts([*answered(), *without_ipv6()]))
    assert "IPv6 is not reachable from here" in report
    assert "1 check could not be made because of it: relay_every_address." in report


@pytest.mark.parametrize("form", FORMS)
def test_a_silent_host_with_known_names_is_one_finding(form: str) -> None:
    (known,) = verdicts(answered(), ["relay_third_party"])
    named = {**known, "check": "spf_record", "group": "dns", "evidence": []}
    report = words(form, [*verdicts(silent(), ["relay_third_party", "pop3_capabilities"]), named])
    assert "No service on this host answered" in report
    assert "2 checks could not be made because of it" in report


def test_a_verdict_with_a_finding_of_its_own_stands_alone() -> None:
    found = [
        {
            **verdict,
            "evidence": [
                *verdict["evidence"],
                {**verdict["evidence"][0], "status": UNKNOWN, "caused_by": "", "port": 587},
            ],
        }
        for verdict in port_25_blocked()
    ]
    assert causes.followers(found) == {}


def test_the_data_keep_all_verdicts_with_their_cause() -> None:
    report = formats.render("json", port_25_blocked(), RUN, [], verbose=False)
    assert report.count('"caused_by": "port_25_unreachable"') == 3
    assert len(port_25_blocked()) == report.count('"title_failed"')


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_pass_that_the_budget_cut_is_in_every_summary(count: int) -> None:
    (verdict,) = evaluate.evaluate(
        recordings.context_of(recordings.recorded("relay_address_forms")[PASS]),
        evaluate.choose(["relay_address_forms"]),
    )
    assert causes.hints([verdict]) == []
    told = "All was rejected. No form was tried at d.example."
    aside = [{**entry, "reason": "left_out", "sentence": told} for entry in verdict["evidence"][:1]]
    cut = [
        {**verdict, "target": f"mx{number}.example.org", "evidence": aside}
        for number in range(count)
    ]
    for form in FORMS:
        seen = words(form, cut)
        for number in range(count):
            hint = f"Not all was tried on mx{number}.example.org (relay_address_forms): {told}"
            assert (hint in seen) is (number < 3)
        assert (f"{count - 3} more such passes are in the report." in seen) is (count > 3)


def test_a_missing_domain_is_one_line_that_says_what_to_give() -> None:
    (verdict,) = verdicts(answered(), ["relay_third_party"])
    aside = [{**entry, "caused_by": "no_domain"} for entry in verdict["evidence"][:1]]
    dns = {**verdict, "check": "spf_record", "status": "not_applicable", "evidence": aside}
    hint = "Give audit_domains to check SPF, DKIM, DMARC, MTA-STS and DANE (1 check)."
    for form in FORMS:
        assert hint in words(form, [verdict, dns])
    assert causes.hints([verdict]) == []


def test_evidence_without_the_key_names_no_cause() -> None:
    found = [
        {
            **verdict,
            "evidence": [
                {key: value for key, value in entry.items() if key != "caused_by"}
                for entry in verdict["evidence"]
            ],
        }
        for verdict in port_25_blocked()
    ]
    assert causes.followers(found) == {}


def test_what_follows_from_a_follower_belongs_to_the_first_cause() -> None:
    first, *others = port_25_blocked()
    assert first["check"] == "relay_third_party"
    entries = [{**entry, "caused_by": "relay_third_party"} for entry in first["evidence"]]
    later = {**first, "check": "relay_null_sender", "evidence": entries}
    found = causes.followers([first, later, *others])
    assert [key[1] for key in found] == ["port_25_unreachable"]
    assert len(found["mx1.example.org", "port_25_unreachable"]) == 3


def test_causes_in_a_circle_hide_nothing() -> None:
    first = port_25_blocked()[0]
    pair = [
        {
            **first,
            "check": check,
            "evidence": [{**entry, "caused_by": other} for entry in first["evidence"]],
        }
        for check, other in (("relay_xclient", "relay_vrfy"), ("relay_vrfy", "relay_xclient"))
    ]
    assert causes.followers(pair) == {}
