# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What receivers see of mail that a user sends: its DKIM signature, its egress address, its header.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    is_name,
)

from ..._dns import domain_queries, mail_flow_queries
from ..._dns.fields import number
from ..._dns.message import author
from ..._dns.queries import UnseenError, addresses, within
from ..._dns.spf_record import PermError
from ..base import Check, rfc
from ..dns import dkim
from ..dns.lookup import StoredAnswers, why_no_answers
from ..tls import x509
from . import dkim_verify, outcomes
from .outcomes import per_listener

if t.TYPE_CHECKING:
    from ..._dns.dkim import Signature
    from ..._dns.mail_flow_queries import Path
    from ..base import AuditContext
    from .outcomes import Message

#: Fields that the probe wrote itself, or that may repeat what it wrote.
_PROBE_FIELDS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    messages.MARK.lower(),
    "auto-submitted",
    "dkim-signature",
)
#: The latest time, in seconds since 1970, at which a signature may expire; a later one is none.
_MAX_SECONDS = 10**12
_FOR_CLAUSE = re.compile(r"\bfor\s+<[^>]*>")


class Verification(t.NamedTuple):
    """A signature with its problems, and the lookup of its key."""

    signature: Signature
    problems: list[str]
    lookup: tuple[t.Sequence[str], ...]


def outbound_signature(context: AuditContext, message: Message) -> t.Iterable[Finding]:
    if message.content is None:
        yield message.unknown("A message to the canary")
        return
    domain = author(message.arrived.first("From"))
    if not domain:
        sentence = "From does not name exactly one author, so no signature can be aligned with it."
        yield message.finding(FAIL, sentence)
        return
    signatures = mail_flow_queries.signatures(message.arrived)
    aligned = [
        signature
        for signature in signatures
        if signature.domain
        and (within(domain, signature.domain) or within(signature.domain, domain))
    ]
    if not aligned:
        yield _not_signed(message, domain, signatures)
    elif x509.CRYPTOGRAPHY_IMPORT_ERROR:
        sentence = (
            "The Python package cryptography is missing, so the signature cannot be verified."
        )
        yield message.finding(UNKNOWN, sentence)
    else:
        yield _verify(context, message, aligned)


def _not_signed(message: Message, domain: str, signatures: t.Sequence[Signature]) -> Finding:
    """The failure of a message without a signature of the author's domain."""
    others = ", ".join(sorted({signature.domain for signature in signatures}))
    sentence = f"Mail of a user of {domain} has no DKIM signature of {domain}"
    if others:
        sentence += f", only of {others}"
    notes = outcomes.field_notes(signature.field for signature in signatures)
    return message.finding(FAIL, f"{sentence}.", notes or ["no DKIM-Signature field"])


def _verify(context: AuditContext, message: Message, signatures: t.Sequence[Signature]) -> Finding:
    """Whether one of the aligned signatures is valid and leaves nothing open."""
    try:
        verifications = [_verification(context, message, item) for item in signatures]
    except UnseenError as exc:
        no_answers = why_no_answers(context)
        failure = f"The key lookup failed: {str(exc).rstrip('.')}."
        sentence = no_answers.sentence if no_answers else failure
        notes = outcomes.field_notes(signature.field for signature in signatures)
        return message.finding(UNKNOWN, sentence, notes)
    valid = [item for item in verifications if not item.problems]
    if valid:
        names = [f"{item.signature.domain} ({item.signature.algorithm})" for item in valid]
        sentence = f"The message arrived with a valid DKIM signature of {', '.join(names)}."
        return _signature_finding(message, PASS, sentence, valid)
    signature = verifications[0].signature
    sentence = (
        f"The DKIM signature of {signature.domain} (selector {signature.selector}) is not "
        f"compliant: {'; '.join(verifications[0].problems)}."
    )
    return _signature_finding(message, FAIL, sentence, verifications[:1])


def _signature_finding(
    message: Message, status: str, sentence: str, verifications: t.Sequence[Verification]
) -> Finding:
    """A finding with the signatures and the lookups of their keys as decisive lines."""
    notes = outcomes.field_notes(item.signature.field for item in verifications)
    result = message.finding(status, sentence, notes)
    lookups = [line for item in verifications for line in item.lookup]
    first = len(result.transcript)
    return result._replace(
        transcript=(*result.transcript, *lookups),
        decisive=(*result.decisive, *range(first, first + len(lookups))),
    )


