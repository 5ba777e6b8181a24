# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluators of MTA-STS: the record, the policy, and how the policy is served (RFC 8461).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
    is_name,
)

from ..._dns import domain_queries
from ..._dns.fields import BLANKS, number, shown
from ..._dns.mta_sts_fetch import MAX_OCTETS
from ..._dns.queries import canonical
from ..base import Check, Observation, endpoint_text, error_text, rfc
from ..tls import x509
from .dane import served_chains
from .lookup import NO_CRYPTOGRAPHY, StoredAnswers, per_domain

if t.TYPE_CHECKING:
    from ..._dns.queries import Answer

MODES = ("enforce", "testing", "none")
MIN_AGE, MAX_AGE = 86400, 31557600
_MAX_DIGITS = 10
_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_EXTENSION = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}[ \t]*=[ \t]*[\x21-\x3a\x3c\x3e-\x7e]+\Z", re.ASCII
)
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*([^ \t].*)\Z", re.ASCII)


class Policy(t.NamedTuple):
    """A policy file: its fields, the patterns of its mx lines, and what is wrong with it."""

    fields: dict[str, str]
    patterns: tuple[str, ...]
    problems: tuple[str, ...]


def record_problem(record: str) -> str:
    """What is wrong with a record that begins with its version (section 3.1), in words."""
    parts = [part.strip(BLANKS) for part in record.split(";")[1:]]
    if parts and not parts[-1]:
        parts.pop()
    ids = [part.removeprefix("id=") for part in parts if part.startswith("id=")]
    if len(ids) > 1:
        return "more than one id"
    if not ids or not _ID.match(ids[0]):
        return "no id of up to 32 letters and digits"
    wrong = [part for part in parts if not part.startswith("id=") and not _EXTENSION.match(part)]
    return f"a part that is no field: {shown(wrong[0])}" if wrong else ""


def parse(text: str) -> Policy:
    """Read a policy (section 3.2): lines end in LF or CRLF; unknown fields are no error, and of a
    field that is there twice the first counts.
    """
    fields: dict[str, str] = {}
    patterns, problems = [], []
    for line in text.replace("\r\n", "\n").split("\n"):
        found = _FIELD.match(line.rstrip(BLANKS))
        if not line.strip(BLANKS):
            continue
        if not found or "\r" in line:
            problems.append(f"{shown(line)} is no field")
        elif found.group(1) == "mx":
            patterns.append(canonical(found.group(2)))
        else:
            fields.setdefault(found.group(1), found.group(2))
    if fields.get("version") != "STSv1":
        problems.append("version is not STSv1")
    if fields.get("mode") not in MODES:
        problems.append(f"mode is not one of {', '.join(MODES)}")
    problems += _age_problems(fields.get("max_age", ""))
    problems += [
        f"mx {shown(pattern)} is no name, nor *. before one"
        for pattern in patterns
        if not is_name(pattern.removeprefix("*."))
    ]
    if not patterns and fields.get("mode") != "none":
        problems.append("it names no mx")
    return Policy(fields, tuple(patterns), tuple(problems))


def _age_problems(max_age: str) -> list[str]:
    seconds = number(max_age, MAX_AGE)
    if seconds is None or len(max_age) > _MAX_DIGITS:
        return [f"max_age is no number of seconds up to {MAX_AGE}"]
    if seconds < MIN_AGE:
        return ["max_age is less than a day, so an attacker only has to wait"]
    return []


def permitted(host: str, patterns: t.Iterable[str]) -> bool:
    """Whether a pattern names a host; * stands for one label on the left (section 4.1)."""
    name = canonical(host)
    wildcard = f"*.{name.partition('.')[2]}"
    return any(pattern in (name, wildcard) for pattern in patterns)


def _fetches(view: StoredAnswers) -> tuple[list[Observation], Finding | None]:
    """The fetches of the policy, or the finding that there is nothing to fetch."""
    answer, records, hosts = view.replay(domain_queries.mta_sts(view.subject))
    discarded = domain_queries.discarded_texts(answer, "STSv1")
    if not records and discarded:
        text = f"Senders discard {shown(discarded[0])}: it does not begin with v=STSv1;."
        return [], view.finding(FAIL, text, answer, records=discarded)
    if not records:
        text = "There is no MTA-STS record."
        return [], view.finding(NOT_APPLICABLE, text, answer, reason=NO_SUBJECT)
    if len(records) > 1:
        text = f"There are {len(records)} MTA-STS records, so senders ignore them all."
        return [], view.finding(FAIL, text, answer, records=records)
    problem = record_problem(records[0])
    if problem:
        text = f"The MTA-STS record has {problem}."
        return [], view.finding(FAIL, text, answer, records=records)
    if not any(host.records for host in hosts):
        text = f"There is an MTA-STS record, but mta-sts.{view.subject} has no address."
        return [], view.finding(FAIL, text, answer, *hosts, decisive=hosts)
    fetches = [
        fetch for fetch in view.context.of("mta_sts") if fetch["params"]["domain"] == view.subject
    ]
    unfetched = view.finding(UNKNOWN, "The policy was not fetched.", answer)
    return fetches, None if fetches else unfetched


