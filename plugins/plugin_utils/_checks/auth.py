# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of how a login may be made: mechanism lists and one login that must fail (RFC 4422, 4616, 4954, 5802, 9266).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from .base import Observation, Scene, each, error_text, finding, said

CLEAR, INSIDE = "before TLS", "inside TLS"
#: Mechanisms that nobody need declare: a password inside TLS, its challenge with a modern hash, or a token.
EXPECTED = ("PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")
ANONYMOUS = "ANONYMOUS"
_WHY = {
    "NTLM": "it is broken, and tells the names of the host and its domain to everybody",
    "GSS-SPNEGO": "it can fall back to NTLM",
    "DIGEST-MD5": "it was withdrawn, and its passwords must be kept readable",
    "CRAM-MD5": "it was withdrawn, and its passwords must be kept readable",
}


def offered(seen: Observation) -> dict[str, list[str] | None]:
    """The mechanisms of each state that a session could be in; None for a state that was not seen."""
    facts = seen["facts"]
    protocol, implicit = _model.SERVICES[seen["service"]].protocol, _model.SERVICES[seen["service"]].implicit_tls
    first, second = _KEYS[protocol]
    here = _mechanisms(protocol, facts.get(first))
    if implicit:
        return {INSIDE: here}
    starttls = "STARTTLS" in facts.get("extensions", {}) if protocol == "smtp" else facts.get("starttls_offered")
    return {CLEAR: here, INSIDE: _mechanisms(protocol, facts.get(second))} if starttls else {CLEAR: here}


_KEYS = {
    "smtp": ("extensions", "extensions_tls"),
    "imap": ("capabilities", "capabilities_tls"),
    "pop3": ("capa", "capa_tls"),
    "sieve": ("capabilities", "capabilities_tls"),
}


def _mechanisms(protocol: str, words: t.Any) -> list[str] | None:
    """The mechanisms in a stored capability answer of a protocol, upper case and without repetitions."""
    if words is None:
        return None
    if protocol == "smtp":
        found = words.get("AUTH", "").split()
    elif protocol == "sieve":
        found = (words.get("SASL") or "").split()
    elif protocol == "imap":
        found = [word[5:] for word in words if word.startswith("AUTH=")]
    else:
        found = [mechanism for line in words if line.upper().startswith("SASL ") for mechanism in line.split()[1:]]
    return sorted({mechanism.upper() for mechanism in found})


def _missing(seen: Observation, lists: dict[str, list[str] | None]) -> Finding | None:
    """The finding for a list that was not seen."""
    for state, found in lists.items():
        if found is None:
            return finding(UNKNOWN, "The mechanisms %s were not seen: %s." % (state, error_text(seen)), seen)
    return None


def _shown(lists: dict[str, list[str] | None]) -> str:
    return "; ".join("%s %s" % (" ".join(found or ()) or "nothing", state) for state, found in lists.items())


def _anonymous(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    lists = offered(seen)
    states = [state for state, found in lists.items() if found and ANONYMOUS in found]
    if states:
        yield finding(FAIL, "ANONYMOUS is offered %s: whoever asks is logged in." % " and ".join(states), seen)
    else:
        yield _missing(seen, lists) or finding(PASS, "ANONYMOUS is not offered.", seen)


def _listed(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    lists = offered(seen)
    fine = {*EXPECTED, *scene.policy["more_auth_mechanisms"], ANONYMOUS}
    for state, found in lists.items():
        odd = [name for name in found or () if (name[:-5] if name.endswith("-PLUS") else name) not in fine]
        if odd:
            why = ["%s (%s)" % (name, _WHY[name]) if name in _WHY else "%s (nobody declared it)" % name for name in odd]
            yield finding(FAIL, "Offered %s: %s." % (state, ", ".join(why)), seen)
            return
    yield _missing(seen, lists) or finding(PASS, "Offered: %s." % _shown(lists), seen)


def _binding(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    inside = offered(seen).get(INSIDE)
    bound = [name for name in inside or () if name.endswith("-PLUS")]
    if bound:
        yield finding(PASS, "A login can be bound to its TLS session: %s." % " ".join(bound), seen)
    elif not scene.policy["channel_binding"]:
        yield finding(NOT_APPLICABLE, "The policy does not ask for channel binding, and it is not offered.", seen)
    elif inside is None:
        yield finding(UNKNOWN, "The mechanisms inside TLS were not seen: %s." % error_text(seen), seen)
    elif not inside:
        yield finding(NOT_APPLICABLE, "No login is offered here.", seen)
    else:
        yield finding(FAIL, "No mechanism with channel binding is offered, only %s." % " ".join(inside), seen)


def _other_identity(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    inside = offered(seen).get(INSIDE)
    tries = [entry for entry in scene.of("relay", seen["service"], seen["address"]) if entry["params"].get("login")]
    if inside is not None and not inside:
        yield finding(NOT_APPLICABLE, "No login is offered here.", seen)
        return
    for entry in tries[:1]:
        reply = entry["facts"].get("login")
        words = "A login of nobody, in the name of %s," % (entry["params"].get("login_as") or "nobody else")
        if reply is None or reply["code"] < 200 or 300 <= reply["code"] < 500:
            yield finding(UNKNOWN, "%s was not answered: %s." % (words, said(reply) if reply else error_text(entry)), seen, entry)
        elif reply["code"] < 300:
            yield finding(FAIL, "%s was taken: %s." % (words, said(reply)), seen, entry)
        else:
            yield finding(PASS, "%s was refused: %s." % (words, said(reply)), seen, entry)
    if not tries:
        yield finding(UNKNOWN, "No login was tried: %s." % error_text(seen), seen)


_ALL = tuple(_model.SERVICES)
judge_anonymous = each(_ALL, _anonymous)
judge_listed = each(_ALL, _listed)
judge_binding = each(_ALL, _binding)
judge_other_identity = each(("smtp", "submission", "submissions"), _other_identity)