def _verification(context: AuditContext, message: Message, signature: Signature) -> Verification:
    """What is wrong with a signature or its key; raises UnseenError."""
    view = StoredAnswers(context, f"{signature.selector}._domainkey.{signature.domain}")
    answer = view.replay(domain_queries.selector(signature.selector, signature.domain))
    lookup = answer.transcript
    if not answer.records:
        return Verification(signature, [f"no key is published at {view.subject}"], lookup)
    if len(answer.records) != 1:
        problem = f"there are {len(answer.records)} records at {view.subject}"
        return Verification(signature, [problem], lookup)
    key = dkim.key(answer.records[0])
    problem = dkim_verify.verification_problem(message.arrived, signature, key)
    if problem:
        return Verification(signature, [problem, *key.problems], lookup)
    problems = [*key.problems]
    weak_key = dkim.strength(key)
    if weak_key:
        problems.append(weak_key)
    if _expired(context, signature):
        problems.append("it has expired (x=)")
    problems += dkim_verify.weaknesses(message.arrived, signature)
    return Verification(signature, problems, lookup)


def _expired(context: AuditContext, signature: Signature) -> bool:
    """Whether x= of a signature has passed."""
    expires = number(signature.values.get("x", ""), _MAX_SECONDS)
    return expires is not None and expires < context.now.timestamp()


def outbound_address(context: AuditContext) -> list[Finding]:
    paths = {
        mail_flow_queries.path(arrival)
        for observation in context.of("submit")
        for arrival in observation["facts"].get("arrivals", ())
    }
    findings = [_evaluate_path(context, path) for path in sorted(paths)]
    if findings:
        return findings
    unknown = [
        outcomes.submission_failure(message.observation)
        or message.unknown("A message to the canary")
        for message in outcomes.submitted_messages(context, "plain")
    ]
    return unknown or outcomes.nothing_sent(context, outcomes.SUBMISSION)


def _evaluate_path(context: AuditContext, path: Path) -> Finding:
    """Whether the address that a message came from passes SPF and has the name that it gives."""
    view = StoredAnswers(context, "")
    try:
        problems = list(_egress_problems(view, path))
    except UnseenError as exc:
        no_answers = why_no_answers(context)
        failure = f"A DNS lookup failed: {str(exc).rstrip('.')}."
        result = view.finding(UNKNOWN, no_answers.sentence if no_answers else failure)
        return result._replace(address=path.peer)
    if problems:
        text = "; ".join(problems)
        result = view.finding(FAIL, f"{text[0].upper()}{text[1:]}.")
    else:
        result = view.finding(
            PASS,
            f"{path.peer} passes SPF of {path.domain or path.helo}, and {path.helo} resolves to it "
            "and back.",
        )
    note = f"the canary received it from {path.peer}, EHLO {path.helo}, MAIL FROM {path.domain}"
    return result._replace(
        address=path.peer,
        transcript=(("*", note), *result.transcript),
        decisive=(0, *(index + 1 for index in result.decisive)),
    )


def _egress_problems(view: StoredAnswers, path: Path) -> t.Iterable[str]:
    """What is wrong with SPF, the PTR record and the EHLO name of an egress address."""
    domain = path.domain or path.helo
    spf = mail_flow_queries.sender(path)
    try:
        result = view.replay(spf.decide(domain)) if is_name(domain) else "none"
    except PermError as exc:
        result = f"permerror ({exc})"
    if result != "pass":
        yield f"SPF of {domain or 'no domain'} gives {result} for the egress address {path.peer}"
    pointer, forward = view.replay(domain_queries.pointers(path.peer))
    confirmed = [name for name, answer in forward if path.peer in answer.records]
    if not pointer.records:
        yield f"{path.peer} has no PTR record"
    elif not confirmed:
        name = pointer.records[0].rstrip(".")
        yield f"the PTR name of {path.peer} ({name}) does not resolve to it"
    if not is_name(path.helo):
        yield f"the EHLO name {path.helo!r} is not a host name"
    elif not any(path.peer in answer.records for answer in view.replay(addresses(path.helo))):
        yield f"the EHLO name {path.helo} does not resolve to {path.peer}"


def submission_privacy(_context: AuditContext, message: Message) -> t.Iterable[Finding]:
    if message.content is None:
        yield message.unknown("A message to the canary")
        return
    source, helo = message.observation["source"], message.observation["params"]["helo"]
    patterns = {
        source: rf"(?<![0-9A-Fa-f.:]){re.escape(source)}(?![0-9A-Fa-f.:]*[0-9A-Fa-f:])",
        helo: rf"(?i)(?<![\w.-]){re.escape(helo)}(?![\w.-])",
    }
    disclosures = [
        (field, text)
        for field in message.arrived.fields
        if field.name.lower() not in _PROBE_FIELDS
        for text, pattern in patterns.items()
        if text and re.search(pattern, _FOR_CLAUSE.sub("", field.value.replace("IPv6:", "")))
    ]
    if disclosures:
        names = dict.fromkeys(f"{field.name} contains {text}" for field, text in disclosures)
        notes = outcomes.field_notes(dict.fromkeys(field for field, _text in disclosures))
        sentence = f"The header discloses the client of the user: {'; '.join(names)}."
        yield message.finding(FAIL, sentence, notes)
    else:
        notes = outcomes.field_notes(message.fields("received")) or ["no Received field"]
        sentence = (
            f"Neither the client's address ({source}) nor its EHLO name is in the header of the "
            "message."
        )
        yield message.finding(PASS, sentence, notes)


