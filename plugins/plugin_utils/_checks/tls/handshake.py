# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a server agrees to in its first words of TLS: key exchange, groups, order, extensions, ALPN.

RFC 9325, 8422, 7919, 7627, 5746, 6520, 7507, 7301.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, SERVICES, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes.client_hello_params import HYBRID, WEAK_GROUPS, group_name
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL, FALLBACK, MODERN, OTHER, STATIC, WEAK

from ..base import Observation, Scene, each, error_text, finding, offers_tls, overlay
from .session import shakes
from .versions import blind, control, hellos, old_refused, taken

_HEARTBEAT, _ALPN, _EMS, _RENEGOTIATION = 15, 16, 23, 0xFF01
_HTTP = "http/1.1"


def _answered(scene: Scene, seen: Observation, *purposes: str) -> list[Observation]:
    """The hellos of some purposes that were answered by a ServerHello."""
    return [entry for purpose in purposes for entry in hellos(scene, seen, purpose) if entry["facts"].get("answer") == "hello"]


def _old(scene: Scene, seen: Observation) -> tuple[Observation | None, Finding | None]:
    """The control as it was answered; or what to say without it: TLS 1.3 alone has none of the faults that it would show."""
    if offers_tls(seen) is False:
        return None, finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    for entry in _answered(scene, seen, CONTROL):
        return entry, None
    asked = hellos(scene, seen, CONTROL)
    modern = [entry for entry in shakes(scene, seen) if entry["facts"].get("version") == "TLSv1.3"]
    if modern and old_refused(scene, seen):
        return None, finding(PASS, "Only TLS 1.3 is accepted, which leaves no choice here.", seen)
    return None, finding(UNKNOWN, "The hello for TLS 1.2 was not answered: %s." % error_text(asked[-1] if asked else seen), seen)


