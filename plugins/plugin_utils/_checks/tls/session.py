# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of TLS and certificates: sessions and handshakes in, findings out (RFC 3207, 8314, 9525).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..base import Observation, Scene, each, error_text, finding, offers_tls, overlay, reached
from . import x509

CLEAR = ("smtp", "submission", "imap", "pop3", "sieve")
IMPLICIT = ("submissions", "imaps", "pop3s")
EVERY = tuple(_model.SERVICES)


def shakes(scene: Scene, seen: Observation) -> list[Observation]:
    """The handshakes with an endpoint by which its certificate is judged."""
    return scene.of("tls_trust", seen["service"], seen["address"]) + scene.of("tls_certificate", seen["service"], seen["address"])


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
    tried = shakes(scene, seen)
    good = [entry for entry in tried if entry["facts"].get("version")]
    if good:
        yield finding(PASS, "The handshake gave %(version)s with %(cipher)s." % good[0]["facts"], seen)
    elif any((entry["error"] or {}).get("kind") == "tls" for entry in tried):
        yield finding(FAIL, "STARTTLS is offered but does not work: %s." % error_text(tried[-1]), seen, tried[-1])
    else:
        yield finding(UNKNOWN, "No handshake was seen to the end: %s." % (error_text(tried[-1]) if tried else error_text(seen)), seen)


def _implicit_only(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    for probe in scene.of("plain_on_tls", seen["service"], seen["address"]):
        kind, words = probe["facts"].get("kind"), probe["facts"].get("said", "")
        if kind == "mail":
            yield finding(FAIL, "A command in clear was answered in clear: %s." % words.strip(), seen, probe)
        elif kind == "nothing" and not reached(seen):
            yield finding(UNKNOWN, "Neither TLS nor a command in clear was answered: %s." % error_text(seen), seen, probe)
        elif kind in ("alert", "nothing"):
            yield finding(PASS, "A command in clear was not answered.", seen)
        else:
            yield finding(
                UNKNOWN,
                "A command in clear got an answer that is no mail protocol: %s." % (words.strip() or error_text(probe)),
                seen,
                probe,
            )
        return
    yield finding(UNKNOWN, "Nothing was said in clear: %s." % error_text(seen), seen)


def certificate(scene: Scene, seen: Observation) -> tuple[dict[str, t.Any] | None, Finding | None]:
    """The facts of the served certificate, or the finding that says why there are none."""
    if offers_tls(seen) is False:
        return None, finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return None, finding(
            UNKNOWN, "The Python library cryptography is missing on the controller, so the certificate cannot be read.", seen
        )
    tried = shakes(scene, seen)
    for entry in tried:
        if entry["facts"].get("certificate"):
            try:
                return x509.certificate_facts(bytes.fromhex(entry["facts"]["certificate"])), None
            except ValueError as exc:
                return None, finding(UNKNOWN, "The certificate cannot be read: %s." % str(exc).rstrip("."), seen, entry)
    return None, finding(UNKNOWN, "The certificate was not seen: %s." % (error_text(tried[-1]) if tried else error_text(seen)), seen)


def _trusted(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False or not scene.policy["certificate_trust"][overlay(seen)]:
        yield finding(
            NOT_APPLICABLE,
            "TLS is not offered." if offers_tls(seen) is False else "The policy does not ask for a trusted certificate here.",
            seen,
        )
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
    facts, missing = certificate(scene, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
    elif x509.name_matches(scene.target.name, facts):
        yield finding(PASS, "The certificate is for %s." % scene.target.name, seen)
    else:
        names = ", ".join([*facts["names"], *facts["addresses"]]) or "no name at all"
        yield finding(FAIL, "The certificate is for %s, not for %s." % (names, scene.target.name), seen)


def _expiry(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts, missing = certificate(scene, seen)
    if facts is None:
        yield missing or finding(UNKNOWN, "The certificate was not seen.", seen)
        return
    left = (datetime.datetime.fromisoformat(facts["not_after"]) - scene.now).total_seconds() / 86400
    early = (datetime.datetime.fromisoformat(facts["not_before"]) - scene.now).total_seconds() > 0
    if early or left < 0:
        yield finding(
            FAIL,
            "The certificate is not valid %s (%s to %s)." % ("yet" if early else "any more", facts["not_before"], facts["not_after"]),
            seen,
        )
    elif scene.policy["certificate_lifetime"] and _days(facts) > scene.policy["certificate_lifetime"]:
        yield finding(
            FAIL,
            "The certificate is good for %d days in all; the policy allows %d." % (_days(facts), scene.policy["certificate_lifetime"]),
            seen,
        )
    elif left < scene.policy["certificate_days"]:
        yield finding(FAIL, "The certificate has %d days left; the policy asks for %d." % (left, scene.policy["certificate_days"]), seen)
    else:
        yield finding(PASS, "The certificate is valid for another %d days." % left, seen)


def _days(facts: t.Mapping[str, t.Any]) -> float:
    """How long a certificate is good for in all."""
    span = datetime.datetime.fromisoformat(facts["not_after"]) - datetime.datetime.fromisoformat(facts["not_before"])
    return span.total_seconds() / 86400


judge_offered = each(CLEAR, _offered)
judge_works = each(CLEAR, _works)
_after_handshake = each(IMPLICIT, _implicit_only)


def judge_implicit_only(scene: Scene) -> list[Finding]:
    """TLS-08: a port whose handshake failed was asked in clear all the same, and may have answered."""
    failed = [seen for service in IMPLICIT for seen in scene.of("smtp_session", service) + scene.of("mailbox_session", service)]
    findings = [
        item
        for seen in failed
        if not reached(seen) and scene.of("plain_on_tls", seen["service"], seen["address"])
        for item in _implicit_only(scene, seen)
    ]
    known = {item.subject for item in findings}
    return findings + [item for item in _after_handshake(scene) if item.subject not in known]


judge_trusted = each(EVERY, _trusted)
judge_name = each(EVERY, _name)
judge_expiry = each(EVERY, _expiry)
