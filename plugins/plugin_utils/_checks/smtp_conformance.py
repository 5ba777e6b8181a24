# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a server tells, takes and does beside relaying: sessions in, findings out (RFC 5321, 1870, 2142).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes import smtp_conformance
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

from .base import Judge, Observation, Scene, each, error_text, finding, said
from .relay import replies as attempts

_VERSION = re.compile(r"v?\d+(\.\d+)+[a-z]?\d*", re.I)
_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)
#: Names that mean something on one machine only (RFC 2606, 6761, 6762).
_NOWHERE = (".localdomain", ".localhost", ".local", ".invalid", ".lan", ".internal")
_TOO_LONG = re.compile(r"long|length|size|exceed|limit", re.I)
#: A command or a parameter was not known to the server.
_NOT_KNOWN = (500, 501, 502, 504, 555)
Look = t.Callable[[Scene, Observation, Observation], t.Iterable[Finding]]


def _in(probe: str, look: Look) -> Judge:
    """A judge of what a probe saw on port 25, beside the session there."""

    def beside(scene: Scene, session: Observation) -> t.Iterable[Finding]:
        found = scene.of(probe, session["service"], session["address"])
        if found:
            yield from look(scene, session, found[0])
        else:
            yield finding(UNKNOWN, "Nothing was asked: %s." % error_text(session), session)

    return each(("smtp",), beside)


def _recipient(seen: Observation, name: str) -> tuple[str, str]:
    """The state of a recipient, as that of a relay attempt, and the reply in words."""
    reply, phase = seen["facts"].get("rcpt", {}).get(name), "rcpt"
    mail = seen["facts"].get("mail")
    if reply is None and mail and mail["code"] != 250:
        reply, phase = mail, "mail"
    if reply is None:
        return attempts.LOST, error_text(seen)
    return attempts.state({"phase": phase, "reply": reply, "form": "unknown_at_domain"}), said(reply).rstrip(".")


