# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what ends a message: replies that came before its true end (RFC 5321 sections 2.3.8 and 4.1.1.4; CVE-2023-51764 to 51766).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling

from .base import Judge, Observation, Scene, each, error_text, finding, said
from .relay.vantage import trusted_because

#: A server may refuse such text altogether; that is no end of the message, but the end of the matter.
_REFUSED = re.compile(r"\bbare\b|line ?(ending|feed)|newline|smuggl|<(cr|lf)>", re.I)
#: It ends the message, it does not, or why that is not known.
_ENDS, _KEPT = "ends", "kept"


def _gone(others: t.Sequence[Observation], reply: dict[str, t.Any]) -> str:
    """What an untimely reply means after which the server hung up: the reply to a whole message, or no more of this."""
    if reply["code"] >= 400 and _REFUSED.search(reply["text"]):
        return _KEPT
    whole = [(entry["facts"].get("end") or {}).get("text") for entry in others]
    if reply["code"] < 400 or reply["text"] in whole:
        return _ENDS
    return _KEPT if reply["code"] >= 500 else "the server answered %s and hung up" % said(reply)


def _state(seen: Observation, others: t.Sequence[Observation], variant: str) -> str:
    """_ENDS, _KEPT, or the reason why it is not known, for a variant that was asked alone or with others that were silent."""
    facts = seen["facts"]
    if facts.get("refused"):
        return "%s was answered %s" % (facts["refused"]["command"], said(facts["refused"]["reply"]))
    reply = facts.get("variants", {}).get(variant)
    if reply:
        if "next" not in facts:
            return error_text(seen)
        return _ENDS if facts["next"] and facts["next"]["code"] != 421 else _gone(others, reply)
    if "end" not in facts or variant not in facts["variants"] or "quit" not in facts:
        return error_text(seen)
    end, left = facts["end"], facts["quit"]
    if (left and left["code"] == 221) or (end["code"] >= 500 and _REFUSED.search(end["text"])):
        return _KEPT
    if left and left["code"] >= 500 and len(facts["variants"]) == 1:
        return _ENDS
    return "something ended the message before its end, or the server hung up after it"


def _states(scene: Scene, session: Observation, variants: t.Sequence[str]) -> dict[str, tuple[str, Observation]]:
    """What is known of each variant, from the connection that asked for it last."""
    asked = scene.of("smuggle", session["service"], session["address"])
    found = {}
    for seen in sorted(asked, key=lambda entry: bool(entry["params"].get("retry"))):
        for variant in seen["params"]["variants"]:
            if variant in variants:
                found[variant] = (_state(seen, asked, variant), seen)
    return found


def _look(variants: t.Sequence[str]) -> t.Callable[[Scene, Observation], t.Iterable[Finding]]:
    def look(scene: Scene, session: Observation) -> t.Iterable[Finding]:
        found = _states(scene, session, variants)
        ends = [variant for variant in variants if found.get(variant, ("",))[0] == _ENDS]
        lost = [variant for variant in variants if found.get(variant, ("",))[0] not in (_ENDS, _KEPT)]
        if ends:
            seen = found[ends[0]][1]
            why = trusted_because(scene, session)
            verb = "ends" if len(ends) == 1 else "each end"
            sentence = "%s %s a message here: the server answered before its true end" % (", ".join(ends), verb)
            yield finding(UNKNOWN if why else FAIL, sentence + ("; but %s, and some are excepted." % why if why else "."), session, seen)
        if lost:
            reason, seen = found.get(lost[0], (error_text(session), session))
            yield finding(UNKNOWN, "Not seen for %s: %s." % (", ".join(lost), reason.rstrip(".")), session, seen)
        if not ends and not lost:
            yield finding(PASS, "%s: none of them ended a message. %s" % (", ".join(variants), _queued(found)), session)

    return look


def _queued(found: t.Mapping[str, tuple[str, Observation]]) -> str:
    """What became of the messages at their true end."""
    ends = [seen["facts"].get("end") for _state, seen in found.values()]
    if any(end and end["code"] < 400 for end in ends):
        return "The server took the message at its true end; the postmaster has it."
    return "At its true end the server refused it, as it was meant to."


def _sync(scene: Scene, session: Observation) -> t.Iterable[Finding]:
    for seen in scene.of("smuggle_sync", session["service"], session["address"]):
        yield _sync_one(session, seen)
        return
    yield finding(UNKNOWN, "Nothing was asked: %s." % error_text(session), session)


def _sync_one(session: Observation, seen: Observation) -> Finding:
    facts = seen["facts"]
    if facts.get("refused"):
        return finding(UNKNOWN, "%s was answered %s." % (facts["refused"]["command"], said(facts["refused"]["reply"])), session, seen)
    replies = facts.get("replies") or []
    if len(replies) > 1 and replies[-1]["code"] == 354:
        return finding(FAIL, "A second message, sent along with the end of the first, was let in up to its text.", session, seen)
    if any(reply["code"] >= 500 for reply in replies[1:]) or (replies and facts.get("closed") and replies[-1]["code"] != 421):
        last = replies[-1] if len(replies) == 1 else next(reply for reply in replies[1:] if reply["code"] >= 500 or reply is replies[-1])
        return finding(PASS, "A second message, sent along with the end of the first, was stopped: %s." % said(last), session, seen)
    return finding(UNKNOWN, "Not seen: %s." % error_text(seen), session, seen)


judge_bare_lf: Judge = each(("smtp",), _look(smuggling.BARE_LF))
judge_bare_cr: Judge = each(("smtp",), _look(smuggling.BARE_CR))
judge_other_breaks: Judge = each(("smtp",), _look(smuggling.OTHER_BREAKS))
judge_stuffed: Judge = each(("smtp",), _look(smuggling.STUFFED))
judge_sync: Judge = each(("smtp",), _sync)
