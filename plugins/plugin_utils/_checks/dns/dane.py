# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of DANE: TLSA records match every certificate that was served, on each address (RFC
6698, 7671, 7672).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import BOGUS, RECORDS, Answer, UnseenError, require_one
from ..base import AuditContext, Check, Observation, endpoint_text, rfc
from ..tls import x509, x509_chain
from . import tlsa
from .lookup import NO_CRYPTOGRAPHY, StoredAnswers, per_host


class Chain(t.NamedTuple):
    """A certificate as it was served, its chain if that was seen, and the observation."""

    leaf: bytes
    above: tuple[bytes, ...] | None
    seen: Observation


def served_chains(context: AuditContext, service: str, address: str) -> list[Chain]:
    """Every certificate that was served at an endpoint, once."""
    chains: dict[str, Chain] = {}
    for observation in context.observations:
        if observation["service"] != service or observation["address"] != address:
            continue
        for facts in (observation["facts"], observation["facts"].get("tls") or {}):
            served = facts.get("certificate")
            if not isinstance(served, str) or not served:
                continue
            if served not in chains or chains[served].above is None:
                above = facts.get("chain")
                chains[served] = Chain(
                    bytes.fromhex(served),
                    None if above is None else tuple(bytes.fromhex(entry) for entry in above),
                    observation,
                )
    return list(chains.values())


def _compared(
    view: StoredAnswers, answer: Answer, records: t.Sequence[tlsa.Tlsa], chain: Chain
) -> Finding:
    """Whether one served certificate matches one of the records."""
    endpoint = endpoint_text(chain.seen)
    try:
        facts = x509.certificate_facts(chain.leaf)
        kind = f"{facts['key_type']}, {facts['key_bits']} bits"
        status, text, deciding = _match(view, records, chain, facts)
    except ValueError as exc:
        text = f"The certificate at {endpoint} cannot be read: {str(exc).rstrip('.')}."
        return view.finding(UNKNOWN, text, answer)
    digest = hashlib.sha256(chain.leaf).hexdigest()
    notes = [
        f"{endpoint}: SHA-256 of the certificate {digest}",
        f"{endpoint}: SHA-256 of its public key {facts['spki_sha256']}",
    ]
    sentence = f"The certificate at {endpoint} ({kind}) {text}."
    of_records = [record.record for record in deciding]
    return view.finding(status, sentence, answer, records=of_records, notes=notes)


def _match(
    view: StoredAnswers, records: t.Sequence[tlsa.Tlsa], chain: Chain, facts: t.Mapping[str, t.Any]
) -> tuple[str, str, t.Sequence[tlsa.Tlsa]]:
    """Status, the end of a sentence, and the records that decided; raises ValueError."""
    for record in records:
        if not record.of_authority and tlsa.matches(record, chain.leaf):
            return PASS, f"matches TLSA {record}", [record]
    authorities = [record for record in records if record.of_authority]
    if authorities and chain.above is None:
        return UNKNOWN, "matches no TLSA record itself; its chain was not seen", records
    outcomes = [
        (*found, [record])
        for record in authorities
        if (found := _from_authority(view, record, chain, facts))
    ]
    passes = [outcome for outcome in outcomes if outcome[0] == PASS]
    nothing = FAIL, f"matches no usable TLSA record (there are {len(records)})", records
    return [*passes, *outcomes, nothing][0]


def _from_authority(
    view: StoredAnswers, record: tlsa.Tlsa, chain: Chain, facts: t.Mapping[str, t.Any]
) -> tuple[str, str] | None:
    """Whether the chain of a certificate leads to the authority of a record (RFC 7671 section 5.2):
    status and the end of a sentence; None where that authority was not sent.
    """
    above = chain.above or ()
    # A record may hold the authority itself, which need not be sent; others hold no certificate.
    paths = x509_chain.paths(chain.leaf, (*above, record.data))
    named = _is_named(view, chain, facts)
    outcomes = [
        _of_path(view, record, part, named)
        for path in paths
        if (part := _up_to_authority(record, path))
    ]
    if outcomes:
        return next((outcome for outcome in outcomes if outcome[0] == PASS), outcomes[0])
    if any(tlsa.is_matching(record, der) for der in above):
        return FAIL, f"is sent with the authority of TLSA {record}, which did not issue it"
    if record.usage == tlsa.PKIX_TA:
        return UNKNOWN, f"is sent without the authority of TLSA {record}, which clients may have"
    return None


def _up_to_authority(record: tlsa.Tlsa, path: list[bytes]) -> list[bytes]:
    """The certificates up to that of the authority of a record, or up to the one that its bare key
    signed (RFC 7671 section 5.2.3); empty where a path does not lead to it.
    """
    is_key = record.selector == 1 and not record.matching
    for number, der in enumerate(path):
        if number and tlsa.matches(record, der):
            return path[: number + 1]
        if is_key and x509_chain.signed_with(der, record.data):
            return path[: number + 1]
    return []


