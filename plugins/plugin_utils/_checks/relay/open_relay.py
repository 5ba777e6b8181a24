# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of the relay checks: attempts in, findings out (RFC 2505, RFC 5321 section 7.9, RFC 6409).

A refusal is evidence from anywhere; an acceptance only from where the target has no reason to trust us.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses

from ..base import Judge, Observation, Scene, each, error_text, finding
from . import declared_relay, replies
from .replies import View
from .vantage import trusted_because

Select = t.Callable[[View], bool]
STATES = ("clear", "starttls", "implicit", "resumed")
#: Recipients that cannot exist: a host that takes them takes anything at RCPT.
_CONTROLS = {"unknown_at_host", "unknown_at_domain"}


def accepted(scene: Scene, view: View, everything: t.Sequence[View]) -> Finding:
    """What an acceptance means, given what else the same endpoint accepted and where we stood."""
    form = replies.KINDS[view.attempt["form"]]
    words = "%s was answered %s" % (view.words, view.reply)
    meant, why = declared_relay.meant(scene, view.seen, words), trusted_because(scene, view.seen)
    if meant:
        return meant
    if why:
        return finding(UNKNOWN, "%s, but %s, so it may be trusted here; ask again from a host outside." % (words, why), view.seen)
    if view.state == replies.RELAYED:
        return finding(FAIL, "%s, and what is taken so is passed on to strangers: a message arrived." % words, view.seen, _proof(view))
    taken = {entry.attempt["form"] for entry in everything if entry.state in (*replies.TAKEN, *replies.CLOSED_LATE)}
    if form.kind == relay_addresses.LOCAL:
        return finding(UNKNOWN, "%s, which may be delivered on the host itself; only a delivered message could tell." % words, view.seen)
    gone = "; nothing arrived at the canary within %g s" % view.outcome.seconds if view.outcome else ""
    if form.kind == relay_addresses.REWRITTEN and form.control in taken:
        tell = gone or "; only a delivered message could tell"
        return finding(UNKNOWN, "%s, as is any name there (a catch-all)%s." % (words, tell), view.seen, _proof(view))
    controls = {entry.state for entry in everything if entry.attempt["form"] in _CONTROLS}
    unheard = bool(controls) and controls <= {replies.LOST, replies.DEFERRED}
    if unheard or (form.kind == relay_addresses.REMOTE and _CONTROLS & taken):
        every = "takes every recipient at this point, even ones that cannot exist"
        tell = "may take every recipient: that was not seen" if unheard else every
        late = gone or ", so it may refuse later"
        return finding(UNKNOWN, "SUSPECTED OPEN RELAY: %s. It %s%s." % (words, tell, late), view.seen, _proof(view))
    return finding(FAIL, "%s: mail for a stranger is taken%s." % (words, gone), view.seen, _proof(view))


def _proof(view: View) -> Observation | None:
    """The conversation in which the message was sent."""
    return view.outcome.seen if view.outcome else None


def closed(scene: Scene, seen: Observation, group: t.Sequence[View], everything: t.Sequence[View], enough: t.Sequence[str] = ()) -> Finding:
    """One finding for attempts that belong together: open, not seen to be closed, or closed."""
    taken = [accepted(scene, view, everything) for view in group if view.state in replies.TAKEN]
    for status in (FAIL, UNKNOWN, NOT_APPLICABLE):
        chosen = [item for item in taken if item.status == status]
        if chosen:
            more = " (and %d more like it)" % (len(chosen) - 1) if len(chosen) > 1 else ""
            return chosen[0]._replace(sentence=chosen[0].sentence + more)
    for status, words in (
        (replies.LOST, "%d of %d attempts were not answered: %s."),
        (replies.DEFERRED, "%d of %d attempts were put off (%s), which says nothing about relaying; ask again later."),
    ):
        missing = [view for view in group if view.state == status]
        if missing:
            return finding(UNKNOWN, words % (len(missing), len(group), missing[0].reply.rstrip(".")), seen, missing[0].seen)
    return _exercised(seen, group, enough)


