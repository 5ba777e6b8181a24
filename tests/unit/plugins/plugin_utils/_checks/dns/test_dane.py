# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DANE, on recorded answers and certificates."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import itertools
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dane
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base


@pytest.mark.parametrize(("check", "status"), [("dane_match", FAIL), ("dane_rollover", UNKNOWN)])
def test_unsigned_records_are_ignored(check: str, status: str) -> None:
    bare = dns_verdicts.with_facts(dns_verdicts.recorded(check, PASS), "TLSA", ad=False)
    assert dns_verdicts.verdict(check, bare)["status"] == status
    notes = [lines[-1] for lines in dns_verdicts.decisive_lines(check, bare)]
    assert notes == ["_25._tcp.sound-mx.names.test TLSA: the resolver did not set the AD flag"]


@pytest.mark.parametrize("check", ["dane_match", "dane_other_ports"])
def test_mismatch_is_shown_by_the_records_and_the_digests_of_the_certificate(check: str) -> None:
    for lines in dns_verdicts.decisive_lines(check, dns_verdicts.recorded(check, FAIL)):
        records, digests = lines[:-2], lines[-2:]
        assert {line[:11] for line in records} == {"TLSA 3 1 1 "}
        assert ["SHA-256 of the certificate" in digests[0], "public key" in digests[1]] == [
            True
        ] * 2


def test_records_of_the_certificate_in_use_are_decisive() -> None:
    context = dns_verdicts.recorded("dane_rollover", FAIL)
    (lines,) = dns_verdicts.decisive_lines("dane_rollover", context)
    assert {line[:11] for line in lines} == {"TLSA 3 1 1 "}


NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("leaf", "A", "B", "C")}