def _of_path(
    view: StoredAnswers, record: tlsa.Tlsa, path: t.Sequence[bytes], named: bool
) -> tuple[str, str]:
    """Status and the end of a sentence for a path that leads to the authority of a record. named:
    whether the certificate is for the host.
    """
    text = f"comes from the authority of TLSA {record}"
    if any(x509_chain.outside_validity(der, view.context.now) for der in path):
        return FAIL, f"{text}, but a certificate of that chain is not valid today"
    if not named:
        return FAIL, f"{text}, but is not for this name"
    return PASS, text


def _is_named(view: StoredAnswers, chain: Chain, facts: t.Mapping[str, t.Any]) -> bool:
    """Whether a certificate is for the host; on port 25 also where it is for every domain of the
    target instead, since senders take the name of a domain whose MX record is secure (RFC 7672
    section 3.2.2).
    """
    domains = view.context.target.domains if chain.seen["service"] == "smtp" else ()
    if x509.name_matches(view.context.target.name, facts):
        return True
    try:
        return bool(domains) and all(
            x509.name_matches(domain, facts) and view.replay(require_one(domain, "MX")).secure
            for domain in domains
        )
    except UnseenError:
        return False


def _tlsa(view: StoredAnswers, service: str) -> tuple[Answer, Finding | None]:
    """The TLSA answer for a service, and the finding that needs no certificate, if there is one."""
    port = view.context.target.port(service)
    try:
        answer, hosts = view.replay(domain_queries.tlsa(view.subject, port))
    except UnseenError as exc:
        if exc.answer.kind != BOGUS or exc.answer.question.type != "TLSA":
            raise
        text = (
            f"The DNSSEC signatures of {exc.answer.question.name} TLSA are wrong: whoever uses "
            "DANE does not connect."
        )
        return exc.answer, view.finding(FAIL, text, exc.answer)
    if answer.state != RECORDS:
        text = f"There is no TLSA record for {service}."
        return answer, view.finding(NOT_APPLICABLE, text, answer, reason=NO_SUBJECT)
    existing = [answer, *(host for host in hosts if host.state == RECORDS)]
    if any(entry.secure is None for entry in existing):
        return answer, view.finding(
            UNKNOWN, f"There are TLSA records, but {view.unvalidated}.", answer
        )
    insecure = [entry for entry in existing if not entry.secure]
    if insecure:
        text = (
            f"The TLSA records for {service}, or the addresses of the host, are not secured by "
            "DNSSEC, so senders ignore them."
        )
        notes = [not_validated(entry) for entry in insecure]
        return answer, view.finding(FAIL, text, answer, *hosts, decisive=insecure, notes=notes)
    if not tlsa.usable(answer, _usages(service)):
        text = (
            f"None of the TLSA records for {service} is usable for mail: "
            f"{', '.join(answer.records)}."
        )
        return answer, view.finding(FAIL, text, answer)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        text = f"{NO_CRYPTOGRAPHY}, so certificates cannot be compared."
        return answer, view.finding(UNKNOWN, text, answer)
    return answer, None


def _usages(service: str) -> t.Container[int]:
    """The usages that clients of a service use."""
    return tlsa.OF_SENDERS if service == "smtp" else (tlsa.PKIX_TA, tlsa.PKIX_EE, *tlsa.OF_SENDERS)


def not_validated(answer: Answer) -> str:
    """A line of evidence: the resolver did not validate an answer."""
    question = answer.question
    return f"{question.name} {question.type}: the resolver did not set the AD flag"


def _service(view: StoredAnswers, service: str) -> t.Iterable[Finding]:
    """A finding for each certificate that a service serves."""
    answer, without_certificate = _tlsa(view, service)
    if without_certificate:
        yield without_certificate
        return
    records = tlsa.usable(answer, _usages(service))
    for address in view.context.addresses or ("",):
        chains = served_chains(view.context, service, address)
        for chain in chains:
            yield _compared(view, answer, records, chain)
        if not chains:
            text = (
                f"There are TLSA records, but no certificate was seen for {service} at "
                f"{address or 'any address'}."
            )
            yield view.finding(UNKNOWN, text, answer)


def dane_match(view: StoredAnswers) -> t.Iterable[Finding]:
    return _service(view, "smtp")


def dane_other_ports(view: StoredAnswers) -> t.Iterable[Finding]:
    services = domain_queries.DANE_SERVICES[1:]
    findings = [found for service in services for found in _service(view, service)]
    with_records = [found for found in findings if found.status != NOT_APPLICABLE]
    return with_records or [
        view.finding(
            NOT_APPLICABLE,
            "There is no TLSA record for a port other than 25.",
            reason=NO_SUBJECT,
        )
    ]


