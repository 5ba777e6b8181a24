# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of a PROXY header from a stranger and of a certificate that nobody signed (PROXY protocol, RFC 8446 section 4.3.2).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..base import Observation, Scene, each, error_text, finding, reached, said
from . import open_relay, replies
from .refusal_bypass import SERVICES, taken
from .replies import CERTIFICATE


def judge_proxy(scene: Scene) -> list[Finding]:
    """RLY-13: a listener that greets only after the header is seen by the header; the others by what they say to it."""
    mute = [seen for service in SERVICES for seen in scene.of("smtp_session", service) if not reached(seen)]
    return [found for seen in mute for found in _swallowed(scene, seen)] + _greeted(scene)


def _swallowed(scene: Scene, session: Observation) -> list[Finding]:
    """Headers that were taken as if we might say so."""
    findings = []
    for seen in scene.of("smtp_proxy", session["service"], session["address"]):
        facts = seen["facts"]
        if "ehlo" not in facts:
            continue
        accepted = [entry for entry in facts.get("attempts", ()) if replies.state(entry, session["service"]) == replies.ACCEPTED]
        more = ", and mail for a stranger was then taken" if accepted else ""
        findings.append(taken(scene, session, seen, "Told %r by a stranger, the server went on as if it were so%s" % (facts["sent"], more)))
    return findings


def _proxy(scene: Scene, session: Observation) -> t.Iterable[Finding]:
    tried = scene.of("smtp_proxy", session["service"], session["address"])
    swallowed = _swallowed(scene, session)
    if swallowed:
        yield from swallowed
    elif "ehlo" not in session["facts"]:
        yield finding(UNKNOWN, "Not asked: %s." % error_text(session), session)
    elif not tried:
        implicit = session["service"] == "submissions"
        sentence = "It begins with TLS and waits for no header." if implicit else "No header was sent."
        yield finding(NOT_APPLICABLE if implicit else UNKNOWN, sentence, session)
    else:
        yield _answered(session, tried[-1])


def _answered(session: Observation, seen: Observation) -> Finding:
    """What a server that greets without a header said to one."""
    facts, error = seen["facts"], seen["error"] or {}
    greeting = facts.get("greeting", {"code": 220})
    if "header" in facts or (greeting["code"] != 220 and greeting["code"] != 421):
        return finding(PASS, "A PROXY header is refused: %s." % said(facts.get("header", greeting)).rstrip("."), session, seen)
    if "sent" in facts and error.get("kind") == "closed":
        return finding(PASS, "Whoever sends a PROXY header is hung up on.", session, seen)
    return finding(
        UNKNOWN,
        "What a PROXY header is answered was not seen: %s." % (said(greeting) if greeting["code"] == 421 else error_text(seen)),
        session,
        seen,
    )


_greeted = each(SERVICES, _proxy)


def _certificate(scene: Scene, session: Observation) -> t.Iterable[Finding]:
    """RLY-10: a certificate that anybody can make for himself opens nothing."""
    asked = session["facts"].get("tls", {}).get("certificate_requested")
    everything = replies.views(scene, session["service"], session["address"], (CERTIFICATE,))
    if everything:
        yield _shown(scene, session, everything)
    elif asked is False:
        yield finding(NOT_APPLICABLE, "The server asks no client for a certificate.", session)
    elif "STARTTLS" not in session["facts"].get("extensions", {"STARTTLS": ""}) and session["service"] != "submissions":
        yield finding(NOT_APPLICABLE, "STARTTLS is not offered, so there is no certificate to show.", session)
    else:
        yield finding(UNKNOWN, "Whether the server asks for a certificate was not seen: %s." % error_text(session), session)


def _shown(scene: Scene, session: Observation, everything: t.Sequence[replies.View]) -> Finding:
    """What came of it; a server that ends TLS over the certificate has refused us too."""
    broken = [view.seen for view in everything if view.state == replies.LOST]
    error = broken[0]["error"] if broken and len(broken) == len(everything) else None
    if error and error["kind"] == "tls" and "ALERT" in error["text"].upper():
        return finding(PASS, "The certificate is refused: %s." % error["text"].rstrip("."), session, broken[0])
    found = open_relay.closed(scene, session, everything, everything)
    return found._replace(sentence="With a certificate that nobody signed: %s" % found.sentence) if found.status in (PASS, FAIL) else found


judge_certificate = each(SERVICES, _certificate)