def issue(
    subject: str, issuer: str, authority: bool = True, days: int = 30, host: str = "mx.names.test"
) -> x509.Certificate:
    """A certificate; those of authorities may issue others."""
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        for name in (issuer, subject)
    ]
    builder = x509.CertificateBuilder(*names, KEYS[subject].public_key(), 7)
    builder = builder.not_valid_before(NOW - datetime.timedelta(days=90))
    builder = builder.not_valid_after(NOW + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if not authority:
        names_of = x509.SubjectAlternativeName([*map(x509.DNSName, host.split(","))])
        builder = builder.add_extension(names_of, critical=False)
    return builder.sign(KEYS[issuer], hashes.SHA256())


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def record(certificate: x509.Certificate, usage: int = 2) -> str:
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"{usage} 1 1 {hashlib.sha256(key).hexdigest()}"


RECORDED = dns_verdicts.recorded("dane_match", PASS)
HOST = RECORDED.target.name
IPV4, IPV6 = RECORDED.addresses
OWNER = f"_25._tcp.{HOST} TLSA"
Facts = dict[str, t.Any]


def served(leaf: x509.Certificate | bytes, *above: x509.Certificate | bytes) -> Facts:
    """The facts of a connection on which a chain was served."""
    chain = [entry if isinstance(entry, bytes) else der(entry) for entry in (leaf, *above)]
    return {"certificate": chain[0].hex(), "chain": [entry.hex() for entry in chain[1:]]}


def context_of(
    records: t.Iterable[str], *connections: tuple[str, Facts], service: str = "smtp"
) -> base.AuditContext:
    """TLSA records of port 25, and what was served on connections, by address."""
    context = dns_verdicts.with_records(RECORDED, "TLSA", list(records))
    sample = context.of("tls_trust")[0]
    seen = [
        {**sample, "service": service, "address": address, "facts": facts}
        for address, facts in connections
    ]
    observations = (*seen, *context.of("dns"))
    return dataclasses.replace(context, observations=observations, now=NOW)


def evidence(context: base.AuditContext) -> list[tuple[str, str, list[str]]]:
    """Status, sentence and transcript of each finding about port 25."""
    return [
        (entry["status"], entry["sentence"], [line[1] for line in entry["transcript"]])
        for entry in dns_verdicts.verdict("dane_match", context)["evidence"]
    ]


def status_of(
    leaf: x509.Certificate,
    above: list[x509.Certificate],
    *records: str,
    check: str = "dane_match",
) -> str:
    """The status of a check for a chain that port 25 serves, and these records."""
    facts = served(leaf, *above)
    context = context_of(records, (IPV4, facts), (IPV6, facts))
    return str(dns_verdicts.verdict(check, context)["status"])


A, B = issue("A", "A"), issue("B", "A")
LEAF = issue("leaf", "B", False, host=HOST)
OTHER = issue("C", "C")


def test_record_of_an_authority_matches_where_the_chain_leads_to_it() -> None:
    assert status_of(LEAF, [B, A], record(A)) == PASS
    assert status_of(LEAF, [A, B], record(A)) == PASS
    assert status_of(LEAF, [B], record(B)) == PASS
    assert status_of(LEAF, [B], f"2 0 0 {der(A).hex()}") == PASS


def test_appended_authority_that_issued_nothing_does_not_match() -> None:
    of_other = issue("leaf", "C", False, host=HOST)
    assert status_of(LEAF, [B, OTHER], record(OTHER)) == FAIL
    assert status_of(LEAF, [OTHER], record(OTHER)) == FAIL
    assert status_of(of_other, [B, A], record(A)) == FAIL
    assert status_of(LEAF, [B], record(A)) == FAIL


@pytest.mark.parametrize("records", [[record(OTHER), record(B)], [record(B), record(OTHER)]])
def test_one_record_of_an_authority_that_issued_it_is_enough(records: list[str]) -> None:
    ((status, sentence, _lines),) = evidence(
        context_of(records, (IPV4, served(LEAF, OTHER, B)), (IPV6, served(LEAF, OTHER, B)))
    )[:1]
    assert (status, f"comes from the authority of TLSA {record(B)[:22]}" in sentence) == (
        PASS,
        True,
    )


@pytest.mark.parametrize(
    ("text", "above"),
    [
        (f"2 0 0 {der(OTHER).hex()}", [B]),
        (f"2 0 1 {hashlib.sha256(der(OTHER)).hexdigest()}", [B]),
        (record(A), [B, b"\x30\x00"]),
    ],
)
def test_authority_that_was_not_sent_and_issued_nothing_matches_nothing(
    text: str, above: list[x509.Certificate | bytes]
) -> None:
    (found, _other) = evidence(
        context_of([text], (IPV4, served(LEAF, *above)), (IPV6, served(LEAF, *above)))
    )
    assert found[0] == FAIL
    assert found[1].endswith("matches no usable TLSA record (there are 1).")


def test_chain_to_an_authority_must_be_valid_and_for_the_name() -> None:
    assert status_of(LEAF, [issue("B", "A", days=-1), A], record(A)) == FAIL
    assert status_of(LEAF, [issue("B", "A", authority=False), A], record(A)) == FAIL
    assert status_of(issue("leaf", "B", False, days=-1, host=HOST), [B, A], record(A)) == FAIL
    assert status_of(issue("leaf", "B", False), [B, A], record(A)) == FAIL


#: The issuer with the signature of another authority, and with one that has ended.
CROSS_SIGNED, ENDED = issue("B", "C"), issue("B", "A", days=-1)


@pytest.mark.parametrize("above", list(itertools.permutations([B, CROSS_SIGNED, A, OTHER])))
def test_chain_may_lead_to_one_of_several_authorities(
    above: tuple[x509.Certificate, ...],
) -> None:
    for authority in (A, OTHER, B):
        assert status_of(LEAF, list(above), record(authority)) == PASS
        assert status_of(LEAF, list(above), record(authority), check="dane_rollover") == PASS
    of_one = [entry for entry in above if entry != CROSS_SIGNED]
    assert status_of(LEAF, of_one, record(OTHER)) == FAIL


@pytest.mark.parametrize("above", list(itertools.permutations([B, ENDED, A])))
def test_chain_with_a_certificate_that_ended_counts_for_nothing_beside_a_valid_one(
    above: tuple[x509.Certificate, ...],
) -> None:
    assert status_of(LEAF, list(above), record(A)) == PASS
    assert status_of(LEAF, [entry for entry in above if entry != B], record(A)) == FAIL


def bare_key(certificate: x509.Certificate, usage: int = 2) -> str:
    """A record with the whole key of a certificate."""
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"{usage} 1 0 {key.hex()}"


def test_authority_whose_whole_key_is_in_the_record_need_not_be_sent() -> None:
    assert status_of(LEAF, [B], bare_key(A)) == PASS
    assert status_of(LEAF, [], bare_key(B)) == PASS
    assert status_of(LEAF, [B, A], bare_key(A)) == PASS
    assert status_of(LEAF, [B], bare_key(OTHER)) == FAIL
    assert status_of(LEAF, [], bare_key(A)) == FAIL
    assert status_of(LEAF, [issue("B", "A", days=-1)], bare_key(A)) == FAIL
    assert status_of(LEAF, [B, issue("A", "A", days=-1)], bare_key(A)) == PASS
    assert status_of(LEAF, [B], f"2 0 0 {bare_key(A)[6:]}") == FAIL


def with_mx(context: base.AuditContext, domain: str, ad: bool) -> base.AuditContext:
    """The context with an MX record of a domain that names the host, secure or not."""
    sample = next(seen for seen in context.of("dns") if seen["params"]["type"] == "TLSA")
    facts = {**sample["facts"], "records": [f"10 {HOST}."], "ad": ad}
    seen = {**sample, "params": {**sample["params"], "name": domain, "type": "MX"}, "facts": facts}
    return dns_verdicts.replaced(context, [*context.observations, seen])


@pytest.mark.parametrize(
    ("domains", "secure", "status"),
    [
        (["a.test"], ["a.test"], PASS),
        (["a.test", "b.test"], ["a.test", "b.test"], PASS),
        (["a.test"], [], FAIL),
        (["a.test", "b.test"], ["a.test"], FAIL),
        (["a.test", "c.test"], ["a.test", "c.test"], FAIL),
        ([], [], FAIL),
    ],
)
def test_certificate_of_an_authority_may_be_for_the_domains_whose_mx_records_are_secure(
    domains: list[str], secure: list[str], status: str
) -> None:
    leaf = issue("leaf", "B", False, host="a.test,b.test")
    context = context_of([record(B)], (IPV4, served(leaf, B)), (IPV6, served(leaf, B)))
    for domain in domains:
        context = with_mx(context, domain, domain in secure)
    target = dataclasses.replace(context.target, domains=tuple(domains))
    context = dataclasses.replace(context, target=target)
    assert dns_verdicts.verdict("dane_match", context)["status"] == status


def test_name_of_a_domain_whose_mx_record_was_not_seen_is_no_name_of_the_host() -> None:
    leaf = issue("leaf", "B", False, host="a.test")
    context = context_of([record(B)], (IPV4, served(leaf, B)), (IPV6, served(leaf, B)))
    target = dataclasses.replace(context.target, domains=("a.test",))
    context = dataclasses.replace(context, target=target)
    assert dns_verdicts.verdict("dane_match", context)["status"] == FAIL


OTHER_PORTS = dns_verdicts.recorded("dane_other_ports", PASS)
OF_OTHER_PORTS = issue("leaf", "B", False, host=OTHER_PORTS.target.name)


@pytest.mark.parametrize(
    ("above", "text", "status"),
    [
        ([B], record(OF_OTHER_PORTS, 1), PASS),
        ([B], record(OF_OTHER_PORTS, 3), PASS),
        ([B], record(B, 1), FAIL),
        ([B], record(B, 0), PASS),
        ([B, A], record(A, 0), PASS),
        ([B], record(A, 0), UNKNOWN),
        ([B, OTHER], record(OTHER, 0), FAIL),
        ([B], record(A, 2), FAIL),
        ([B], f"4{record(B)[1:]}", FAIL),
    ],
)
def test_clients_of_other_ports_use_records_beside_their_own_trust(
    above: list[x509.Certificate], text: str, status: str
) -> None:
    context = dns_verdicts.with_records(OTHER_PORTS, "TLSA", [text])
    seen = [
        {**entry, "facts": served(OF_OTHER_PORTS, *above)}
        if entry["probe"] == "tls_trust"
        else entry
        for entry in context.observations
    ]
    context = dataclasses.replace(dns_verdicts.replaced(context, seen), now=NOW)
    assert dns_verdicts.verdict("dane_other_ports", context)["status"] == status


def test_name_of_a_domain_is_none_of_a_host_that_clients_do_not_find_by_mx_records() -> None:
    leaf = issue("leaf", "B", False, host="a.test")
    context = with_mx(
        dns_verdicts.with_records(OTHER_PORTS, "TLSA", [record(B)]), "a.test", ad=True
    )
    seen = [
        {**entry, "facts": served(leaf, B)} if entry["probe"] == "tls_trust" else entry
        for entry in context.observations
    ]
    target = dataclasses.replace(context.target, domains=("a.test",))
    context = dataclasses.replace(dns_verdicts.replaced(context, seen), now=NOW, target=target)
    found = dns_verdicts.verdict("dane_other_ports", context)
    assert (found["status"], "is not for this name" in found["sentence"]) == (FAIL, True)


def test_what_is_above_the_authority_of_a_record_need_not_be_valid() -> None:
    assert status_of(LEAF, [B, issue("A", "A", days=-1)], record(B)) == PASS


@pytest.mark.parametrize(
    ("above", "records", "status"),
    [
        ([B, A], [record(A)], PASS),
        ([B], [record(B), record(LEAF, 3)], PASS),
        ([B], [record(LEAF, 3), record(A, 3)], PASS),
        ([B], [record(LEAF, 3)], FAIL),
        ([B], [record(LEAF, 2)], FAIL),
        ([B, OTHER], [record(LEAF, 3), record(OTHER)], FAIL),
        ([issue("B", "A", days=-1), A], [record(A)], FAIL),
        ([B], [record(LEAF, 3), record(A)], UNKNOWN),
    ],
)
def test_record_of_an_authority_covers_the_next_certificate_where_this_one_comes_from_it(
    above: list[x509.Certificate], records: list[str], status: str
) -> None:
    assert status_of(LEAF, above, *records, check="dane_rollover") == status


@pytest.mark.parametrize(
    "odd", ["3 1 0", "3 1 0 ", "\u00b2 1 1 00", "3 1 1 " + "zz" * 32, f"{'3' * 4400} 1 1 00", ""]
)
def test_odd_record_is_not_usable_and_costs_nothing(odd: str) -> None:
    assert status_of(LEAF, [B, A], odd, record(A)) == PASS
    assert status_of(LEAF, [B, A], odd) == FAIL


@pytest.mark.parametrize(
    ("name", "status"), [("_25._tcp.mx1.example.org", FAIL), ("mx1.example.org", UNKNOWN)]
)
def test_wrong_signatures_of_the_records_fail(name: str, status: str) -> None:
    zone: dns_verdicts.Zone = {
        ("mx1.example.org", "A"): ["192.0.2.25"],
        (name, "TLSA" if name.startswith("_") else "A"): "bogus",
    }
    assert dns_verdicts.status_of("dane_match", zone, addresses=["192.0.2.25"])[0] == status


@pytest.mark.parametrize(
    ("own", "other", "status", "deciding"),
    [
        (record(LEAF, 3), record(A, 3), PASS, record(LEAF, 3)),
        (record(B, 3), f"1{record(LEAF, 3)[1:]}", FAIL, record(B, 3)),
    ],
)
def test_finding_about_a_certificate_names_the_record_the_endpoint_and_its_digests(
    own: str, other: str, status: str, deciding: str
) -> None:
    context = context_of([other, own], (IPV4, served(LEAF)), (IPV6, served(LEAF)))
    decisive = dns_verdicts.decisive_lines("dane_match", context)
    key = record(LEAF).rpartition(" ")[2]
    endpoints = [f"smtp {IPV4}:25", f"smtp [{IPV6}]:25"]
    question = [OWNER] if status == PASS else []
    assert decisive == [
        [
            *question,
            f"TLSA {deciding}",
            f"{endpoint}: SHA-256 of the certificate {hashlib.sha256(der(LEAF)).hexdigest()}",
            f"{endpoint}: SHA-256 of its public key {key}",
        ]
        for endpoint in endpoints
    ]
    found = evidence(context)
    assert [(entry[0], entry[1].partition(" (")[0]) for entry in found] == [
        (status, f"The certificate at {endpoint}") for endpoint in endpoints
    ]


def test_certificate_that_cannot_be_read_is_unknown_beside_the_records() -> None:
    context = context_of([record(B)], (IPV4, served(b"\x30\x00")), (IPV6, served(LEAF, B)))
    (unread, _other) = evidence(context)
    assert (unread[0], unread[2]) == (UNKNOWN, [OWNER, f"TLSA {record(B)}"])
    assert unread[1].startswith(f"The certificate at smtp {IPV4}:25 cannot be read: ")


def test_address_without_a_certificate_is_unknown() -> None:
    lines = [OWNER, f"TLSA {record(LEAF, 3)}"]
    text = "There are TLSA records, but no certificate was seen for smtp at"
    context = context_of([record(LEAF, 3)], (IPV4, served(LEAF)), (IPV6, {"certificate": ""}))
    assert evidence(context)[0] == (UNKNOWN, f"{text} {IPV6}.", lines)
    nowhere = dataclasses.replace(context_of([record(LEAF, 3)]), addresses=())
    assert evidence(nowhere) == [(UNKNOWN, f"{text} any address.", lines)]


def test_each_address_is_judged_by_what_it_serves() -> None:
    context = context_of([record(LEAF, 3)], (IPV6, served(OTHER)), (IPV4, served(LEAF)))
    assert [(entry[0], entry[1].partition(" (")[0]) for entry in evidence(context)] == [
        (FAIL, f"The certificate at smtp [{IPV6}]:25"),
        (PASS, f"The certificate at smtp {IPV4}:25"),
    ]


@pytest.mark.parametrize("whole_last", [True, False])
def test_chain_is_taken_from_whichever_connection_it_was_seen_on(whole_last: bool) -> None:
    alone = {"tls": {"certificate": served(LEAF)["certificate"]}}
    connections = [(IPV4, alone), (IPV4, served(LEAF, B))]
    context = context_of([record(B)], *(connections if whole_last else connections[::-1]))
    context = dataclasses.replace(context, addresses=(IPV4,))
    assert [entry[0] for entry in evidence(context)] == [PASS]
    (unseen,) = evidence(
        dataclasses.replace(context_of([record(B)], (IPV4, alone)), addresses=(IPV4,))
    )
    assert (unseen[0], unseen[1].endswith("its chain was not seen.")) == (UNKNOWN, True)


def test_certificate_of_another_service_is_none_of_port_25() -> None:
    other = context_of([record(LEAF, 3)], (IPV4, served(OTHER)), service="submission")
    own = context_of([record(LEAF, 3)], (IPV4, served(LEAF)))
    context = dns_verdicts.replaced(
        dataclasses.replace(own, addresses=(IPV4,)),
        [*other.of("tls_trust"), *own.observations],
    )
    assert [entry[0] for entry in evidence(context)] == [PASS]


A_QUESTION, AAAA_QUESTION = f"{HOST} A", f"{HOST} AAAA"


def asked(name: str) -> t.Callable[[dns_verdicts.Observation], bool]:
    """Whether an observation is about a question, written as name and type."""
    return lambda seen: f"{seen['params'].get('name')} {seen['params'].get('type')}" == name


def without_records(name: str, ad: bool = True) -> base.AuditContext:
    """The recorded context where a question has no such record."""
    (seen,) = filter(asked(name), RECORDED.observations)
    facts = {**seen["facts"], "state": "nodata", "records": [], "ad": ad}
    lines = [seen["transcript"][0], ["S", "no such record"]]
    return dns_verdicts.changed(RECORDED, asked(name), facts=facts, transcript=lines)


@pytest.mark.parametrize(
    ("context", "status", "sentence"),
    [
        (
            dns_verdicts.without(RECORDED, asked("home.arpa SOA")),
            UNKNOWN,
            "There are TLSA records, but no trusted resolver was seen to validate",
        ),
        (
            dns_verdicts.with_records(RECORDED, "TLSA", ["1 1 0 00", "3 1 1 00"]),
            FAIL,
            "None of the TLSA records for smtp is usable for mail: 1 1 0 00, 3 1 1 00.",
        ),
        (
            dns_verdicts.changed(
                RECORDED, asked(OWNER), facts={}, error={"kind": "bogus", "text": "wrong"}
            ),
            FAIL,
            f"The DNSSEC signatures of {OWNER} are wrong: whoever uses DANE does not connect.",
        ),
    ],
)
def test_records_that_decide_without_a_certificate_are_all_the_evidence(
    context: base.AuditContext, status: str, sentence: str
) -> None:
    (seen,) = filter(asked(OWNER), context.observations)
    ((found, text, lines),) = evidence(context)
    assert (found, text.startswith(sentence)) == (status, True), text
    assert lines == [line[1] for line in seen["transcript"]]


def test_without_records_dane_does_not_apply() -> None:
    found = dns_verdicts.verdict("dane_match", without_records(OWNER))
    assert (found["status"], found["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)
    assert found["sentence"] == "There is no TLSA record for smtp."
    assert [entry["transcript"] for entry in found["evidence"]] == [[["S", "no such record"]]]


def test_without_cryptography_certificates_are_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dane.x509, "CRYPTOGRAPHY_IMPORT_ERROR", "No module named cryptography")
    context = context_of([record(LEAF, 3)], (IPV4, served(LEAF)))
    text = "The Python package cryptography is missing on the controller, so certificates cannot "
    assert evidence(context) == [
        (UNKNOWN, f"{text}be compared.", [OWNER, f"TLSA {record(LEAF, 3)}"])
    ]


def test_addresses_of_the_host_must_be_secure_too() -> None:
    (ipv4,) = filter(asked(A_QUESTION), RECORDED.observations)
    facts = {**ipv4["facts"], "ad": False}
    context = dns_verdicts.changed(RECORDED, asked(A_QUESTION), facts=facts)
    transcripts = [
        [line[1] for line in seen["transcript"]]
        for name in (OWNER, A_QUESTION, AAAA_QUESTION)
        for seen in filter(asked(name), context.observations)
    ]
    note = f"{A_QUESTION}: the resolver did not set the AD flag"
    text = "The TLSA records for smtp, or the addresses of the host, are not secured by DNSSEC, so "
    assert evidence(context) == [
        (FAIL, f"{text}senders ignore them.", [*itertools.chain(*transcripts), note])
    ]


def test_addresses_that_do_not_exist_need_not_be_secure() -> None:
    context = dataclasses.replace(without_records(AAAA_QUESTION, ad=False), addresses=(IPV4,))
    assert [entry[0] for entry in evidence(context)] == [PASS]
