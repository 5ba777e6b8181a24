# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of TLS versions and cipher suites: raw hellos in, findings out (RFC 8996, RFC 9325 section 4).

A refusal of something old counts only beside a control that was answered.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, SERVICES, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import ANONYMOUS, BROKEN, CBC, CONTROL, LEGACY, MAX_WEAK, WEAK

from ..base import Observation, Scene, each, error_text, finding, offers_tls, overlay
from .session import shakes

VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def hellos(scene: Scene, seen: Observation, purpose: str) -> list[Observation]:
    """The raw hellos of one purpose on an endpoint, in the order in which they were sent."""
    return [entry for entry in scene.of("tls_hello", seen["service"], seen["address"]) if entry["params"]["purpose"] == purpose]


def blind(scene: Scene, seen: Observation, purpose: str) -> Finding | None:
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


def control(scene: Scene, seen: Observation) -> Finding | None:
    """A refusal counts only when the same kind of hello is answered once it offers something good."""
    answered = [entry for entry in hellos(scene, seen, CONTROL) if entry["facts"].get("answer") == "hello"]
    modern = [entry for entry in shakes(scene, seen) if entry["facts"].get("version") == "TLSv1.3"]
    if answered or modern:
        return None
    return finding(UNKNOWN, "The hello that should have been answered was not either, so the refusals prove nothing.", seen)


def old_refused(scene: Scene, seen: Observation) -> bool:
    """Whether TLS 1.2 was asked for with good suites and turned down each time, and not only unseen."""
    asked = hellos(scene, seen, CONTROL)
    return bool(asked) and all(entry["facts"].get("answer") in ("alert", "closed") for entry in asked)


def _versions(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    unseen = blind(scene, seen, LEGACY)
    wanted = scene.policy["minimum_tls"][overlay(seen)]
    answered = [entry for entry in hellos(scene, seen, LEGACY) + hellos(scene, seen, CONTROL) if entry["facts"].get("answer") == "hello"]
    low = [entry for entry in answered if VERSIONS.index(entry["facts"]["version"]) < VERSIONS.index(wanted)]
    if low:
        names = sorted({entry["facts"]["version"] for entry in low}, key=VERSIONS.index)
        yield finding(
            FAIL,
            "%s %s accepted; the policy asks for %s or newer." % (" and ".join(names), "is" if len(names) == 1 else "are", wanted),
            seen,
            low[0],
        )
    elif unseen:
        yield unseen
    else:
        yield control(scene, seen) or finding(PASS, "Nothing older than %s is accepted." % wanted, seen)


def taken(scene: Scene, seen: Observation, *words: str) -> list[Observation]:
    """The hellos for weak suites that were answered, with a suite of one of these classes."""
    asked = hellos(scene, seen, WEAK) + hellos(scene, seen, ANONYMOUS)
    return [entry for entry in asked if entry["facts"].get("answer") == "hello" and set(words) & set(entry["facts"]["suite_classes"])]


def _cbc(scene: Scene, seen: Observation) -> list[Observation]:
    """The hellos that show a suite with CBC that the policy leaves out."""
    unwanted = set(CBC).difference(scene.policy["allowed_suites"][overlay(seen)])
    controls = [entry for entry in hellos(scene, seen, CONTROL) if unwanted.intersection(entry["facts"].get("suite_classes", ()))]
    return taken(scene, seen, *unwanted) + controls


def _suites(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    asked = hellos(scene, seen, WEAK)
    apart = hellos(scene, seen, ANONYMOUS) or not any("anon" in entry["params"]["suites"] for entry in asked)  # as they once were
    unseen = blind(scene, seen, WEAK) or (blind(scene, seen, ANONYMOUS) if apart else None)
    weak = [entry for entry in taken(scene, seen, *BROKEN) if entry["params"]["purpose"] == WEAK]
    anonymous = taken(scene, seen, "anon")
    if weak:
        names = ", ".join(entry["facts"]["suite_name"] for entry in weak) + (" and perhaps more" if len(weak) > MAX_WEAK else "")
        yield finding(FAIL, "Broken cipher suites are accepted: %s." % names, seen, weak[0])
    elif anonymous and overlay(seen) not in scene.policy["anonymous_tls"]:
        yield finding(
            FAIL,
            "A suite without a certificate is accepted: %s; anybody in between can pose as the server."
            % anonymous[0]["facts"]["suite_name"],
            seen,
            anonymous[0],
        )
    elif _cbc(scene, seen):
        worst = _cbc(scene, seen)[0]
        words = "Suites without authenticated encryption are accepted, which the policy does not allow: %s." % worst["facts"]["suite_name"]
        yield finding(FAIL, words, seen, worst)
    elif unseen:
        yield unseen
    else:
        note = " (anonymous suites are, which the policy allows on an MX: they are no worse than clear text)" if anonymous else ""
        yield control(scene, seen) or finding(PASS, "No broken cipher suite is accepted%s." % note, seen)


judge_versions = each(tuple(SERVICES), _versions)
judge_suites = each(tuple(SERVICES), _suites)