def _lines(fetch: Observation, *parts: str) -> list[t.Mapping[str, t.Any]]:
    """The places of parts of a response (status, headers, policy), if they were stored."""
    places = fetch["facts"].get("places", {})
    return [places[part] for part in parts if part in places]


def mta_sts_policy(view: StoredAnswers) -> t.Iterable[Finding]:
    fetches, without_policy = _fetches(view)
    if without_policy:
        yield without_policy
        return
    served = {
        fetch["facts"]["policy"]: fetch
        for fetch in reversed(fetches)
        if fetch["facts"].get("status") == 200
    }
    if not served:
        text = f"The policy was not seen: {_failure(fetches[0])}."
        yield view.endpoint_finding(UNKNOWN, text, fetches[0], _lines(fetches[0], "status"))
        return
    mx, hosts = view.replay(domain_queries.mx_hosts(view.subject))
    names = [host.host for host in hosts]
    for text, fetch in served.items():
        problems = _policy_problems(parse(text), names)
        sentence = f"The policy: {'; '.join(problems)}."
        if not problems:
            sentence = "The policy is enforced for every MX host."
        status = FAIL if problems else PASS
        yield view.endpoint_finding(status, sentence, fetch, _lines(fetch, "policy"))
    if canonical(view.context.target.name) in map(canonical, names):
        yield from _mx_certificates(view, mx)


def _policy_problems(policy: Policy, hosts: t.Sequence[str]) -> list[str]:
    mode = policy.fields.get("mode")
    problems = list(policy.problems)
    if mode in ("testing", "none"):
        problems.append(f"mode is {mode}, so senders deliver without verified TLS")
    if mode != "none":
        missing = [host for host in hosts if not permitted(host, policy.patterns)]
        problems += [f"the MX host {host} is not in it" for host in missing]
    return problems


def _mx_certificates(view: StoredAnswers, mx: Answer) -> t.Iterable[Finding]:
    """Whether this host, as one of the MX hosts, has a certificate that senders accept (section
    4.1).
    """
    for address in view.context.addresses:
        handshakes = view.context.of("tls_trust", "smtp", address)
        chains = served_chains(view.context, "smtp", address)
        untrusted = [entry for entry in handshakes if "verify_error" in entry["facts"]]
        if untrusted:
            text = f"The certificate at smtp {address} is not trusted, so senders do not deliver."
            yield view.endpoint_finding(FAIL, text, untrusted[0])
        elif not chains or not handshakes:
            yield view.finding(UNKNOWN, f"The certificate at smtp {address} was not seen.", mx)
        else:
            for chain in chains:
                place, name = f"smtp {address}", view.context.target.name
                yield _name_compared(view, chain.leaf, chain.seen, place, name)


def _name_compared(
    view: StoredAnswers, certificate: bytes, observation: Observation, place: str, name: str
) -> Finding:
    """Whether a certificate is for a name."""
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        text = f"{NO_CRYPTOGRAPHY}, so certificates cannot be read."
        return view.endpoint_finding(UNKNOWN, text, observation)
    handshake = _first_event(observation)
    try:
        matching = x509.name_matches(name, x509.certificate_facts(certificate))
    except ValueError as exc:
        text = f"The certificate at {place} cannot be read: {str(exc).rstrip('.')}."
        return view.endpoint_finding(UNKNOWN, text, observation, handshake)
    if matching:
        text = f"The certificate at {place} is for {name}."
        return view.endpoint_finding(PASS, text, observation, handshake)
    text = f"The certificate at {place} is not for {name}."
    return view.endpoint_finding(FAIL, text, observation, handshake)


def _first_event(observation: Observation) -> list[int]:
    """The line of the TLS handshake: the first event of a connection that reached it."""
    events = [index for index, line in enumerate(observation["transcript"]) if line[0] == "*"]
    return events[:1]


def _failure(fetch: Observation) -> str:
    """Why a fetch gave no policy."""
    facts = fetch["facts"]
    if "verify_error" in facts:
        reason = facts["verify_error"].rstrip(".")
        return f"the certificate of its server is not trusted: {reason}"
    return f"HTTP status {facts['status']}" if "status" in facts else error_text(fetch)


