# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of MTA-STS: the record, the policy and how it is served (RFC 8461).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.mta_sts_fetch import MAX_OCTETS
from ..._dns.queries import fold, tags
from ..base import Check, Observation, endpoint_text, error_text, rfc
from ..tls import x509
from .dane import chains
from .lookup import View, per_domain

MODES = ("enforce", "testing", "none")
MIN_AGE, MAX_AGE = 86400, 31557600


class Policy(t.NamedTuple):
    """A policy file: its fields, the patterns of its mx lines, and what is wrong with it."""

    fields: dict[str, str]
    patterns: tuple[str, ...]
    problems: tuple[str, ...]


def parse(text: str) -> Policy:
    """Read a policy (section 3.2); fields that are not known are no fault."""
    fields: dict[str, str] = {}
    patterns, wrong = [], []
    for line in text.replace("\r\n", "\n").split("\n"):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or "\r" in line:
            wrong.append(f"{line[:40]!r} is no field")
        elif name == "mx":
            patterns.append(fold(value))
        else:
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        wrong.append("version is not STSv1")
    if fields.get("mode") not in MODES:
        wrong.append(f"mode is not one of {', '.join(MODES)}")
    if not re.match(r"\d{1,10}\Z", fields.get("max_age", "")) or int(fields["max_age"]) > MAX_AGE:
        wrong.append(f"max_age is no number of seconds up to {MAX_AGE}")
    elif int(fields["max_age"]) < MIN_AGE:
        wrong.append("max_age is less than a day, so an attacker only has to wait")
    if not patterns and fields.get("mode") != "none":
        wrong.append("it names no mx")
    return Policy(fields, tuple(patterns), tuple(wrong))


def permitted(host: str, patterns: t.Iterable[str]) -> bool:
    """Whether a pattern names a host; * stands for one label on the left (section 4.1)."""
    labels = fold(host).split(".")
    return any(
        pattern.split(".") == labels
        or (pattern[:2] == "*." and pattern.split(".")[1:] == labels[1:])
        for pattern in patterns
    )


def _fetched(view: View) -> tuple[list[Observation], Finding | None]:
    """The attempts to fetch the policy, or the finding that there is nothing to fetch."""
    answer, records, hosts = view.lead(domain_queries.policy_host(view.subject))
    if not records:
        return [], view.say(NOT_APPLICABLE, "There is no MTA-STS record.", answer)
    if len(records) > 1:
        return [], view.say(
            FAIL, f"There are {len(records)} MTA-STS records, so senders ignore them all.", answer
        )
    if not re.match(r"[A-Za-z0-9]{1,32}\Z", dict(tags(records[0])).get("id", "")):
        return [], view.say(FAIL, "The record has no id of up to 32 letters and digits.", answer)
    if not any(found.records for found in hosts):
        return [], view.say(
            FAIL,
            f"A record says that there is a policy, but mta-sts.{view.subject} has no address.",
        )
    seen = [
        entry for entry in view.context.of("mta_sts") if entry["params"]["domain"] == view.subject
    ]
    return seen, None if seen else view.say(UNKNOWN, "The policy was not fetched.")


def mta_sts_policy(view: View) -> t.Iterable[Finding]:
    fetched, settled = _fetched(view)
    if settled:
        yield settled
        return
    served = [seen for seen in fetched if seen["facts"].get("status") == 200]
    if not served:
        yield view.of_seen(UNKNOWN, f"The policy was not seen: {_trouble(fetched[0])}.", fetched[0])
        return
    policy = parse(served[0]["facts"]["policy"])
    wrong = list(policy.problems)
    if policy.fields.get("mode") in ("testing", "none"):
        wrong.append(f"mode is {policy.fields['mode']}, so senders deliver whatever answers")
    _answer, hosts = view.lead(domain_queries.exchangers(view.subject))
    if policy.fields.get("mode") != "none":
        wrong += [
            f"the MX host {entry.host} is not in it"
            for entry in hosts
            if not permitted(entry.host, policy.patterns)
        ]
    text = "; ".join(wrong)
    yield (
        view.of_seen(FAIL, f"The policy: {text}.", served[0])
        if wrong
        else view.say(PASS, "The policy is enforced for every MX host.")
    )
    if fold(view.context.target.name) in [fold(entry.host) for entry in hosts]:
        yield from _certificates(view)