def _taken(names: t.Sequence[str], who: str) -> Look:
    def look(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
        for name in names:
            path = seen["params"]["recipients"].get(name)
            if path is None:
                continue
            state, words = _recipient(seen, name)
            if state == attempts.ACCEPTED:
                yield finding(PASS, "Mail for %s is taken." % path, session, seen)
            elif state in (attempts.REFUSED, attempts.REFUSED_FOR_NOW, attempts.SENDER_REFUSED):
                yield finding(FAIL, "Mail for %s from <> is refused: %s." % (path, words), session, seen)
            else:
                yield finding(UNKNOWN, "Whether mail for %s is taken was not seen: %s." % (path, words), session, seen)
        if not set(names) & set(seen["params"]["recipients"]):
            yield finding(NOT_APPLICABLE, "No domain is known whose %s could be written to." % who, session)

    return look


def _unknown_user(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    path = seen["params"]["recipients"].get("unknown")
    state, words = _recipient(seen, "unknown")
    if path is None:
        yield finding(NOT_APPLICABLE, "No domain is known to make up a user in.", session)
    elif state == attempts.ACCEPTED:
        yield finding(FAIL, "Mail for %s, who cannot exist, is taken." % path, session, seen)
    elif state == attempts.REFUSED:
        yield finding(PASS, "Mail for a user who cannot exist is refused: %s." % words, session, seen)
    else:
        yield finding(UNKNOWN, "Whether mail for a user who cannot exist is taken was not seen: %s." % words, session, seen)


def _expn(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    reply = seen["facts"].get("expn")
    if reply and reply["code"] in (250, 251):
        yield finding(FAIL, "EXPN postmaster was answered %s." % said(reply).rstrip("."), session, seen)
    elif reply and (reply["code"] >= 500 or reply["code"] == 252):
        yield finding(PASS, "EXPN was answered %s." % said(reply).rstrip("."), session, seen)
    else:
        yield finding(UNKNOWN, "EXPN was not answered: %s." % (said(reply) if reply else error_text(seen)), session, seen)


def _told(scene: Scene, seen: Observation) -> list[str]:
    """Everything that a service said of itself, without addresses in brackets and reply codes."""
    facts = seen["facts"]
    replies = [facts[key] for key in ("greeting", "ehlo") if isinstance(facts.get(key), dict)]
    replies += [other["facts"]["help"] for other in scene.of("smtp_verbs", seen["service"], seen["address"]) if "help" in other["facts"]]
    told = [" ".join(word for word in reply["text"].split() if word != reply["enhanced"]) for reply in replies]
    told += [facts["greeting"]] if isinstance(facts.get("greeting"), str) else []
    told += [facts["id"]] if "id" in facts else []
    told += [line for line in facts.get("capa") or () if line.upper().startswith("IMPLEMENTATION")]
    if isinstance(facts.get("capabilities"), dict):
        told.append(facts["capabilities"].get("IMPLEMENTATION", ""))
    return [re.sub(r"\[[^\]]*\]", "", text) for text in told]


def _version(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    known = (seen["address"], seen.get("source"))
    for text in _told(scene, seen):
        for word in re.split(r'[\s()/;,"=_-]+', text):
            if _VERSION.fullmatch(word) and word not in known:
                yield finding(FAIL, "It tells that it is version %s: %s" % (word, text), seen)
                return
    if "greeting" in seen["facts"]:
        yield finding(PASS, "It tells no version.", seen)
    else:
        yield finding(UNKNOWN, "The greeting was not seen: %s." % error_text(seen), seen)


def _name(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    greeting, ehlo = seen["facts"].get("greeting"), seen["facts"].get("ehlo")
    if not greeting or not ehlo or not 200 <= ehlo["code"] < 300:
        yield finding(UNKNOWN, "Greeting and EHLO reply were not seen: %s." % error_text(seen), seen)
        return
    first, second = (reply["text"].partition(" ")[0] for reply in (greeting, ehlo))
    if not _NAME.fullmatch(first) or first.lower().endswith(_NOWHERE):
        yield finding(FAIL, "It greets as %r, which is no full host name." % first, seen)
    elif first.lower() != second.lower():
        yield finding(FAIL, "It greets as %s but answers EHLO as %s." % (first, second), seen)
    else:
        yield finding(PASS, "It calls itself %s." % first, seen)


def _limits(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    line, path, bad = seen["facts"].get("long_line"), seen["facts"].get("long_path"), []
    if line and (line["code"] == 500 or (line["code"] > 500 and _TOO_LONG.search(line["text"]))):
        bad.append("a line of %d octets was answered %s" % (smtp_conformance.LINE, said(line)))
    if path and path["code"] in (500, 501, 552, 553) and _TOO_LONG.search(smtp_reply_text.ECHO.sub("", path["text"])):
        bad.append("a path of %d octets was answered %s" % (smtp_conformance.PATH, said(path)))
    if bad:
        yield finding(FAIL, "Less than every server has to take: %s." % "; ".join(bad), session, seen)
    elif line and line["code"] < 400 and path and path["code"] != 421:
        yield finding(PASS, "Lines of %d octets and paths of %d are taken." % (smtp_conformance.LINE, smtp_conformance.PATH), session, seen)
    else:
        reason = error_text(seen) if seen["error"] else said(line) if line and line["code"] >= 400 else _recipient(seen, "postmaster")[1]
        yield finding(UNKNOWN, "Not seen: %s." % reason.rstrip("."), session, seen)


def _size(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    limit, reply = facts.get("extensions", {}).get("SIZE"), facts.get("oversize")
    if "extensions" not in facts:
        yield finding(UNKNOWN, "The EHLO reply was not seen: %s." % error_text(seen), session, seen)
    elif limit is None:
        yield finding(NOT_APPLICABLE, "SIZE is not offered.", session)
    elif not limit.isdigit() or not int(limit):
        yield finding(FAIL, "SIZE is offered without a limit: a message may be as large as somebody likes.", session, seen)
    elif reply is None or 400 <= reply["code"] < 500 or reply["code"] in (503, 530):
        words = said(reply) if reply else _recipient(seen, "")[1]
        yield finding(UNKNOWN, "A message above the limit could not be announced: %s." % words, session, seen)
    elif reply["code"] < 300:
        yield finding(FAIL, "A message above the stated limit of %s octets is let in: %s." % (limit, said(reply)), session, seen)
    else:
        yield finding(
            PASS, "A message above the limit of %s octets is refused before it is sent: %s." % (limit, said(reply)), session, seen
        )


def _promised(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    asked = facts.get("promised", [])
    broken = [entry for entry in asked if entry["reply"]["code"] in _NOT_KNOWN]
    odd = [entry for entry in asked if entry["reply"]["code"] >= 400 and entry["reply"]["code"] != 503 and entry not in broken]
    for entry in broken:
        yield finding(FAIL, "EHLO offers it, but %s was answered %s." % (entry["words"], said(entry["reply"])), session, seen)
    if odd:
        yield finding(UNKNOWN, "%s was answered %s." % (odd[0]["words"], said(odd[0]["reply"])), session, seen)
    elif not asked or seen["error"]:
        mail = facts.get("mail")
        yield finding(UNKNOWN, "Not seen: %s." % (said(mail) if mail and mail["code"] != 250 else error_text(seen)), session, seen)
    elif not broken:
        yield finding(PASS, "What EHLO offers is taken: %s." % ", ".join(entry["words"] for entry in asked), session, seen)


def _verbs(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    replies = seen["facts"].get("verbs", {})
    taken = [verb for verb, reply in replies.items() if reply["code"] < 400]
    if taken:
        yield finding(FAIL, "%s was answered %s." % (taken[0], said(replies[taken[0]])), session, seen)
    elif len(replies) < len(smtp_conformance.VERBS) or any(reply["code"] < 500 for reply in replies.values()):
        soft = [reply for reply in replies.values() if reply["code"] < 500]
        yield finding(UNKNOWN, "Not all were answered: %s." % (said(soft[0]) if soft else error_text(seen)), session, seen)
    else:
        yield finding(PASS, "%s are refused." % ", ".join(replies), session, seen)


def _browser(_scene: Scene, session: Observation, seen: Observation) -> t.Iterable[Finding]:
    replies = seen["facts"].get("replies", [])
    done = [reply for reply in replies if reply["code"] == 250]
    if len(done) > 1:
        yield finding(FAIL, "A request for a web page was forgiven, and the EHLO and MAIL in it were carried out.", session, seen)
    elif seen["facts"].get("closed") and replies[-1]["code"] != 421:
        yield finding(PASS, "A request for a web page ends the session: %s." % said(replies[-1]).rstrip("."), session, seen)
    elif seen["facts"].get("closed") and len(replies) > 1:
        yield finding(PASS, "A request for a web page ends the session, at last: %s." % said(replies[-1]).rstrip("."), session, seen)
    else:
        yield finding(UNKNOWN, "Not seen: %s." % (error_text(seen) if seen["error"] else "the server talked on"), session, seen)


_SMTP = tuple(name for name, service in _model.SERVICES.items() if service.protocol == "smtp")
judge_expn = _in("smtp_verbs", _expn)
judge_unknown_user = _in("smtp_manners", _unknown_user)
judge_postmaster = _in("smtp_manners", _taken(("bare", "postmaster"), "postmaster"))
judge_abuse = _in("smtp_manners", _taken(("abuse",), "abuse desk"))
judge_limits = _in("smtp_manners", _limits)
judge_size = _in("smtp_manners", _size)
judge_promised = _in("smtp_manners", _promised)
judge_verbs = _in("smtp_verbs", _verbs)
judge_browser = _in("smtp_http", _browser)
judge_version = each(tuple(_model.SERVICES), _version)
judge_name = each(_SMTP, _name)
