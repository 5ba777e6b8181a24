# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of all certificates that a server has: each kind of key, without a name, on every address, and what signed them.

RFC 5280, 9325, 7633, 7672 section 8.1; certificates are read by x509.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, SERVICES, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import MODERN, OTHER

from ..base import Observation, Scene, absent, each, error_text, finding, not_reached, offers_tls, reached, subject
from . import x509
from .chains import another, chains, family, read, unread
from .session import certificate, shakes
from .versions import hellos

_BROKEN_HASHES = ("md5", "sha1")


def _weakness(facts: dict[str, t.Any], policy: t.Mapping[str, t.Any]) -> str:
    """What is too weak in a certificate; nothing for one in order, and no look at how a root signed itself."""
    if facts["key_type"] == "rsa" and facts["key_bits"] < policy["rsa_bits"]:
        return "has an RSA key of %d bits; the policy asks for %d" % (facts["key_bits"], policy["rsa_bits"])
    if facts["key_type"] == "ec" and facts["key_bits"] < policy["ec_bits"]:
        return "has a key on a curve of %d bits; the policy asks for %d" % (facts["key_bits"], policy["ec_bits"])
    if facts["key_type"] in ("dsa", "unknown"):
        return "has a key of a kind that nobody should use (%s)" % facts["key_type"]
    if facts["signature_hash"] in _BROKEN_HASHES and not facts["self_signed"]:
        return "is signed with %s, which can be forged" % facts["signature_hash"].upper()
    return ""


