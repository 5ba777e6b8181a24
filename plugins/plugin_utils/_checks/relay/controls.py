# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a server was seen to weigh recipients on their merits, so that a refusal says something
about relaying (RFC 5321 section 3.6.2).

It took one of its own, or told its own unknown users apart from strangers: by another reply code,
another enhanced code, or another text after addresses, names, ids and times are taken out, seen
twice. Pure functions over stored replies.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_senders,
)

from . import replies

if t.TYPE_CHECKING:
    from ..base import Observation
    from .replies import View

#: State of the connection, whether a login failed before, HELO command, sender.
State = tuple[str, bool, str, str]
Signature = tuple[str, int, str, tuple[str, ...]]
#: Recipients of the host's own, one of which may exist, and those of them that cannot.
OWN = ("unknown_at_host", "unknown_at_domain", "second_unknown_at_domain", "own_user")
#: Recipients of the host's own that it is likely to have: where one is rejected as a stranger is,
#: the client is turned away after unknown users were.
POSTMASTER = "postmaster"
LIKELY = ("own_user", POSTMASTER)
#: Senders with the address of another one: what is seen under that one holds for them.
_SAME_SENDER = ("same_as_recipient", *relay_senders.WITH_PARAMETERS)
_BRACKETS = re.compile(r"<[^>]*>")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 20


def state_of(view: View) -> State:
    """What has to be the same for a control and a refusal to belong together."""
    sender = view.attempt["sender"]
    return (
        view.connection_state,
        bool(view.observation["params"].get("login")),
        view.attempt["helo"],
        "stranger" if sender in _SAME_SENDER else sender,
    )


def postmaster_views(
    session: Observation, fact: str, connection_state: str, senders: t.Iterable[str]
) -> t.Iterator[View]:
    """What a session met for postmaster, as an attempt in that state of the connection under each
    of these senders: whether the client is turned away does not hang on them.
    """
    params = session["params"]
    seen = t.cast("Observation", {**session, "params": {**params, "state": connection_state}})
    attempt = {
        "form": POSTMASTER,
        "path": params.get("recipient", ""),
        "mail_from": params.get("sender", ""),
        "helo": "",
        "phase": "rcpt",
        "reply": session["facts"][fact],
    }
    for sender in senders:
        yield replies.View({**attempt, "sender": sender}, replies.REFUSED, seen)


def signature(view: View, ours: t.Container[str]) -> Signature | None:
    """A rejection without what differs between two replies of one kind; None for what is none, for
    an external recipient that was taken for no address, and for 421 where nothing shows that the
    recipient is its reason. ours: the words of the names that were sent.
    """
    reply = view.attempt["reply"]
    if reply is None or not 400 <= reply["code"] < 600 or replies.is_no_address(view.attempt):
        return None
    if view.is_closed and view.state == replies.LOST:
        return None
    kept: list[str] = []
    for token in _BRACKETS.sub(" ", reply["text"]).split():
        if not _is_name(token.strip(".,:;!?()[]{}'\"")):
            words = (word.lower() for word in _LETTERS.findall(token))
            kept += [word for word in words if word not in ours]
    return view.attempt["phase"], reply["code"], reply["enhanced"], tuple(kept)


def _is_name(token: str) -> bool:
    """Whether a word looks like an address, a name, an id, a time or a count."""
    mixed = token[1:] != token[1:].lower() and token != token.upper()
    odd = any(character.isnumeric() or character in "@./\\=_:" for character in token)
    return odd or mixed or len(token) > _LONGEST_WORD


def sent_words(views: t.Iterable[View]) -> set[str]:
    """The words of the addresses and names that the audit sent."""
    return {
        word.lower()
        for view in views
        for name in ("path", "mail_from", "helo")
        for word in _LETTERS.findall(view.attempt[name])
    }


def _group(views: t.Sequence[View], names: t.Container[str]) -> dict[str, list[View]]:
    """The views with one of these forms, by the domain that their ids name."""
    found: dict[str, list[View]] = {}
    for view in views:
        form, _at, domain = view.attempt["form"].partition("@")
        if form in names:
            found.setdefault(domain, []).append(view)
    return found


def by_state(views: t.Iterable[View]) -> dict[State, list[View]]:
    """The attempts by the state in which they were made."""
    found: dict[State, list[View]] = {}
    for view in views:
        found.setdefault(state_of(view), []).append(view)
    return found