def _exercised(seen: Observation, group: t.Sequence[View], enough: t.Sequence[str]) -> Finding:
    """Closed only if every form, sender and HELO name in the group met a refusal that is about relaying."""
    good = (replies.REFUSED, replies.REFUSED_FOR_NOW, *replies.CLOSED_LATE, *enough)
    proven = {
        view.attempt["form"] if not enough else (view.attempt["sender"], view.attempt["helo"]) for view in group if view.state in good
    }
    for view in group:
        key = view.attempt["form"] if not enough else (view.attempt["sender"], view.attempt["helo"])
        if key not in proven:
            return finding(
                UNKNOWN,
                "%s was refused for another reason before relaying was considered: %s." % (view.words, view.reply.rstrip(".")),
                seen,
                view.seen,
            )
    sample = next(view for view in group if view.state in good)
    words = "All %d attempts were refused, for example %s: %s." % (len(group), sample.words, sample.reply.rstrip("."))
    late = sum(view.state in replies.CLOSED_LATE for view in group)
    return finding(PASS, words + (" (%d of them only after the message, or by a bounce.)" % late if late else ""), seen, sample.seen)


def refuses(services: t.Sequence[str], select: Select, states: t.Sequence[str] = (), enough: t.Sequence[str] = ()) -> Judge:
    """A judge: on each endpoint of these services, the selected attempts in these states are refused."""

    def look(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
        everything = replies.views(scene, seen["service"], seen["address"])
        group = [view for view in everything if select(view) and view.seen["params"]["state"] in (states or STATES)]
        group = inside(group, everything)
        if group:
            yield _resumed(closed(scene, seen, group, everything, enough), group)
        elif states and "clear" not in states:
            yield _no_tls(seen)
        else:
            yield finding(UNKNOWN, "Not asked: %s." % error_text(seen), seen)

    return each(services, look)


def _resumed(found: Finding, group: t.Sequence[View]) -> Finding:
    """Says so where a server resumes no session, since that state then does not exist on it."""
    asked = [view.seen for view in group if view.seen["params"]["state"] == "resumed"]
    if not asked or any(seen["facts"].get("tls", {}).get("resumed") for seen in asked):
        return found
    return found._replace(sentence=found.sentence + " (The server did not resume a session.)")


def inside(group: t.Sequence[View], everything: t.Sequence[View]) -> list[View]:
    """Where a server takes nothing before TLS, its answer inside TLS stands for the one before."""
    inside = {_key(view): view for view in everything if view.seen["params"]["state"] == "starttls"}
    return [inside.get(_key(view), view) if view.state == replies.TLS_FIRST else view for view in group]


def _key(view: View) -> tuple[str, str, str]:
    return view.attempt["helo"], view.attempt["sender"], view.attempt["form"]


def _submission(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """RLY-06: without AUTH a submission service takes nothing, in clear and, above all, inside TLS."""
    everything = replies.views(scene, seen["service"], seen["address"])
    group = [view for view in everything if replies.KINDS[view.attempt["form"]].kind != relay_addresses.LOCAL]
    inside = [view for view in group if view.seen["params"]["state"] != "clear"]
    if seen["service"] == "submission" and not inside and "STARTTLS" in seen["facts"].get("extensions", {}):
        yield finding(UNKNOWN, "The state after STARTTLS was not reached: %s." % error_text(seen), seen)
    elif not group:
        yield finding(UNKNOWN, "Not asked: %s." % error_text(seen), seen)
    else:
        yield closed(scene, seen, inside or group, everything)
        if inside and len(inside) < len(group):
            clear = [view for view in group if view not in inside]
            yield closed(scene, seen, clear, everything, (replies.SENDER_REFUSED, replies.TLS_FIRST))


def _after_login(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """RLY-07: a login that failed changes nothing."""
    tried = replies.views(scene, seen["service"], seen["address"], login=True)
    if tried:
        yield closed(scene, seen, tried, replies.views(scene, seen["service"], seen["address"]))
    elif "AUTH" in (seen["facts"].get("extensions_tls") or seen["facts"].get("extensions", {})):
        yield finding(UNKNOWN, "AUTH is offered but no login was tried: %s." % error_text(seen), seen)
    else:
        yield finding(NOT_APPLICABLE, "AUTH is not offered.", seen)


def _no_tls(seen: Observation) -> Finding:
    """The finding for a state after TLS that could not be reached."""
    if "extensions" in seen["facts"] and "STARTTLS" not in seen["facts"]["extensions"]:
        return finding(NOT_APPLICABLE, "STARTTLS is not offered, so there is no state after it.", seen)
    return finding(UNKNOWN, "The state after STARTTLS was not reached: %s." % error_text(seen), seen)


def _form(*names: str) -> Select:
    return lambda view: view.attempt["form"] in names and not view.attempt["helo"]


def judge_every_address(scene: Scene) -> list[Finding]:
    """RLY-15: every address of the host was seen to refuse."""
    if not scene.addresses:
        return [Finding(UNKNOWN, "The name %s has no address here." % scene.target.name)]
    findings = []
    for address in scene.addresses:
        endpoints = list(scene.of("smtp_session", "", address))
        open_ = [seen for seen in endpoints if seen["facts"]]
        refused = [seen for seen in endpoints if (seen["error"] or {}).get("kind") == "connect_refused"]
        for seen in open_:
            everything = replies.views(scene, seen["service"], address)
            group = [view for view in everything if view.attempt["form"] == "plain"]
            findings.append(
                closed(scene, seen, group, everything) if group else finding(UNKNOWN, "Not asked: %s." % error_text(seen), seen)
            )
        if not open_ and endpoints and len(refused) == len(endpoints):
            findings.append(Finding(NOT_APPLICABLE, "No SMTP port is open at this address.", address))
        elif not open_:
            reason = error_text(endpoints[0]) if endpoints else "nothing was asked"
            text = "Nothing was seen at this address: %s. Probe it from a host that reaches it, or name the addresses to look at."
            findings.append(Finding(UNKNOWN, text % reason, address))
    return findings


def _permanent(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """RLY-01, 4yz: a sound refusal that keeps senders trying for days."""
    group = [
        view for view in replies.views(scene, seen["service"], seen["address"]) if view.attempt["form"] in ("plain", "second_stranger")
    ]
    soft = [view for view in group if view.state == replies.REFUSED_FOR_NOW]
    hard = [view for view in group if view.state in (replies.REFUSED, replies.LATE_REFUSED)]
    if soft:
        yield finding(FAIL, "Relaying is refused, but only for now: %s." % soft[0].reply.rstrip("."), seen, soft[0].seen)
    elif hard:
        yield finding(PASS, "Relaying is refused for good: %s." % hard[0].reply.rstrip("."), seen, hard[0].seen)
    else:
        meant = declared_relay.meant(scene, group[0].seen, "Nothing is refused") if group else None
        yield meant or finding(UNKNOWN, "No refusal was seen that could be called permanent.", seen)


MX, SUBMISSION = ("smtp",), ("submission", "submissions")
CLEAR = ("clear",)
_COMMON = ("stranger", "null")
_OTHERS = (*_COMMON, *(name for name in relay_addresses.WITH_PARAMETERS if name != "smtputf8"))
_FORMS = {form.id for form in relay_addresses.FORMS} - {"subdomain"}

judge_third_party = refuses(
    MX,
    lambda view: (
        view.attempt["sender"] == "stranger"
        and view.attempt["form"] in ("plain", "plus_tag", "quoted_user", "upper_case")
        and not view.attempt["helo"]
    ),
    CLEAR,
)
judge_address_forms = refuses(
    MX,
    lambda view: view.attempt["sender"] in _COMMON and view.attempt["form"] in _FORMS and not view.attempt["helo"],
    CLEAR,
)
judge_sender_forms = refuses(
    MX, lambda view: view.attempt["sender"] not in _OTHERS and not view.attempt["helo"], CLEAR, (replies.SENDER_REFUSED,)
)
judge_null_sender = refuses(MX, lambda view: view.attempt["sender"] == "null" and _form("plain", "second_stranger")(view), CLEAR)
judge_helo_names = refuses(MX, lambda view: bool(view.attempt["helo"]), CLEAR, (replies.HELO_REFUSED,))
judge_roles = refuses(MX, _form(*(form.id for form in relay_addresses.ROLES)), CLEAR)
judge_after_starttls = refuses(MX, _form("plain", "percent_host", "quoted_at_host"), ("starttls", "resumed"))
judge_submission = each(SUBMISSION, _submission)
judge_after_login = each(MX + SUBMISSION, _after_login)
judge_permanent = each(MX + SUBMISSION, _permanent)