CHECKS = (
    Check(
        id="outbound_signature",
        title="Submitted mail has a valid, aligned, oversigned DKIM signature without l=",
        title_failed="Submitted mail without a valid aligned DKIM signature",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=per_listener("plain", outbound_signature),
        control=(
            "None needed: the message as it arrived is the evidence; one that does not arrive is "
            "unknown."
        ),
        false_pass=(
            "It would have to sign the plain message of the probe and not those of other users."
        ),
        impact=(
            "Large receivers reject the mail or mark it as spam. Without oversigning, or with l=, "
            "an attacker can add header fields or text to a signed message."
        ),
        fix={
            "roles": (
                "Publish the record in opendkim_records. Remove SignHeaders and OversignHeaders "
                "from opendkim_settings, and milter_macro_daemon_name from postfix_settings."
            ),
            "exim": (
                "Set dkim_domain, dkim_selector, dkim_private_key and dkim_sign_headers = "
                "_DKIM_OVERSIGN_HEADERS in the remote_smtp transport."
            ),
            "opendkim": (
                "Set Mode sv, OversignHeaders From,Subject,Date and SignatureAlgorithm "
                "rsa-sha256, and remove BodyLengths. Use a key of 2048 bits."
            ),
            "dns": "Publish the public key at SELECTOR._domainkey.DOMAIN, without t=y.",
            "any": (
                "Sign with the user's domain, and oversign From, Subject and Date (Rspamd: "
                "sign_headers with (o))."
            ),
        },
        references=(rfc(6376, "6.1"), rfc(8301), rfc(8463)),
        peers=("mail-tester and MECSA (hosted by others, who get your mail)",),
    ),
    Check(
        id="outbound_address",
        title="The egress address seen by a receiver passes SPF, FCrDNS and HELO lookup",
        title_failed="Egress address fails SPF, FCrDNS or HELO lookup",
        group="signing",
        severity="high",
        opt_in="mail",
        evaluate=outbound_address,
        control=(
            "None needed: the message as it arrived is the evidence; one that does not arrive is "
            "unknown."
        ),
        false_pass=("It would have to send other mail from another address."),
        impact=(
            "Receivers check the connecting address, which may be another interface, an IPv6 "
            "address or a proxy. Where SPF or its names fail, mail is rejected."
        ),
        fix={
            "roles": (
                "Publish every egress address in SPF and PTR records, or set smtp_bind_address "
                "and smtp_bind_address6 in postfix_settings."
            ),
            "postfix": (
                "Set smtp_bind_address and smtp_bind_address6 to addresses that SPF permits, and "
                "myhostname to their name."
            ),
            "exim": "Set interface and helo_data of the remote_smtp transport.",
            "dns": (
                "Publish the address in the SPF record, a PTR record with the host name, and that "
                "name's A or AAAA record."
            ),
        },
        references=(rfc(7208, "2.4"), rfc(5321, "4.1.4")),
        peers=(
            "mail-tester and MECSA (hosted by others, who get your mail)",
            "Internet.nl (the addresses of the MX instead)",
        ),
    ),
    Check(
        id="submission_privacy",
        title="Headers of submitted mail reveal neither client IP address nor HELO name",
        title_failed="Client IP address or HELO name in the header of submitted mail",
        group="signing",
        severity="low",
        opt_in="mail",
        evaluate=per_listener("plain", submission_privacy),
        control=(
            "None needed: the message as it arrived is the evidence; one that does not arrive is "
            "unknown."
        ),
        false_pass=(
            "It would have to write the client's address in a form that is not searched for."
        ),
        impact=(
            "Every recipient learns from which network and computer a user writes, and so where "
            "the user is."
        ),
        fix={
            "roles": (
                "The postfix role sets cleanup_service_name = submission-cleanup for the "
                "submission listeners. Run the role again."
            ),
            "postfix": (
                "Set cleanup_service_name of the submission listeners to a cleanup service with "
                "header_checks that replace the Received line."
            ),
            "exim": "Set received_header_text to omit the client where $authenticated_id is set.",
            "opensmtpd": "Set mask-src in the listen line of submission.",
            "any": "Remove the client's address and name from Received and X-Originating-IP.",
        },
        references=(rfc(5321, "7.6"), "https://www.postfix.org/header_checks.5.html"),
    ),
)