def _strength(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(scene, seen)
    if unseen:
        yield unseen
        return
    count = 0
    for entry in chains(scene, seen):
        for place, der in enumerate([entry["facts"]["certificate"], *entry["facts"]["chain"]]):
            facts = read(der)
            if facts is None:
                yield finding(UNKNOWN, "Certificate %d of the chain cannot be read." % (place + 1), seen, entry)
                return
            count += 1
            if place and facts["self_signed"]:  # a root is trusted for being known, not for its signature
                continue
            weakness = _weakness(facts, scene.policy)
            if weakness:
                yield finding(FAIL, "The certificate of %s %s." % (facts["subject"], weakness), seen, entry)
                return
    yield finding(PASS, "The keys and signatures of all %d certificates are strong enough." % count, seen)


def _wrong(scene: Scene, facts: dict[str, t.Any]) -> str:
    """What clients object to in a certificate, apart from who signed it."""
    if not x509.name_matches(scene.target.name, facts):
        return "is not for %s" % scene.target.name
    if datetime.datetime.fromisoformat(facts["not_after"]) < scene.now:
        return "ended on %s" % facts["not_after"][:10]
    return "begins on %s" % facts["not_before"][:10] if datetime.datetime.fromisoformat(facts["not_before"]) > scene.now else ""


def _each_kind(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(scene, seen)
    if unseen:
        yield unseen
        return
    flights = chains(scene, seen)
    kinds = [family(entry) for entry in flights]
    usual = [entry["facts"].get("certificate") for entry in shakes(scene, seen)]  # which other checks judge
    for entry in [flight for flight in flights if flight["facts"]["certificate"] not in usual]:
        facts = read(entry["facts"]["certificate"])
        wrong = "cannot be read" if facts is None else _wrong(scene, facts) or _untrusted(scene, seen, entry)
        if wrong:
            yield finding(FAIL, "The certificate with the %s key %s." % (family(entry), wrong), seen, entry)
            return
    missing = [kind for kind in kinds[1:] if not _trust(scene, seen, kind)]
    unseen = _others(scene, seen, kinds)
    if unseen:
        yield unseen
    elif missing:
        yield finding(UNKNOWN, "Whether the certificate with the %s key is trusted was not seen." % missing[0], seen)
    else:
        words = "is one certificate, with a key of the kind" if len(kinds) == 1 else "are certificates with keys of the kinds"
        yield finding(PASS, "There %s %s%s." % (words, " and ".join(kinds), ", all in order" if len(kinds) > 1 else ""), seen)


def _others(scene: Scene, seen: Observation, kinds: list[str]) -> Finding | None:
    """Why there may be a certificate that was not seen; None where there is none."""
    asked = hellos(scene, seen, OTHER)
    if asked and "answer" in asked[-1]["facts"]:
        return None
    more, shown = (None, None) if asked else another(scene, seen, kinds[0])
    if more is None:
        return finding(UNKNOWN, "Whether there is another certificate was not seen: %s." % error_text(asked[-1] if asked else seen), seen)
    words = "There is a certificate with another key than the %s key, and TLS 1.3 alone does not show it." % kinds[0]
    return finding(UNKNOWN, words, seen, shown) if more and shown else None


def _trust(scene: Scene, seen: Observation, kind: str) -> list[Observation]:
    """The handshakes that verified the certificate with a key of that kind."""
    tried = scene.of("tls_other_trust", seen["service"], seen["address"])
    return [entry for entry in tried if entry["params"]["keys"] == kind and "trusted" in entry["facts"]]


def _untrusted(scene: Scene, seen: Observation, entry: Observation) -> str:
    """Why a second certificate is not trusted; the first is another check's."""
    bad = [trust["facts"]["verify_error"] for trust in _trust(scene, seen, family(entry)) if "verify_error" in trust["facts"]]
    return "does not verify: %s" % bad[0] if bad else ""


def _without_name(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False:
        yield finding(NOT_APPLICABLE, "TLS is not offered.", seen)
        return
    nameless = [entry for entry in scene.of("tls_upgrade", seen["service"], seen["address"]) if "starttls" in entry["facts"]]
    plain = [entry for entry in nameless if "tls" in entry["facts"] or not entry["params"]["inject"]]
    unknown = hellos(scene, seen, MODERN)
    named = [entry for entry in shakes(scene, seen) if entry["facts"].get("version")]
    if named and plain and "tls_error" in plain[-1]["facts"]:
        words = "A client that names no server gets no TLS: %s." % plain[-1]["facts"]["tls_error"]
        yield finding(FAIL, words, seen, plain[-1])
    elif named and unknown and unknown[-1]["facts"].get("answer") == "alert":
        words = "A client that names a server unknown here gets no TLS: %s." % unknown[-1]["facts"]["alert"]
        yield finding(FAIL, words, seen, unknown[-1])
    elif not plain or "tls" not in plain[-1]["facts"]:
        yield finding(UNKNOWN, "No handshake without a name was seen.", seen, *nameless[-1:])
    elif not unknown or unknown[-1]["facts"].get("answer") != "hello":
        yield finding(UNKNOWN, "A hello with an unknown name was not answered.", seen, *unknown[-1:])
    else:
        yield _default(scene, seen, plain[-1])


def _default(scene: Scene, seen: Observation, entry: Observation) -> Finding:
    """What is served to a client without a name."""
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return certificate(scene, seen)[1] or finding(UNKNOWN, "The certificate cannot be read.", seen)
    facts = read(entry["facts"]["tls"].get("certificate", ""))
    if facts is None:
        return finding(UNKNOWN, "The certificate for a client without a name cannot be read.", seen, entry)
    first = certificate(scene, seen)[0] or {}
    wrong = _wrong(scene, facts)
    if wrong and facts["spki_sha256"] != first.get("spki_sha256"):
        return finding(FAIL, "The certificate for a client that names no server %s." % wrong, seen, entry)
    return finding(PASS, "TLS begins without a name and with an unknown one.", seen)


def _staple(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(scene, seen)
    if unseen:
        yield unseen
        return
    for entry in chains(scene, seen):
        facts = read(entry["facts"]["certificate"])
        if facts is None:
            yield finding(UNKNOWN, "The certificate cannot be read.", seen, entry)
        elif facts["must_staple"] and "stapled" not in entry["facts"]:
            yield finding(UNKNOWN, "The certificate demands an OCSP answer beside it, which TLS 1.3 does not show.", seen, entry)
        elif facts["must_staple"] and not entry["facts"]["stapled"]:
            yield finding(FAIL, "The certificate demands an OCSP answer beside it, and none is sent.", seen, entry)
        else:
            yield finding(PASS, "An OCSP answer is sent." if facts["must_staple"] else "The certificate demands no OCSP answer.", seen)


def judge_everywhere(scene: Scene) -> list[Finding]:
    """TLS-26: the certificates of a service are the same on every address, or all in order."""
    findings, closed = [], []
    for service in SERVICES:
        sessions = scene.of("smtp_session", service) + scene.of("mailbox_session", service)
        for seen in sessions:
            missing = None if reached(seen) else not_reached(scene, seen)
            if missing:
                findings.append(missing)
            elif not reached(seen):
                closed.append("%s (%s)" % (subject(seen), error_text(seen)))
        there = [seen for seen in sessions if reached(seen) and offers_tls(seen) is not False]
        if there:
            findings += _compare(scene, service, there)
    return findings or absent(scene, closed)


def _compare(scene: Scene, service: str, there: list[Observation]) -> t.Iterator[Finding]:
    served: dict[str, list[Observation]] = {}
    for seen in there:
        known = [entry for entry in shakes(scene, seen) if entry["facts"].get("fingerprint")]
        if not known:
            yield finding(UNKNOWN, "The certificate was not seen here.", seen)
            continue
        served.setdefault(known[0]["facts"]["fingerprint"], []).append(seen)
    if len(there) == 1 and served:
        yield finding(NOT_APPLICABLE, "There is one address only.", there[0])
        return
    wrong = [(seen, _fault(scene, seen)) for group in served.values() for seen in group[:1] if _fault(scene, seen)]
    if len(served) > 1 and wrong:
        seen, fault = wrong[0]
        yield finding(FAIL, "Another certificate than elsewhere is served here, and it %s." % fault, seen, shakes(scene, seen)[-1])
    elif served:
        words = "the same certificate" if len(served) == 1 else "%d certificates, all in order" % len(served)
        yield finding(PASS, "%s serves %s on its addresses." % (service, words), there[0])


def _fault(scene: Scene, seen: Observation) -> str:
    """What clients object to in what is served here."""
    for entry in shakes(scene, seen):
        if "verify_error" in entry["facts"]:
            return "does not verify: %s" % entry["facts"]["verify_error"]
    facts = certificate(scene, seen)[0]
    return _wrong(scene, facts) if facts else ""


judge_strength = each(tuple(SERVICES), _strength)
judge_each_kind = each(tuple(SERVICES), _each_kind)
judge_without_name = each(("smtp",), _without_name)
judge_staple = each(tuple(SERVICES), _staple)
