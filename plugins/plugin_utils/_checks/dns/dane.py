# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of DANE: TLSA records against every certificate that was seen, by address (RFC 6698, 7671,
7672).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import RECORDS, Answer
from ..base import Check, Observation, endpoint_text, rfc
from ..tls import x509
from .lookup import VALIDATE, View, per_host

_DIGESTS = {1: ("sha256", 32), 2: ("sha512", 64)}


class Tlsa(t.NamedTuple):
    """A TLSA record: usage (3: this certificate, 2: its authority), selector (0: all, 1: the key),
    matching, data.
    """

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()[:16]}..."


class Chain(t.NamedTuple):
    """A certificate as it was served, with those above it where they were seen, and where that was."""

    leaf: bytes
    above: tuple[bytes, ...] | None
    seen: Observation


def usable(answer: Answer) -> list[Tlsa]:
    """The records that a mail sender can use: only usages 2 and 3 (RFC 7672 section 3.1), of
    digests only the strongest.
    """
    found = []
    for text in answer.records:
        parts = text.split(None, 3)
        usage, selector, matching = (int(part) for part in parts[:3])
        data = bytes.fromhex("".join(parts[3].split()))
        length = _DIGESTS.get(matching, ("", len(data)))[1]
        if usage in (2, 3) and selector in (0, 1) and matching in (0, 1, 2) and len(data) == length:
            found.append(Tlsa(usage, selector, matching, data))
    strongest = {(record.usage, record.selector) for record in found if record.matching == 2}
    return [
        record
        for record in found
        if record.matching != 1 or (record.usage, record.selector) not in strongest
    ]


def matches(record: Tlsa, der: bytes) -> bool:
    """Whether a record is of a certificate; raises ValueError for what is none."""
    data = der if record.selector == 0 else x509.public_key(der)
    return record.data == (
        hashlib.new(_DIGESTS[record.matching][0], data).digest() if record.matching else data
    )


def chains(view: View, service: str, address: str) -> list[Chain]:
    """Every certificate that was served at an endpoint, once."""
    found: dict[str, Chain] = {}
    for seen in view.context.observations:
        if seen["service"] != service or seen["address"] != address:
            continue
        for facts in (seen["facts"], seen["facts"].get("tls") or {}):
            served = facts.get("certificate")
            if isinstance(served, str) and served:
                above = facts.get("chain")
                chain = Chain(
                    bytes.fromhex(served),
                    None if above is None else tuple(bytes.fromhex(entry) for entry in above),
                    seen,
                )
                if served not in found or found[served].above is None:
                    found[served] = chain
    return list(found.values())


def verdict(view: View, records: t.Sequence[Tlsa], chain: Chain) -> Finding:
    """Whether one served certificate matches one of the records."""
    where = endpoint_text(chain.seen)
    try:
        facts = x509.certificate_facts(chain.leaf)
        kind = f"{facts['key_type']}, {facts['key_bits']} bits"
        for record in records:
            if record.usage == 3 and matches(record, chain.leaf):
                return view.say(
                    PASS, f"The certificate at {where} ({kind}) is the one of TLSA {record}"
                )
        authorities = [record for record in records if record.usage == 2]
        if authorities and chain.above is None:
            return view.say(
                UNKNOWN,
                (
                    f"The certificate at {where} ({kind}) is in no TLSA record itself; its chain "
                    "was "
                    "not seen."
                ),
            )
        for record in authorities:
            if any(matches(record, der) for der in chain.above or ()):
                named = x509.name_matches(view.context.target.name, facts)
                text = (
                    f"The certificate at {where} ({kind}) comes from the authority of TLSA {record}"
                )
                return (
                    view.say(PASS, text)
                    if named
                    else view.say(FAIL, text + ", but is not for this name.")
                )
    except ValueError as exc:
        return view.say(
            UNKNOWN, f"The certificate at {where} cannot be read: {str(exc).rstrip('.')}."
        )
    return view.say(
        FAIL,
        (
            f"The certificate at {where} ({kind}) is in none of the {len(records)} usable TLSA "
            "records."
        ),
    )