def _forward_secrecy(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    allowed = scene.policy["allowed_suites"][overlay(seen)]
    usual = [entry for entry in _answered(scene, seen, CONTROL, OTHER) if set(STATIC).intersection(entry["facts"]["suite_classes"])]
    static = taken(scene, seen, *STATIC) + usual
    finite = [entry for entry in _answered(scene, seen, CONTROL, OTHER, WEAK) if entry["facts"].get("dh_bits")]
    finite = [entry for entry in finite if "anon" not in entry["facts"]["suite_classes"]]
    small = [entry for entry in finite if entry["facts"]["dh_bits"] < scene.policy["dh_bits"]]
    asked = hellos(scene, seen, WEAK)
    if static and "static" not in allowed:
        words = "A suite without forward secrecy is accepted: %s." % static[0]["facts"]["suite_name"]
        yield finding(FAIL, words, seen, static[0])
    elif small:
        words = "Diffie-Hellman with a prime of %d bits is accepted; the policy asks for %d."
        yield finding(FAIL, words % (small[0]["facts"]["dh_bits"], scene.policy["dh_bits"]), seen, small[0])
    elif finite and "dhe" not in allowed:
        yield finding(FAIL, "Diffie-Hellman without elliptic curves is accepted: %s." % finite[0]["facts"]["suite_name"], seen, finite[0])
    elif asked and "dhe" not in asked[0]["params"]["suites"]:
        yield finding(UNKNOWN, "Suites without forward secrecy were not asked for.", seen)
    else:
        note = " (others are, which the policy allows on an MX: they are better than clear text)" if static else ""
        good = finding(PASS, "Keys are exchanged with forward secrecy%s." % note, seen)
        yield blind(scene, seen, WEAK) or control(scene, seen) or good


def _groups(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(scene, seen)
    picked = [entry for entry in _answered(scene, seen, MODERN, CONTROL, OTHER) if "group" in entry["facts"]]
    unwanted = set(WEAK_GROUPS.values()).difference(scene.policy["weak_groups"])
    weak = [entry for entry in picked if entry["facts"]["group"] in unwanted]
    modern = hellos(scene, seen, MODERN)
    hybrid = [entry for entry in picked if entry["facts"]["group"] == group_name(HYBRID)]
    if weak:
        words = "The weak group %s is picked although better ones are offered." % weak[0]["facts"]["group"]
        yield finding(FAIL, words, seen, weak[0])
    elif scene.policy["post_quantum"] and modern and modern[-1]["facts"].get("answer") == "hello" and not hybrid:
        yield finding(FAIL, "X25519MLKEM768 is not offered, which the policy asks for.", seen, modern[-1])
    elif old is None:
        yield missing or finding(UNKNOWN, "No group was seen.", seen)
    elif not picked:
        yield finding(UNKNOWN, "The group was not seen: the answer was %s." % old["facts"]["suite_name"], seen, old)
    else:
        names = " and ".join(dict.fromkeys(entry["facts"]["group"] for entry in picked))
        note = "" if not modern else ", safe from later quantum computers" if hybrid else "; X25519MLKEM768 is not offered"
        yield finding(PASS, "The group picked is %s%s." % (names, note), seen)


def _preference(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(scene, seen)
    if old is None:
        yield missing or finding(UNKNOWN, "The order was not seen.", seen)
    elif "cbc_sha1" not in old["params"]["suites"]:
        yield finding(UNKNOWN, "Only good suites were offered, so nothing shows whose order counts.", seen)
    elif "good" in old["facts"]["suite_classes"]:
        yield finding(PASS, "With the best suites named last, %s is picked." % old["facts"]["suite_name"], seen)
    elif scene.policy["server_preference"][overlay(seen)]:
        words = "With the best suites named last, %s is picked: the client's order counts, or nothing better is there."
        yield finding(FAIL, words % old["facts"]["suite_name"], seen, old)
    else:
        yield finding(PASS, "The client's order counts, which the policy allows.", seen)


def _features(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(scene, seen)
    if old is None:
        yield missing or finding(UNKNOWN, "No ServerHello was seen.", seen)
        return
    facts, params = old["facts"], old["params"]
    fallen = _answered(scene, seen, FALLBACK)
    wrong = []
    if facts["compression"]:
        wrong.append("compression is agreed to, which gives secrets away by their length (CRIME)")
    if _RENEGOTIATION not in facts["extensions"]:
        wrong.append("renegotiation is not bound to the first handshake, so others can put words before a client's (RFC 5746)")
    if _EMS not in facts["extensions"] and scene.policy["extended_master_secret"]:
        wrong.append("the extended master secret is missing, so sessions can be made to share their keys (RFC 7627)")
    if _HEARTBEAT in facts["extensions"]:
        wrong.append("heartbeat is agreed to, which nobody needs and Heartbleed lived in (RFC 6520)")
    if fallen:
        wrong.append("a client that falls back to an older version is not stopped (RFC 7507)")
    if wrong:
        yield finding(FAIL, "In TLS 1.2 or older %s." % "; ".join(wrong), seen, fallen[0] if fallen and len(wrong) == 1 else old)
    elif not (params.get("compression") and params.get("heartbeat")):
        yield finding(UNKNOWN, "Compression and heartbeat were not offered.", seen)
    else:
        yield finding(PASS, "No compression, no heartbeat; renegotiation is safe and the master secret is bound to its session.", seen)


def _alpn(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False:
        yield finding(NOT_APPLICABLE, "TLS is not offered.", seen)
        return
    controls = hellos(scene, seen, CONTROL)
    asked = [entry for entry in controls if _HTTP in entry["params"].get("alpn", ())]
    otherwise = [entry for entry in controls if entry not in asked and entry["facts"].get("answer") == "hello"]
    answers = [entry for entry in asked if entry["facts"].get("answer") == "hello"]
    shaken = scene.of("tls_alpn", seen["service"], seen["address"])
    answers += [entry for entry in shaken if entry["facts"].get("version") == "TLSv1.3"]
    otherwise += [entry for entry in shaken if "NO_APPLICATION_PROTOCOL" in entry["facts"].get("refused", "")]
    agreed = [entry for entry in answers if entry["facts"].get("alpn") == _HTTP]
    if agreed:
        yield finding(FAIL, "The server agrees to speak %s, which is what browsers speak." % _HTTP, seen, agreed[0])
    elif asked and not answers and (otherwise or any(entry["facts"].get("alert") == "no_application_protocol" for entry in asked)):
        yield finding(PASS, "A client that wants to speak %s is turned away." % _HTTP, seen)
    elif answers:
        yield finding(PASS, "The server does not agree to speak %s." % _HTTP, seen)
    else:
        yield finding(UNKNOWN, "The hello with %s was not answered: %s." % (_HTTP, error_text(asked[-1] if asked else seen)), seen)


judge_forward_secrecy = each(tuple(SERVICES), _forward_secrecy)
judge_groups = each(tuple(SERVICES), _groups)
judge_preference = each(tuple(SERVICES), _preference)
judge_features = each(tuple(SERVICES), _features)
judge_alpn = each(tuple(SERVICES), _alpn)