def is_weighed(views: t.Iterable[View]) -> bool:
    """Whether the server weighed recipients on their merits. views: the attempts in one state."""
    here = [view for view in views if _has_own_sender(view)]
    if _takes_own(here):
        return True
    ours = sent_words(here)
    strangers = [signature(view, ours) for view in _group(here, replies.STRANGERS).get("", ())]
    unknown = [
        [signature(view, ours) for view in group]
        for group in _group(here, replies.UNKNOWN_USERS).values()
    ]
    likely = [view for view in here if view.attempt["form"] in LIKELY]
    return (
        _is_seen_twice(strangers)
        and any(_is_seen_twice(group) and group[0] != strangers[0] for group in unknown)
        and strangers[0] not in [signature(view, ours) for view in likely]
    )


def is_compared(views: t.Sequence[View], usual: t.Sequence[View], ours: t.Container[str]) -> bool:
    """Whether an unknown user and an external recipient were told apart in a state by the replies
    that they met in a usual one. usual: the attempts in that one, in which recipients were weighed;
    ours: the words of the names that were sent.
    """
    found = [
        (
            {signature(view, ours) for view in _of_forms(views, names)},
            {signature(view, ours) for view in _of_forms(usual, names)},
        )
        for names in (replies.UNKNOWN_USERS, ("plain",))
    ]
    (unknown, usual_unknown), (strangers, usual_strangers) = found
    return (
        len(unknown) == len(strangers) == 1
        and None not in unknown | strangers
        and unknown <= usual_unknown
        and strangers <= usual_strangers
        and not unknown & strangers
    )


def _of_forms(views: t.Iterable[View], names: t.Container[str]) -> list[View]:
    """The attempts with these forms, under a sender that was not made for each of them."""
    return [
        view
        for view in views
        if view.attempt["form"].partition("@")[0] in names and _has_own_sender(view)
    ]


def _takes_own(views: t.Sequence[View]) -> bool:
    """Whether a recipient of the host's own was accepted; not where another that cannot exist was
    rejected, since some servers reject whatever follows the first recipient of a transaction.
    """
    own = {
        view.attempt["form"].partition("@")[0]: view
        for view in views
        if view.attempt["form"].partition("@")[0] in OWN
    }
    accepted = {form for form, view in own.items() if _is_accepted(view)}
    pair = [own[form] for form in replies.UNKNOWN_USERS if form in own]
    return "own_user" in accepted or (
        bool(accepted) and all(signature(view, ()) is None for view in pair)
    )


def is_external_accepted(views: t.Iterable[View]) -> bool:
    """Whether an external recipient was accepted: an open relay turns this client not away."""
    external = [
        view for group in _group(tuple(views), replies.STRANGERS).values() for view in group
    ]
    return any(_is_accepted(view) for view in external)


def _has_own_sender(view: View) -> bool:
    return view.attempt["sender"] not in _SAME_SENDER


def _is_accepted(view: View) -> bool:
    reply = view.attempt["reply"]
    return view.attempt["phase"] == "rcpt" and reply is not None and 200 <= reply["code"] < 300


def _is_seen_twice(signatures: t.Sequence[Signature | None]) -> bool:
    """Whether at least two were rejected, and all of them alike."""
    return len(signatures) > 1 and None not in signatures and len(set(signatures)) == 1


def is_refused_alike(views: t.Iterable[View]) -> bool:
    """Whether own and external recipients were seen to be rejected alike. views: the attempts in
    one state.
    """
    here = [view for view in views if _has_own_sender(view)]
    ours = sent_words(here)
    own = [
        signature(view, ours)
        for group in _group(here, replies.UNKNOWN_USERS).values()
        for view in group
    ]
    strangers = [signature(view, ours) for view in _group(here, replies.STRANGERS).get("", ())]
    return bool(own) and bool(strangers) and _is_seen_twice([*own, *strangers])


def is_like_normal_refusal(normal: t.Iterable[View], view: View, ours: t.Container[str]) -> bool:
    """Whether a rejection is the one that a stranger met in a normal state. normal: the attempts in
    it; ours: the words of the names that were sent.
    """
    strangers = [
        item for item in normal if item.attempt["form"] == "plain" and _has_own_sender(item)
    ]
    mine = signature(view, ours)
    return mine is not None and mine in [signature(item, ours) for item in strangers]