def mta_sts_serving(view: StoredAnswers) -> t.Iterable[Finding]:
    fetches, without_policy = _fetches(view)
    if without_policy:
        failed = without_policy.status == FAIL  # mta_sts_policy has the failure
        if failed:
            without_policy = without_policy._replace(
                status=NOT_APPLICABLE, reason=NO_SUBJECT, caused_by="mta_sts_policy"
            )
        yield without_policy
        return
    for fetch in fetches:
        yield from _served(view, fetch)
    _answer, _records, hosts = view.replay(domain_queries.mta_sts(view.subject))
    fetched = {fetch["address"] for fetch in fetches}
    others = [text for host in hosts for text in host.records if text not in fetched]
    if others:
        text = f"The policy was not fetched from {', '.join(others)}."
        yield view.finding(UNKNOWN, text, *hosts, records=others)


def _served(view: StoredAnswers, fetch: Observation) -> t.Iterable[Finding]:
    """Findings about one address of the policy host."""
    facts, place = fetch["facts"], endpoint_text(fetch)
    if "verify_error" in facts:
        yield view.endpoint_finding(FAIL, f"{place}: {_failure(fetch)}.", fetch)
        return
    if "status" not in facts:
        refused = (fetch["error"] or {}).get("kind") == "connect_refused"
        status = FAIL if refused else UNKNOWN
        yield view.endpoint_finding(status, f"{place}: {error_text(fetch)}.", fetch)
        return
    problem, part = _response_problem(facts)
    if problem:
        yield view.endpoint_finding(FAIL, f"{place}: {problem}.", fetch, _lines(fetch, part))
    else:
        text = f"{place} serves the policy."
        yield view.endpoint_finding(PASS, text, fetch, _lines(fetch, "status", "headers"))
    certificate = bytes.fromhex(facts["tls"]["certificate"])
    yield _name_compared(view, certificate, fetch, place, fetch["params"]["server_name"])


def _response_problem(facts: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """What is wrong with an HTTP response, and the part that shows it."""
    content_type = facts["content_type"].partition(";")[0].strip().lower()
    if 300 <= facts["status"] < 400:
        location = facts["location"] or "elsewhere"
        text = f"HTTP status {facts['status']}, a redirect to {location}; senders do not follow"
        return text, "status"
    if facts["status"] != 200:
        return f"HTTP status {facts['status']}", "status"
    if facts["octets"] > MAX_OCTETS:
        return f"the policy is longer than {MAX_OCTETS} octets", "headers"
    if content_type != "text/plain":
        return f"the content type is {facts['content_type']!r}, not text/plain", "headers"
    return "", ""


CHECKS = (
    Check(
        id="mta_sts_policy",
        title="MTA-STS policy: mode enforce, covers every MX; MX certificates are valid",
        title_failed="MTA-STS policy invalid, not enforced or without an MX, or bad certificate",
        group="dns",
        severity="medium",
        evaluate=per_domain(mta_sts_policy),
        control=(
            "None needed: the policy itself is the evidence; one that was not fetched is unknown."
        ),
        false_pass="The policy host serves other clients another policy.",
        impact=(
            "Senders hold mail back for an MX that the policy omits or whose certificate is not "
            "trusted. Without enforce, an attacker can strip TLS."
        ),
        fix={
            "roles": (
                "Serve mode: enforce with an mx line for each MX host, and install a certificate "
                "of a public CA (certificate_provider: files)."
            ),
            "dns": (
                "Publish _mta-sts.DOMAIN TXT v=STSv1; id=NUMBER, one record, with an id of up to "
                "32 letters and digits."
            ),
            "any": (
                "Serve at https://mta-sts.DOMAIN/.well-known/mta-sts.txt: version: STSv1, mode: "
                "enforce, an mx: line for each MX host, max_age: 604800."
            ),
        },
        references=(rfc(8461, "3"), rfc(8461, "4.1")),
        peers=("mox", "checkdmarc (in part)"),
    ),
    Check(
        id="mta_sts_serving",
        title="MTA-STS policy file: 200, text/plain, no redirect, valid HTTPS certificate",
        title_failed="MTA-STS policy file not fetchable as RFC 8461 demands",
        group="dns",
        severity="medium",
        evaluate=per_domain(mta_sts_serving),
        control="None needed: the response itself is the evidence.",
        false_pass="The policy host answers this vantage and not others.",
        impact="Senders get no policy, although browsers show the file.",
        fix={
            "roles": (
                "Have the web server of mta-sts.DOMAIN answer on all its addresses with 200 and "
                "text/plain, and give it a certificate for that name."
            ),
            "dns": (
                "Publish only those A and AAAA records of mta-sts.DOMAIN whose web server answers."
            ),
            "any": (
                "Serve the file with status 200, Content-Type: text/plain, at most 64 KB, without "
                "a redirect, with a trusted certificate for mta-sts.DOMAIN."
            ),
        },
        references=(rfc(8461, "3.3"),),
        peers=("mox",),
    ),
)