def _at(view: View, service: str) -> tuple[Answer, Finding | None]:
    """The TLSA answer for a service, or the finding that settles the matter without a certificate."""
    answer, hosts = view.lead(domain_queries.tlsa(view.subject, view.context.target.port(service)))
    secure = [
        entry.secure for entry in (answer, *(found for found in hosts if found.state == RECORDS))
    ]
    if answer.state != RECORDS:
        return answer, view.say(NOT_APPLICABLE, f"There is no TLSA record for {service}.", answer)
    if None in secure:
        return answer, view.say(UNKNOWN, f"There are TLSA records, but {VALIDATE}.", answer)
    if not all(secure):
        text = (
            f"The TLSA records for {service}, or the addresses of the host, are not protected by "
            "DNSSEC, so senders ignore them."
        )
        return answer, view.say(FAIL, text, answer, *hosts)
    if not usable(answer):
        return answer, view.say(
            FAIL,
            (
                f"None of the TLSA records for {service} is one that mail senders can use: "
                f"{', '.join(answer.records)}."
            ),
            answer,
        )
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return answer, view.say(
            UNKNOWN,
            "The Python package cryptography is missing, so certificates cannot be compared.",
        )
    return answer, None


def _service(view: View, service: str) -> t.Iterable[Finding]:
    answer, settled = _at(view, service)
    if settled:
        yield settled
        return
    records = usable(answer)
    view.lines = list(answer.transcript)
    for address in view.context.addresses or ("",):
        found = chains(view, service, address)
        for chain in found:
            yield verdict(view, records, chain)
        if not found:
            yield view.say(
                UNKNOWN,
                (
                    f"There are TLSA records, but no certificate was seen for {service} at "
                    f"{address or 'any address'}."
                ),
            )


def dane_match(view: View) -> t.Iterable[Finding]:
    return _service(view, "smtp")


def dane_other_ports(view: View) -> t.Iterable[Finding]:
    findings = [
        found for service in domain_queries.DANE_SERVICES[1:] for found in _service(view, service)
    ]
    real = [found for found in findings if found.status != NOT_APPLICABLE]
    return real or [
        view.say(NOT_APPLICABLE, "There is no TLSA record for another service than port 25.")
    ]


def dane_rollover(view: View) -> t.Iterable[Finding]:
    answer, settled = _at(view, "smtp")
    if settled:
        yield (
            settled
            if settled.status in (NOT_APPLICABLE, UNKNOWN)
            else view.say(UNKNOWN, settled.sentence, answer)
        )
        return
    records = usable(answer)
    view.lines = list(answer.transcript)
    served = [
        chain for address in view.context.addresses for chain in chains(view, "smtp", address)
    ]
    if not served:
        yield view.say(UNKNOWN, "There are TLSA records, but no certificate was seen for smtp.")
        return
    spare = [
        record
        for record in records
        if record.usage == 2 or not any(_matches(record, chain.leaf) for chain in served)
    ]
    if spare:
        yield view.say(
            PASS,
            (
                "Beside the certificate in use there is a record for the next: "
                f"{', '.join(str(record) for record in spare)}"
            ),
        )
    else:
        yield view.say(
            FAIL,
            (
                "All TLSA records are of the certificate in use; the next one will match none "
                "until "
                "they are changed and have expired."
            ),
        )


def _matches(record: Tlsa, der: bytes) -> bool:
    try:
        return matches(record, der)
    except ValueError:
        return False


CHECKS = (
    Check(
        id="dane_match",
        title="Each certificate on port 25 matches a DNSSEC-signed TLSA record (DANE)",
        title_failed="Certificate on port 25 matches no usable TLSA record",
        group="dns",
        severity="high",
        evaluate=per_host(dane_match),
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
