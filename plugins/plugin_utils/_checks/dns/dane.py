# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of DANE: TLSA records match every certificate that was served, on each address (RFC
6698, 7671, 7672).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import re
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
from ..._dns.queries import BOGUS, RECORDS, Answer, UnseenError
from ..base import AuditContext, Check, Observation, endpoint_text, rfc
from ..tls import x509, x509_chain
from .lookup import NO_CRYPTOGRAPHY, VALIDATE, StoredAnswers, per_host

#: A record as text: three numbers of an octet, and data, which odd records lack.
_RECORD = re.compile(r"([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,3})((?:\s*[0-9A-Fa-f]{2})*)\s*")
_DIGESTS = {1: "sha256", 2: "sha512"}
_OCTETS = {1: 32, 2: 64}
#: Certificate usages (RFC 7672 section 3.1).
DANE_TA, DANE_EE = 2, 3


class Tlsa(t.NamedTuple):
    """A TLSA record: usage (3: this certificate, 2: its authority), selector (0: all, 1: the key),
    matching type, data, and the record as text.
    """

    usage: int
    selector: int
    matching: int
    data: bytes
    record: str = ""

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()[:16]}[...]"


class Chain(t.NamedTuple):
    """A certificate as it was served, its chain if that was seen, and the observation."""

    leaf: bytes
    above: tuple[bytes, ...] | None
    seen: Observation


def usable(answer: Answer) -> list[Tlsa]:
    """The records that a mail sender can use: only usages 2 and 3 (RFC 7672 section 3.1), of
    digests only the strongest.
    """
    records = []
    for text in answer.records:
        parts = _RECORD.fullmatch(text)
        if parts is None:
            continue
        usage, selector, matching = (int(part) for part in parts.groups()[:3])
        data = bytes.fromhex("".join(parts.group(4).split()))
        length = _OCTETS.get(matching, len(data))
        valid = selector in (0, 1) and matching in (0, 1, 2) and len(data) == length and data
        if valid and usage in (DANE_TA, DANE_EE):
            records.append(Tlsa(usage, selector, matching, data, text))
    strongest = {(record.usage, record.selector) for record in records if record.matching == 2}
    return [
        record
        for record in records
        if record.matching != 1 or (record.usage, record.selector) not in strongest
    ]


def matches(record: Tlsa, der: bytes) -> bool:
    """Whether a record matches a certificate; raises ValueError if that cannot be read."""
    data = der if record.selector == 0 else x509.public_key(der)
    if record.matching:
        data = hashlib.new(_DIGESTS[record.matching], data).digest()
    return record.data == data


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
    view: StoredAnswers, answer: Answer, records: t.Sequence[Tlsa], chain: Chain
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
    view: StoredAnswers, records: t.Sequence[Tlsa], chain: Chain, facts: t.Mapping[str, t.Any]
) -> tuple[str, str, t.Sequence[Tlsa]]:
    """Status, the end of a sentence, and the records that decided; raises ValueError."""
    for record in records:
        if record.usage == DANE_EE and matches(record, chain.leaf):
            return PASS, f"matches TLSA {record}", [record]
    authorities = [record for record in records if record.usage == DANE_TA]
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
    view: StoredAnswers, record: Tlsa, chain: Chain, facts: t.Mapping[str, t.Any]
) -> tuple[str, str] | None:
    """Whether the chain of a certificate leads to the authority of a record (RFC 7671 section 5.2):
    status and the end of a sentence; None where that authority was not sent.
    """
    above = chain.above or ()
    # A record may hold the authority itself, which need not be sent; others hold no certificate.
    path = x509_chain.path(chain.leaf, (*above, record.data))
    ends = [number for number, der in enumerate(path) if number and matches(record, der)]
    if not ends:
        if not any(_matches(record, der) for der in above):
            return None
        return FAIL, f"is sent with the authority of TLSA {record}, which did not issue it"
    text = f"comes from the authority of TLSA {record}"
    now = view.context.now
    if any(x509_chain.outside_validity(der, now) for der in path[: ends[0] + 1]):
        return FAIL, f"{text}, but a certificate of that chain is not valid today"
    if not x509.name_matches(view.context.target.name, facts):
        return FAIL, f"{text}, but is not for this name"
    return PASS, text


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
        return answer, view.finding(UNKNOWN, f"There are TLSA records, but {VALIDATE}.", answer)
    insecure = [entry for entry in existing if not entry.secure]
    if insecure:
        text = (
            f"The TLSA records for {service}, or the addresses of the host, are not secured by "
            "DNSSEC, so senders ignore them."
        )
        notes = [not_validated(entry) for entry in insecure]
        return answer, view.finding(FAIL, text, answer, *hosts, decisive=insecure, notes=notes)
    if not usable(answer):
        text = (
            f"None of the TLSA records for {service} is usable for mail: "
            f"{', '.join(answer.records)}."
        )
        return answer, view.finding(FAIL, text, answer)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        text = f"{NO_CRYPTOGRAPHY}, so certificates cannot be compared."
        return answer, view.finding(UNKNOWN, text, answer)
    return answer, None


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
    records = usable(answer)
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
    records = usable(answer)
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


def _covers_the_next(view: StoredAnswers, record: Tlsa, chains: t.Sequence[Chain]) -> str:
    """Whether a record is for another certificate than those in use: PASS, FAIL or UNKNOWN. That of
    an authority is, where those in use come from it, since the next one then does too.
    """
    if any(_matches(record, chain.leaf) for chain in chains):
        return FAIL
    if record.usage == DANE_EE:
        return PASS
    states = {_state_of_authority(view, record, chain) for chain in chains}
    return FAIL if FAIL in states else UNKNOWN if UNKNOWN in states else PASS


def _state_of_authority(view: StoredAnswers, record: Tlsa, chain: Chain) -> str:
    """Whether a certificate in use comes from the authority of a record; UNKNOWN where that
    authority was not seen.
    """
    try:
        found = _from_authority(view, record, chain, x509.certificate_facts(chain.leaf))
    except ValueError:
        return UNKNOWN
    return found[0] if found else UNKNOWN


def _matches(record: Tlsa, der: bytes) -> bool:
    """Whether a record matches a certificate that may be unreadable."""
    try:
        return matches(record, der)
    except ValueError:
        return False


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
