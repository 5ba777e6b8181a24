# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Stored answers and the findings about them: which lines decided, and what is said without
answers.
"""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dane, lookup, mx
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import domain_queries
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import (
    RECORDS,
    Answer,
    Question,
)
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

CHECKS = evaluate.choose(groups=["dns", "dnsbl"])
MX = Answer(
    Question("example.org", "MX"),
    RECORDS,
    ("10 a.example.", "20 b.example."),
    ("alias.example",),
    transcript=(
        ("C", "example.org MX"),
        ("S", "CNAME alias.example"),
        ("S", "MX 10 a.example."),
        ("S", "MX 20 b.example."),
    ),
)
TXT = Answer(
    Question("example.org", "TXT"),
    RECORDS,
    ("x",),
    transcript=(("C", "example.org TXT"), ("S", "TXT x")),
)


def context_without_answers(kind: str, **target: t.Any) -> base.AuditContext:
    params = {"name": ".", "type": "NS", "trusted": False}
    seen = _model.observation(
        _model.Job("dns", "mx1.example.org", "dns", "::", 53, params),
        {},
        {"kind": kind, "text": "why"},
        [["C", ". NS"], ["*", "why"]],
        {},
    )
    names = {
        "domains": ["example.org"],
        "dnsbl_zones": ["bl.example"],
        "parked_domains": ["a.example"],
        "dkim_selectors": ["s"],
    }
    host = _target.target({"name": "mx1.example.org", **names, **target})
    return base.AuditContext(host, (seen,), policy.policy(), evaluate.moment(), ("192.0.2.25",))


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("declined", NOT_APPLICABLE, NOT_REQUESTED),
        ("unavailable", UNKNOWN, ""),
        ("timeout", UNKNOWN, ""),
    ],
)
def test_without_answers_no_dns_check_has_a_result(kind: str, status: str, reason: str) -> None:
    context = context_without_answers(kind)
    found = evaluate.evaluate(context, CHECKS)
    assert {(entry["status"], entry["sentence"]) for entry in found} == {(status, "Why.")}
    lines = (("C", ". NS"), ("*", "why"))
    assert lookup.why_no_answers(context) == Finding(
        status, "Why.", transcript=lines, decisive=(1,), probe="dns", reason=reason
    )


def test_dns_that_was_not_asked_is_unknown() -> None:
    context = dns_verdicts.replaced(context_without_answers("timeout"), [])
    assert lookup.why_no_answers(context) == Finding(UNKNOWN, "The DNS was not asked.")


def test_error_about_the_root_hides_no_other_answer() -> None:
    asked = dns_verdicts.of_zone({("example.org", "MX"): ["0 ."]}).observations
    (seen,) = [entry for entry in asked if entry["params"]["type"] == "MX"]
    context = context_without_answers("timeout")
    context = dns_verdicts.replaced(context, [*context.observations, seen])
    assert dns_verdicts.verdict("mx_records", context)["status"] == FAIL


@pytest.mark.parametrize("check", ["mx_records", "spf_record", "dmarc_record", "dnssec"])
def test_checks_of_domains_do_not_apply_without_a_domain(check: str) -> None:
    no_domain = (NOT_APPLICABLE, NO_SUBJECT, "No domain is declared (domains).")
    for context in (
        dns_verdicts.recorded(check, PASS, domains=[]),
        context_without_answers("declined", domains=[]),
    ):
        found = dns_verdicts.verdict(check, context)
        assert (found["status"], found["reason"], found["sentence"]) == no_domain


def test_checks_of_a_host_name_do_not_apply_to_an_address() -> None:
    context = dns_verdicts.of_zone({}, name="192.0.2.25")
    found = dns_verdicts.verdict("dane_match", context)
    assert (found["status"], found["reason"], found["sentence"]) == (
        NOT_APPLICABLE,
        NO_SUBJECT,
        "The host was given as an address, so it has no name.",
    )


def test_question_that_was_not_asked_is_unknown() -> None:
    asked = dns_verdicts.of_zone({("example.org", "MX"): ["0 ."]})
    context = dns_verdicts.without(asked, lambda seen: seen["params"]["type"] == "MX")
    found = dns_verdicts.verdict("mx_records", context)
    assert (found["status"], found["sentence"]) == (
        UNKNOWN,
        "Not seen: example.org MX: this was not asked before the deadline.",
    )


@pytest.mark.parametrize(("kind", "cause"), [("timeout", ""), ("bogus", "dnssec")])
def test_answer_that_did_not_come_is_all_the_evidence(kind: str, cause: str) -> None:
    host = "mx1.example.org"
    zone: dns_verdicts.Zone = {(host, "A"): ["192.0.2.25"], (host, "AAAA"): kind}
    (found,) = lookup.per_host(dane.dane_match)(dns_verdicts.of_zone(zone))
    assert (found.status, found.sentence, found.transcript, found.caused_by) == (
        UNKNOWN,
        f"Not seen: {host} AAAA: an error: {kind}.",
        (("C", f"{host} AAAA"),),
        cause,
    )


@pytest.mark.parametrize("check", ["dane_match", "dane_rollover", "dane_other_ports", "dnssec"])
@pytest.mark.parametrize(
    "change", ["untrusted", "AD on all", "AD on none", "no control", "missigned"]
)
def test_untrusted_flag_of_the_resolver_is_unknown(check: str, change: str) -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.recorded(check, PASS)
    if change == "untrusted":
        observations = [
            {**seen, "params": {**seen["params"], "trusted": False}}
            if seen["probe"] == "dns"
            else seen
            for seen in context.observations
        ]
        context = dns_verdicts.replaced(context, observations)
    elif change == "no control":
        context = dns_verdicts.without(context, lambda seen: seen["params"].get("type") == "SOA")
    elif change == "missigned":
        asked = {"name": "dnssec-failed.org", "type": "A", "trusted": True}
        (root,) = [seen for seen in context.observations if seen["params"].get("name") == "."]
        missigned = {**root, "params": asked, "facts": {**root["facts"], "records": ["192.0.2.1"]}}
        context = dns_verdicts.replaced(context, [*context.observations, missigned])
    elif change == "AD on all":
        context = dns_verdicts.with_facts(context, "SOA", ad=True)
    else:
        for kind in ("NS", "A", "AAAA", "MX", "TLSA", "DS"):
            context = dns_verdicts.with_facts(context, kind, ad=False)
    found = dns_verdicts.verdict(check, context)
    assert (found["status"], "dns_validated" in found["sentence"]) == (UNKNOWN, True)


NEEDS_DNSSEC = ("dane_match", "dane_rollover", "dane_other_ports", "dnssec")
#: Errors about the zone whose signatures are wrong: kind, whether the resolver is trusted.
MISSIGNED_SEEN = [("bogus", True)]
MISSIGNED_NOT_SEEN = [("bogus", False), ("timeout", True), ("servfail", True), ("", True)]


def of_resolver_here(check: str, kind: str, trusted: bool, declared: bool) -> base.AuditContext:
    """A recorded pass with a resolver on this machine, and what it said of the zone whose
    signatures are wrong: an error of a kind, or that there is no such name.
    """
    context = dns_verdicts.recorded(check, PASS)
    (root,) = [seen for seen in context.observations if seen["params"].get("name") == "."]
    name, record_type = domain_queries.MISSIGNED
    missing = {**root["facts"], "state": "nxdomain", "records": []}
    missigned = {
        **root,
        "params": {"name": name, "type": record_type, "trusted": trusted},
        "facts": {} if kind else missing,
        "error": {"kind": kind, "text": "an error"} if kind else None,
    }
    observations = [
        {**seen, "address": "127.0.0.1", "params": {**seen["params"], "declared": declared}}
        if seen["probe"] == "dns"
        else seen
        for seen in [*context.observations, missigned]
    ]
    return dns_verdicts.replaced(context, observations)


@pytest.mark.parametrize("check", NEEDS_DNSSEC)
@pytest.mark.parametrize(("kind", "trusted"), MISSIGNED_NOT_SEEN)
def test_resolver_that_was_not_seen_to_refuse_wrong_signatures_is_unknown(
    check: str, kind: str, trusted: bool
) -> None:
    pytest.importorskip("cryptography")
    found = dns_verdicts.verdict(check, of_resolver_here(check, kind, trusted, declared=False))
    words = "it was not seen to refuse wrong signatures (dnssec-failed.org)"
    assert (found["status"], words in found["sentence"]) == (UNKNOWN, True)


@pytest.mark.parametrize("check", NEEDS_DNSSEC)
def test_resolver_that_was_not_asked_for_wrong_signatures_is_unknown(check: str) -> None:
    pytest.importorskip("cryptography")
    context = of_resolver_here(check, "bogus", trusted=True, declared=False)
    name = domain_queries.MISSIGNED.name
    context = dns_verdicts.without(context, lambda seen: seen["params"].get("name") == name)
    assert dns_verdicts.verdict(check, context)["status"] == UNKNOWN


@pytest.mark.parametrize("check", NEEDS_DNSSEC)
@pytest.mark.parametrize(
    ("kind", "trusted", "declared"),
    [
        *((kind, trusted, False) for kind, trusted in MISSIGNED_SEEN),
        *((kind, trusted, True) for kind, trusted in MISSIGNED_SEEN + MISSIGNED_NOT_SEEN),
    ],
)
def test_resolver_that_refuses_wrong_signatures_or_is_declared_to_validate_passes(
    check: str, kind: str, trusted: bool, declared: bool
) -> None:
    pytest.importorskip("cryptography")
    context = of_resolver_here(check, kind, trusted, declared)
    assert dns_verdicts.verdict(check, context)["status"] == PASS


@pytest.mark.parametrize("status", [FAIL, PASS])
@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_recorded_finding_names_its_probe_and_the_lines_that_decided(
    check: str, status: str
) -> None:
    pytest.importorskip("cryptography")
    found = dns_verdicts.verdict(check, dns_verdicts.recorded(check, status))
    evidence = [entry for entry in found["evidence"] if entry["status"] == status]
    assert {entry["probe"] for entry in evidence} <= {
        "dns",
        "mta_sts",
        "tls_trust",
        "smtp_session",
        "mailstore_session",
    }
    assert all(entry["decisive"] for entry in evidence if entry["probe"] != "tls_trust")


def view() -> lookup.StoredAnswers:
    target = _target.target({"name": "mx1.example.org"})
    return lookup.StoredAnswers(
        base.AuditContext(target, (), policy.policy(), evaluate.moment()), "example.org"
    )


def test_finding_about_the_dns_names_its_probe_and_all_replies() -> None:
    found = view().finding(FAIL, "x", TXT, MX)
    assert (found.probe, found.subject, found.transcript) == (
        "dns",
        "example.org",
        (*TXT.transcript, *MX.transcript),
    )
    assert found.decisive == (1, 3, 4, 5)


def test_finding_names_the_records_that_decided_behind_an_alias() -> None:
    found = view().finding(FAIL, "x", MX, TXT, decisive=[MX], records=["20 b.example."])
    assert found.decisive == (3,)


def test_pass_names_the_question_too() -> None:
    found = view().finding(PASS, "x", TXT, MX, decisive=[MX], records=["10 a.example."])
    assert found.decisive == (2, 4)


def test_answer_without_a_record_that_decided_is_not_decisive() -> None:
    found = view().finding(PASS, "x", TXT, MX, records=["x"])
    assert found.decisive == (0, 1)


def test_finding_has_the_reason_that_is_given() -> None:
    reasons = [
        view().finding(NOT_APPLICABLE, "x", TXT, reason=NO_SUBJECT).reason,
        view().finding(FAIL, "x", TXT).reason,
    ]
    assert reasons == [NO_SUBJECT, ""]


@pytest.mark.parametrize(
    ("problem", "beginning"),
    [
        ("it is too long", "It is too long"),
        ("the key is revoked", "The key is revoked"),
        ("there is no key", "There is no key"),
        ("a signature expires", "A signature expires"),
        ("all (at example.org) lets everybody send", "all (at example.org) lets everybody send"),
        ("p= is no base64", "p= is no base64"),
    ],
)
def test_problems_are_one_sentence_about_the_answers(problem: str, beginning: str) -> None:
    found = lookup.problem_finding(view(), [problem, "it is old"], "Fine.", TXT)
    assert (found.status, found.sentence, found.transcript) == (
        FAIL,
        f"{beginning}; it is old.",
        TXT.transcript,
    )
    found = lookup.problem_finding(view(), [], "Fine.", TXT)
    assert (found.status, found.sentence, found.transcript) == (PASS, "Fine.", TXT.transcript)


def test_facts_beside_the_answers_are_decisive() -> None:
    found = view().finding(FAIL, "x", TXT, notes=["no AD flag"])
    assert (found.transcript[-1], found.decisive) == (("*", "no AD flag"), (1, 2))


def test_finding_about_a_connection_names_its_last_event() -> None:
    job = _model.Job("mta_sts", "mx1.example.org", "https", "192.0.2.1", 443, {})
    lines = [["*", "TLS: TLSv1.3"], ["C", "GET /"], ["*", "no whole answer"]]
    error = {"kind": "timeout", "text": "no whole answer"}
    observation = _model.observation(job, {}, error, lines, {})
    found = view().endpoint_finding(UNKNOWN, "x", observation)
    assert (found.probe, found.port, found.subject, found.decisive) == (
        "mta_sts",
        443,
        "example.org",
        (2,),
    )
    refused = view().endpoint_finding(FAIL, "x", {**observation, "transcript": []})
    assert (refused.transcript, refused.decisive) == ((("*", "no whole answer"),), (0,))


@pytest.mark.parametrize("check", ["dane_match", "dnssec"])
def test_validation_is_seen_without_the_root(check: str) -> None:
    pytest.importorskip("cryptography")
    context = dns_verdicts.with_facts(dns_verdicts.recorded(check, PASS), "NS", ad=False)
    assert dns_verdicts.verdict(check, context)["status"] == PASS


def test_flag_without_signatures_is_no_evidence() -> None:
    context = dns_verdicts.with_facts(dns_verdicts.recorded("dnssec", PASS), "MX", signatures=[])
    assert dns_verdicts.verdict("dnssec", context)["status"] == UNKNOWN


def test_wrong_signature_is_a_failure_and_the_cause_of_what_was_not_seen() -> None:
    zone = {("example.org", "MX"): "bogus"}
    status, sentence = dns_verdicts.status_of("dnssec", zone)
    assert (status, "mail to the domain is lost" in sentence) == (FAIL, True)
    found = lookup.per_domain(mx.mx_records)(dns_verdicts.of_zone(zone))
    assert [(entry.status, entry.caused_by) for entry in found] == [(UNKNOWN, "dnssec")]
    assert dns_verdicts.status_of("dnssec", {("example.org", "MX"): "servfail"})[0] == UNKNOWN


ROOT = tuple(domain_queries.CONTROL)


@pytest.mark.parametrize("root", ["bogus", "timeout", "not asked"])
def test_wrong_signatures_say_nothing_where_the_resolver_refuses_the_root_too(root: str) -> None:
    zone: dict[t.Any, t.Any] = {("example.org", "MX"): "bogus", ROOT: root}
    context = dns_verdicts.of_zone(zone)
    if root == "not asked":
        context = dns_verdicts.without(context, lambda seen: seen["params"]["name"] == ".")
    found = dns_verdicts.verdict("dnssec", context)
    text = f"Not seen: example.org MX: {lookup.REFUSES_ALL}."
    assert (found["status"], found["sentence"]) == (UNKNOWN, text)
    (entry,) = lookup.per_domain(mx.mx_records)(context)
    assert (entry.status, entry.caused_by) == (UNKNOWN, "")
    answer = lookup.StoredAnswers(context, "").answer(Question("example.org", "MX"))
    assert (answer.kind, answer.text) == ("servfail", lookup.REFUSES_ALL)


@pytest.mark.parametrize("root", [["a."], []])
def test_wrong_signatures_count_beside_an_answer_about_the_root(root: list[str]) -> None:
    zone = {("example.org", "MX"): "bogus", ROOT: root}
    assert dns_verdicts.status_of("dnssec", t.cast("t.Any", zone))[0] == FAIL


def test_error_of_another_kind_keeps_its_reason_where_the_root_is_refused() -> None:
    zone = {("example.org", "MX"): "timeout", ROOT: "bogus"}
    assert dns_verdicts.status_of("dnssec", t.cast("t.Any", zone)) == (
        UNKNOWN,
        "Not seen: example.org MX: an error: timeout.",
    )


def test_record_that_cannot_be_read_is_unknown() -> None:
    status, sentence = dns_verdicts.status_of("mx_records", {("example.org", "MX"): ["\u00b2 mx."]})
    assert (status, "cannot be read" in sentence) == (UNKNOWN, True)


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["v=spf1 ", "v=DMARC1;", "v=STSv1;", "v=TLSRPTv1;", "v=DKIM1;", "p="]),
        st.sampled_from(["\u00b2", "9" * 4400, "\u00a0", "rua=", "a:", "ip4:", "%{i}", "/0"]),
        st.text(max_size=8),
    ),
    max_size=6,
).map("".join)
MX_TEXTS = st.one_of(st.sampled_from(["0 .", "10 mx1.example.org.", "\u00b2 a.", ""]), TEXTS)
SRV_TEXTS = st.one_of(st.sampled_from(["0 1 993 a.example.", "0 0 0 .", "0 1 \u00b2 a."]), TEXTS)
CAA_TEXTS = st.one_of(st.sampled_from(['0 issue ";"', '0 issue ""', '\u00b2 issue "x"']), TEXTS)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, max_size=2), mx=MX_TEXTS, srv=SRV_TEXTS, caa=CAA_TEXTS)
def test_whatever_records_hold_there_are_verdicts(
    texts: list[str], mx: str, srv: str, caa: str
) -> None:
    names = ("", "_dmarc.", "_mta-sts.", "_smtp._tls.", "s1._domainkey.")
    zone: dict[tuple[str, str], list[str]] = {
        ("mx1.example.org", "A"): ["192.0.2.25"],
        ("example.org", "MX"): [mx],
        ("_imaps._tcp.example.org", "SRV"): [srv],
        ("mx1.example.org", "CAA"): [caa],
        **{(f"{name}example.org", "TXT"): texts for name in names},
    }
    context = dns_verdicts.of_zone(
        zone,
        addresses=["192.0.2.25"],
        dkim_selectors=["s1"],
        parked_domains=["example.org"],
    )
    assert evaluate.evaluate(context, evaluate.choose(groups=["dns", "dnsbl"]))