def dane_rollover(view: StoredAnswers) -> t.Iterable[Finding]:
    answer, without_certificate = _tlsa(view, "smtp")
    if without_certificate:
        failed = without_certificate.status == FAIL  # dane_match has the failure
        yield without_certificate._replace(status=UNKNOWN) if failed else without_certificate
        return
    chains = [
        chain
        for address in view.context.addresses
        for chain in served_chains(view.context, "smtp", address)
    ]
    if not chains:
        text = "There are TLSA records, but no certificate was seen for smtp."
        yield view.finding(UNKNOWN, text, answer)
        return
    records = tlsa.usable(answer)
    states = {record: _covers_the_next(view, record, chains) for record in records}
    spare = [record for record in records if states[record] == PASS]
    unseen = [record for record in records if states[record] == UNKNOWN]
    if spare:
        text = (
            "A TLSA record for the next certificate is published: "
            f"{', '.join(str(record) for record in spare)}."
        )
        yield view.finding(PASS, text, answer, records=[record.record for record in spare])
    elif unseen:
        text = (
            "No certificate that is served comes from the authority of TLSA "
            f"{', '.join(str(record) for record in unseen)}, so whether the next one will is not "
            "known."
        )
        yield view.finding(UNKNOWN, text, answer, records=[record.record for record in unseen])
    else:
        text = (
            "All TLSA records are for the certificate in use; the next one will match none until "
            "they are changed and have expired from caches."
        )
        yield view.finding(FAIL, text, answer, records=[record.record for record in records])


def _covers_the_next(view: StoredAnswers, record: tlsa.Tlsa, chains: t.Sequence[Chain]) -> str:
    """Whether a record is for another certificate than those in use: PASS, FAIL or UNKNOWN. That of
    an authority is, where those in use come from it, since the next one then does too.
    """
    if any(tlsa.is_matching(record, chain.leaf) for chain in chains):
        return FAIL
    if record.usage == tlsa.DANE_EE:
        return PASS
    states = {_state_of_authority(view, record, chain) for chain in chains}
    return FAIL if FAIL in states else UNKNOWN if UNKNOWN in states else PASS


def _state_of_authority(view: StoredAnswers, record: tlsa.Tlsa, chain: Chain) -> str:
    """Whether a certificate in use comes from the authority of a record; UNKNOWN where that
    authority was not seen.
    """
    try:
        found = _from_authority(view, record, chain, x509.certificate_facts(chain.leaf))
    except ValueError:
        return UNKNOWN
    return found[0] if found else UNKNOWN


CHECKS = (
    Check(
        id="dane_match",
        title="TLSA records of port 25, if any: signed, and match each certificate (DANE)",
        title_failed="Certificate on port 25 matches no usable TLSA record",
        group="dns",
        severity="high",
        evaluate=per_host(dane_match),
        control=(
            "None needed: the records and the certificates are the evidence; that the resolver "
            "validates is seen by its answers."
        ),
        false_pass=(
            "It serves another certificate to other clients, or the resolver sets the AD flag "
            "without validation."
        ),
        impact=(
            "Senders that use DANE deliver no mail. Often only one address or one of two "
            "certificates fails, so that some mail still arrives."
        ),
        fix={
            "roles": (
                "Publish TLSA 3 1 1 records for each certificate that the certificate role "
                "installs, before it is served."
            ),
            "dns": (
                "Publish _25._tcp.HOST TLSA 3 1 1 with the SHA-256 of each certificate's public "
                "key, in a signed zone. Usages 0 and 1 do not work for SMTP."
            ),
        },
        references=(rfc(7671, "5"), rfc(7672, "3"), rfc(6698)),
        peers=("Internet.nl", "smtp-dane-verify"),
    ),
    Check(
        id="dane_rollover",
        title="TLSA records cover a key rollover: also the next key, or the CA (2 1 1)",
        title_failed="All TLSA records are for the certificate in use",
        group="dns",
        severity="low",
        evaluate=per_host(dane_rollover),
        control="None needed: the records and the certificates are the evidence.",
        false_pass="The further record is for no key that will be used.",
        impact=(
            "When the key changes, senders that use DANE defer mail until the new record is "
            "published and the old one has expired from caches."
        ),
        fix={
            "roles": (
                "Publish the TLSA record of the next key (audit_next_keys), or one of the CA (2 1 "
                "1), two days before it is needed."
            ),
            "dns": (
                "Publish two records: TLSA 3 1 1 of the key in use, and 3 1 1 of the next key or "
                "2 1 1 of the CA."
            ),
        },
        references=(rfc(7671, "8.1"),),
        peers=("Internet.nl (counts only)",),
    ),
    Check(
        id="dane_other_ports",
        title="TLSA records of ports other than 25 match the certificates served there",
        title_failed="Certificate matches no TLSA record on a port other than 25",
        group="dns",
        severity="low",
        evaluate=per_host(dane_other_ports),
        control=(
            "None needed: the records and the certificates are the evidence; that the resolver "
            "validates is seen by its answers."
        ),
        false_pass=(
            "It serves another certificate to other clients, or the resolver sets the AD flag "
            "without validation."
        ),
        impact="Clients that verify TLSA records for submission or IMAP refuse to connect.",
        fix={
            "roles": (
                "Update the TLSA records of 465, 587, 993 and the other ports together with those "
                "of port 25, or remove them."
            ),
            "dns": (
                "Update the TLSA records of 465, 587, 993 and the other ports together with those "
                "of port 25, or remove them."
            ),
        },
        references=(rfc(6698), rfc(8314)),
        peers=("check_ssl_cert",),
    ),
)
