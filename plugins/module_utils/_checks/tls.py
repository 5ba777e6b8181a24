# -*- coding: utf-8 -*-
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the TLS checks: sessions, handshakes and raw hellos in, findings out (RFC 3207, 8314, 8996, 9325, 9525).

A refusal of something old counts only beside a control that was answered.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from .. import _model
from .._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from .._probes.plan import ANONYMOUS, CONTROL, LEGACY, MAX_WEAK, WEAK
from . import x509
from .scene import Observation, Scene, each, error_text, finding

VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
CLEAR = ("smtp", "submission", "imap", "pop3", "sieve")
IMPLICIT = ("submissions", "imaps", "pop3s")
EVERY = tuple(_model.SERVICES)


def _overlay(seen: Observation) -> str:
    return _model.SERVICES[seen["service"]].overlay


def offers_tls(seen: Observation) -> bool | None:
    """Whether TLS can be had on this endpoint; None when the session did not get far enough to know."""
    facts = seen["facts"]
    if _model.SERVICES[seen["service"]].implicit_tls:
        return True
    if "extensions" in facts:
        return "STARTTLS" in facts["extensions"]
    return facts.get("starttls_offered")


def _offered(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    offered = offers_tls(seen)
    if offered is None:
        yield finding(UNKNOWN, "The capabilities were not seen: %s." % error_text(seen), seen)
    elif offered:
        yield finding(PASS, "STARTTLS is offered.", seen)
    else:
        yield finding(FAIL, "STARTTLS is not offered; all that is said here is said in clear.", seen)


def _works(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if not offers_tls(seen):
        yield finding(NOT_APPLICABLE if offers_tls(seen) is False else UNKNOWN, "STARTTLS is not offered.", seen)
        return
    shakes = scene.of("tls_trust", seen["service"], seen["address"]) + scene.of("tls_certificate", seen["service"], seen["address"])
    good = [entry for entry in shakes if entry["facts"].get("version")]
    if good:
        yield finding(PASS, "The handshake gave %(version)s with %(cipher)s." % good[0]["facts"], seen)
    elif any((entry["error"] or {}).get("kind") == "tls" for entry in shakes):
        yield finding(FAIL, "STARTTLS is offered but does not work: %s." % error_text(shakes[-1]), seen, shakes[-1])
    else:
        yield finding(UNKNOWN, "No handshake was seen to the end: %s." % (error_text(shakes[-1]) if shakes else error_text(seen)), seen)


def _implicit_only(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    for probe in scene.of("plain_on_tls", seen["service"], seen["address"]):
        kind, words = probe["facts"].get("kind"), probe["facts"].get("said", "")
        if kind == "mail":
            yield finding(FAIL, "A command in clear was answered in clear: %s." % words.strip(), seen, probe)
        elif kind in ("alert", "nothing"):
            yield finding(PASS, "A command in clear was not answered.", seen)
        else:
            yield finding(UNKNOWN, "A command in clear got an answer that is no mail protocol: %s." % (words.strip() or error_text(probe)), seen, probe)
        return
    yield finding(UNKNOWN, "Nothing was said in clear: %s." % error_text(seen), seen)


def hellos(scene: Scene, seen: Observation, purpose: str) -> list[Observation]:
    """The raw hellos of one purpose on an endpoint, in the order in which they were sent."""
    return [entry for entry in scene.of("tls_hello", seen["service"], seen["address"]) if entry["params"]["purpose"] == purpose]


def _blind(scene: Scene, seen: Observation, purpose: str) -> Finding | None:
    """Why the raw hellos of a purpose prove nothing here; None when they do."""
    offered = offers_tls(seen)
    if offered is False:
        return finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    asked = hellos(scene, seen, purpose)
    if offered is None or not asked:
        return finding(UNKNOWN, "No hello was sent: %s." % error_text(seen), seen)
    for entry in asked:
        if "answer" not in entry["facts"] or entry["facts"]["answer"] == "plain":
            return finding(UNKNOWN, "A hello was not answered: %s." % error_text(entry), seen, entry)
    return None


def _control(scene: Scene, seen: Observation) -> Finding | None:
    """A refusal counts only when the same kind of hello is answered once it offers something good."""
    answered = [entry for entry in hellos(scene, seen, CONTROL) if entry["facts"].get("answer") == "hello"]
    modern = [entry for entry in scene.of("tls_trust", seen["service"], seen["address"]) if entry["facts"].get("version") == "TLSv1.3"]
    if answered or modern:
        return None
    return finding(UNKNOWN, "The hello that should have been answered was not either, so the refusals prove nothing.", seen)


def _versions(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    blind = _blind(scene, seen, LEGACY)
    wanted = scene.policy["minimum_tls"][_overlay(seen)]
    if blind:
        yield blind
        return
    taken = [entry for entry in hellos(scene, seen, LEGACY) + hellos(scene, seen, CONTROL) if entry["facts"]["answer"] == "hello"]
    low = [entry for entry in taken if VERSIONS.index(entry["facts"]["version"]) < VERSIONS.index(wanted)]
    if low:
        names = sorted({entry["facts"]["version"] for entry in low}, key=VERSIONS.index)
        yield finding(FAIL, "%s %s accepted; the policy asks for %s or newer." % (" and ".join(names), "is" if len(names) == 1 else "are", wanted), seen, low[0])
    else:
        yield _control(scene, seen) or finding(PASS, "Nothing older than %s is accepted." % wanted, seen)


def _suites(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    blind = _blind(scene, seen, WEAK) or _blind(scene, seen, ANONYMOUS)
    if blind:
        yield blind
        return
    weak = [entry for entry in hellos(scene, seen, WEAK) if entry["facts"]["answer"] == "hello"]
    anonymous = [entry for entry in hellos(scene, seen, ANONYMOUS) if entry["facts"]["answer"] == "hello"]
    if weak:
        names = ", ".join(entry["facts"]["suite_name"] for entry in weak) + (" and perhaps more" if len(weak) > MAX_WEAK else "")
        yield finding(FAIL, "Broken cipher suites are accepted: %s." % names, seen, weak[0])
    elif anonymous and _overlay(seen) not in scene.policy["anonymous_tls"]:
        yield finding(FAIL, "A suite without a certificate is accepted: %s; anybody in between can pose as the server." % anonymous[0]["facts"]["suite_name"], seen, anonymous[0])
    else:
        note = " (anonymous suites are, which the policy allows on an MX: they are no worse than clear text)" if anonymous else ""
        yield _control(scene, seen) or finding(PASS, "No broken cipher suite is accepted%s." % note, seen)


def _certificate(scene: Scene, seen: Observation) -> tuple[dict[str, t.Any] | None, Finding | None]:
    """The facts of the served certificate, or the finding that says why there are none."""
    if offers_tls(seen) is False:
        return None, finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return None, finding(UNKNOWN, "The Python library cryptography is missing on the controller, so the certificate cannot be read.", seen)
    shakes = scene.of("tls_trust", seen["service"], seen["address"]) + scene.of("tls_certificate", seen["service"], seen["address"])
    for entry in shakes:
        if entry["facts"].get("certificate"):
            return x509.certificate_facts(bytes.fromhex(entry["facts"]["certificate"])), None
    return None, finding(UNKNOWN, "The certificate was not seen: %s." % (error_text(shakes[-1]) if shakes else error_text(seen)), seen)


def _trusted(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False or not scene.policy["certificate_trust"][_overlay(seen)]:
        yield finding(NOT_APPLICABLE, "TLS is not offered." if offers_tls(seen) is False else "The policy does not ask for a trusted certificate here.", seen)
        return
    for entry in scene.of("tls_trust", seen["service"], seen["address"]):
        if entry["facts"].get("trusted"):
            yield finding(PASS, "The chain leads to a trust anchor of the vantage.", seen)
            return
        if "verify_error" in entry["facts"]:
            yield finding(FAIL, "The chain does not verify: %s." % entry["facts"]["verify_error"], seen, entry)
            return
        yield finding(UNKNOWN, "The chain was not seen: %s." % error_text(entry), seen, entry)
        return
    yield finding(UNKNOWN, "The chain was not seen: %s." % error_text(seen), seen)


def _name(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts, missing = _certificate(scene, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
    elif x509.name_matches(scene.target.name, facts):
        yield finding(PASS, "The certificate is for %s." % scene.target.name, seen)
    else:
        names = ", ".join([*facts["names"], *facts["addresses"]]) or "no name at all"
        yield finding(FAIL, "The certificate is for %s, not for %s." % (names, scene.target.name), seen)


def _expiry(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts, missing = _certificate(scene, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
        return
    left = (datetime.datetime.fromisoformat(facts["not_after"]) - scene.now).total_seconds() / 86400
    early = (datetime.datetime.fromisoformat(facts["not_before"]) - scene.now).total_seconds() > 0
    if early or left < 0:
        yield finding(FAIL, "The certificate is not valid %s (%s to %s)." % ("yet" if early else "any more", facts["not_before"], facts["not_after"]), seen)
    elif left < scene.policy["certificate_days"]:
        yield finding(FAIL, "The certificate has %d days left; the policy asks for %d." % (left, scene.policy["certificate_days"]), seen)
    else:
        yield finding(PASS, "The certificate is valid for another %d days." % left, seen)


judge_offered = each(CLEAR, _offered)
judge_works = each(CLEAR, _works)
judge_implicit_only = each(IMPLICIT, _implicit_only)
judge_versions = each(EVERY, _versions)
judge_suites = each(EVERY, _suites)
judge_trusted = each(EVERY, _trusted)
judge_name = each(EVERY, _name)
judge_expiry = each(EVERY, _expiry)
