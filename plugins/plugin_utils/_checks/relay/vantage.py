# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges where we stood: a refusal is evidence from anywhere, an acceptance only from where nobody trusts us (RFC 2505).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..base import Observation, Scene, absent, error_text, finding, not_reached, subject
from . import declared_relay, replies


def trusted_because(scene: Scene, seen: Observation) -> str:
    """Why the target may have let us in as one of its own; empty when it has no reason to."""
    vantage = seen.get("vantage") or {}
    if vantage.get("same_host") or vantage.get("loopback"):
        return "the probe ran on the target itself"
    if scene.untrusted:
        return ""
    if vantage.get("on_link") is None:
        return "it is not known whether the probe shares a subnet with the target"
    return "the probe (%s) shares a subnet with the target" % vantage.get("source", "?") if vantage["on_link"] else ""


def judge_vantage(scene: Scene) -> list[Finding]:
    """RLY-00: nothing that was accepted was accepted because the target trusts us, and it sees us as we are."""
    findings = []
    for seen in scene.of("smtp_session"):
        if not seen["facts"]:
            continue
        why = trusted_because(scene, seen)
        taken = [view for view in replies.views(scene, seen["service"], seen["address"]) if view.state in replies.TAKEN]
        told, where = declared_relay.seen_as(seen), declared_relay.stand(scene, seen)
        if told in ("127.0.0.1", "::1", seen["address"]) and not why:
            findings.append(
                finding(FAIL, "The server takes us for %s although we are not on it: it sees every client as itself." % told, seen)
            )
        elif where.inside:
            findings.append(finding(NOT_APPLICABLE, "We are no stranger to it: %s; look from outside too." % where.words, seen))
        elif why and taken:
            findings.append(finding(UNKNOWN, "Something was accepted and %s; ask again from a host outside." % why, seen))
        elif why:
            findings.append(finding(PASS, "Nothing was accepted; %s, but a refusal counts from anywhere." % why, seen))
        else:
            findings.append(finding(PASS, "We spoke from %s, which the target has no reason to trust." % seen["source"], seen))
    return findings or _not_asked(scene)


def _not_asked(scene: Scene) -> list[Finding]:
    """The finding where no SMTP service answered, which a host of mailboxes need not have."""
    sessions = scene.of("smtp_session")
    if any(not_reached(scene, seen) for seen in sessions):
        return [Finding(UNKNOWN, "No SMTP service was reached.")]
    return absent(scene, ["%s (%s)" % (subject(seen), error_text(seen)) for seen in sessions])