def _certificates(view: View) -> t.Iterable[Finding]:
    """Whether this host, as one of the MX hosts, has a certificate that senders then take (section
    4.1).
    """
    for address in view.context.addresses:
        trust = view.context.of("tls_trust", "smtp", address)
        found = chains(view, "smtp", address)
        if any("verify_error" in entry["facts"] for entry in trust):
            yield view.of_seen(
                FAIL,
                f"The certificate at smtp {address} is not trusted, so senders do not deliver.",
                trust[0],
            )
        elif not found or not trust:
            yield view.say(UNKNOWN, f"The certificate at smtp {address} was not seen.")
        elif x509.CRYPTOGRAPHY_IMPORT_ERROR:
            yield view.say(
                UNKNOWN,
                "The Python package cryptography is missing, so certificates cannot be read.",
            )
        else:
            yield from _named(view, [chain.leaf for chain in found], f"smtp {address}")


def _named(
    view: View, leaves: t.Sequence[bytes], where: str, name: str = ""
) -> t.Iterable[Finding]:
    name = name or view.context.target.name
    for der in leaves:
        try:
            good = x509.name_matches(name, x509.certificate_facts(der))
        except ValueError as exc:
            yield view.say(
                UNKNOWN, f"The certificate at {where} cannot be read: {str(exc).rstrip('.')}."
            )
            continue
        if good:
            yield view.say(PASS, f"The certificate at {where} is for {name}.")
        else:
            yield view.say(FAIL, f"The certificate at {where} is not for {name}.")


def _trouble(seen: Observation) -> str:
    facts = seen["facts"]
    if "verify_error" in facts:
        return f"its server's certificate is not trusted: {facts['verify_error'].rstrip('.')}"
    return f"HTTP answered {facts['status']}" if "status" in facts else error_text(seen)


def mta_sts_serving(view: View) -> t.Iterable[Finding]:
    fetched, settled = _fetched(view)
    if settled:
        yield settled if settled.status != FAIL else view.say(NOT_APPLICABLE, settled.sentence)
        return
    for seen in fetched:
        yield from _served(view, seen)


def _served(view: View, seen: Observation) -> t.Iterable[Finding]:
    facts, where = seen["facts"], endpoint_text(seen)
    if "verify_error" in facts:
        yield view.of_seen(FAIL, f"{where}: {_trouble(seen)}.", seen)
        return
    if "status" not in facts:
        closed = (seen["error"] or {}).get("kind") == "connect_refused"
        yield view.of_seen(FAIL if closed else UNKNOWN, f"{where}: {error_text(seen)}.", seen)
        return
    wrong = []
    if 300 <= facts["status"] < 400:
        wrong.append(
            f"HTTP answered {facts['status']} to {facts['location'] or 'elsewhere'}; senders do "
            "not follow"
        )
    elif facts["status"] != 200:
        wrong.append(f"HTTP answered {facts['status']}")
    elif facts["octets"] > MAX_OCTETS:
        wrong.append(f"the policy is longer than {MAX_OCTETS} octets")
    elif facts["content_type"].partition(";")[0].strip().lower() != "text/plain":
        wrong.append(f"the content type is {facts['content_type']!r}, not text/plain")
    if wrong:
        yield view.of_seen(FAIL, f"{where}: {'; '.join(wrong)}.", seen)
    else:
        yield view.say(PASS, f"{where} serves the policy.")
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        yield view.say(
            UNKNOWN, "The Python package cryptography is missing, so certificates cannot be read."
        )
    else:
        yield from _named(
            view, [bytes.fromhex(facts["tls"]["certificate"])], where, seen["params"]["server_name"]
        )


CHECKS = (
    Check(
        id="mta_sts_policy",
        title="MTA-STS policy: mode enforce, covers every MX; MX certificates are valid",
        title_failed="MTA-STS policy invalid, not enforced or without an MX, or bad certificate",
        group="dns",
        severity="medium",
        evaluate=per_domain(mta_sts_policy),
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
