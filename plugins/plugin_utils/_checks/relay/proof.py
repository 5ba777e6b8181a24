# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rejection counts: beside a control on port 25; on the submission services also where
nobody is accepted without AUTH (RFC 4954 section 6, RFC 6409 section 4.3).

Pure functions over stored replies.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from . import after_data, controls, repeats, replies

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation
    from .replies import View

SUBMISSION = ("submission", "submissions")
#: Authentication required; encryption required for the mechanism (RFC 4954 section 6).
AUTH_REQUIRED = (530, 538)
#: The states in which a rejection is about the sender or HELO name itself.
_ABOUT_NAME = (
    replies.SENDER_REFUSED,
    replies.HELO_REFUSED,
    replies.REFUSED,
    replies.REFUSED_FOR_NOW,
)
_NORMAL_SENDERS = ("stranger", "null")
#: Where a session keeps the reply to RCPT for postmaster, by the state of the connection.
_POSTMASTER = {"clear": "rcpt_in_clear", "starttls": "rcpt_tls", "resumed": "rcpt_tls"}
#: What a check says about its control in the catalogue.
CONTROL = (
    "In the same state (HELO name, sender, TLS), the server accepts a recipient of its own, or "
    "rejects two unknown users of its own in another way than two external recipients; under "
    "further senders and HELO names, one of each is rejected as those two are, or an external one "
    "alone as under another sender. The null sender and TLS change nothing in the rejection, and "
    "no user whom the server is likely to have (root, postmaster) meets it too. No recipient is "
    "accepted once and rejected another time."
)
CONTROL_SUBMISSION = (
    "AUTH is offered, own and external recipients are rejected alike, and port 25 of the same "
    "address was seen to weigh recipients; or 530 or 538 is the reply; or the control of port 25."
)
FALSE_PASS = (
    "Tell its unknown users apart and reject external recipients for a reason of their own, in "
    "words that do not name it, while it relays for others."
)


@dataclass(frozen=True)
class Controls:
    """All attempts on an endpoint, in which the controls are looked for."""

    context: AuditContext
    views: tuple[View, ...]

    @functools.cached_property
    def _by_state(self) -> dict[controls.State, list[View]]:
        """The attempts by the state in which they were made."""
        return controls.by_state((*self.views, *self._postmaster()))

    def _postmaster(self) -> t.Iterator[View]:
        """What the session on this endpoint met for postmaster, before TLS and inside it."""
        place = self.views[0].observation if self.views else None
        session = self.context.session(place["service"], place["address"]) if place else None
        if session:
            for connection, fact in _POSTMASTER.items():
                if fact in session["facts"]:
                    yield from controls.postmaster_views(session, fact, connection, _NORMAL_SENDERS)

    @functools.cached_property
    def _weighed(self) -> frozenset[controls.State]:
        """The states in which recipients were weighed on their merits: by themselves, or compared
        with a usual sender and HELO name in the same state of the connection.
        """
        weighed = {state for state, views in self._by_state.items() if controls.is_weighed(views)}
        compared = {
            state
            for state, views in self._by_state.items()
            for usual in weighed.intersection(_usual_states(state))
            if controls.is_compared(views, self._by_state[usual], self._words)
        }
        return frozenset(weighed | compared)

    @functools.cached_property
    def _alike(self) -> frozenset[controls.State]:
        """The states in which own and external recipients were rejected alike."""
        return frozenset(
            state for state, views in self._by_state.items() if controls.is_refused_alike(views)
        )

    @functools.cached_property
    def _words(self) -> set[str]:
        """The words of the names that were sent."""
        return controls.sent_words(self.views)

    def is_weighing(self, state: controls.State | None = None) -> bool:
        """Whether recipients were weighed: in a state, or in any."""
        if self._differing:
            return False
        return bool(self._weighed) if state is None else state in self._weighed

    def is_refused_alike(self, view: View) -> bool:
        """Whether own and external recipients were rejected alike in the state of an attempt."""
        return controls.state_of(view) in self._alike

    def counts(self, view: View, named: bool = False) -> bool:
        """Whether a rejection says something about relaying. named: whether that of the sender or
        HELO name itself is enough.
        """
        if self._differing:
            return False
        if view.state in replies.LATE_REJECTIONS:
            return not self.is_refused_by_data(view)
        if view.observation["service"] in SUBMISSION and (
            _is_auth_required(view) or self._takes_nobody(view)
        ):
            return True
        if self._is_met_by_all(view):
            return False
        state = controls.state_of(view)
        if view.state in replies.REJECTIONS and state in self._weighed:
            return self._is_usual(view, state)
        return named and (self._is_about_name(view, state) or self._is_met_elsewhere(view, state))

    def is_refused_by_data(self, view: View) -> bool:
        """Whether DATA or a message was rejected, and the server was not seen to take one for a
        recipient of the host's own: the client may be turned away there.
        """
        return not after_data.counts(self._own_data, view)

    @functools.cached_property
    def _own_data(self) -> after_data.Own:
        """What DATA and messages for recipients of the host's own met."""
        return after_data.of_places(self.context, self._places)

    @functools.cached_property
    def _places(self) -> dict[tuple[str, str], None]:
        """The services and addresses of the attempts."""
        seen = [item.observation for item in self.views]
        return dict.fromkeys((item["service"], item["address"]) for item in seen)

    @functools.cached_property
    def _differing(self) -> repeats.Differing | None:
        """A recipient that the server accepted once and rejected another time."""
        found = (repeats.differing(self.context, *place) for place in self._places)
        return next(filter(None, found), None)

    def _is_met_by_all(self, view: View) -> bool:
        """Whether own and external recipients met the rejection alike at another time; a submission
        service rejects everybody so without AUTH.
        """
        if view.observation["service"] in SUBMISSION:
            return False
        return (view.connection_state, controls.signature(view, self._words)) in self._met_by_all

    @functools.cached_property
    def _met_by_all(self) -> set[tuple[str, controls.Signature | None]]:
        """See repeats.met_by_all."""
        found = (repeats.met_by_all(self.context, *place, self._words) for place in self._places)
        return set().union(*found)

    def _is_met_elsewhere(self, view: View, state: controls.State) -> bool:
        """Whether a plain recipient, the only one under its sender and HELO name, is rejected as
        under another sender whose rejection counts; or the name itself is, beside such a one.
        """
        rejections = (*_ABOUT_NAME, replies.TLS_FIRST)
        if view.state not in rejections or is_usual_name(view) or not self._is_lone(view):
            return False
        beside = {key: seen for key, seen in self._counting.items() if key[:2] == state[:2]}
        if view.attempt["phase"] in ("helo", "mail"):
            return any(not state[2] or key[3] == state[3] for key in beside)
        return controls.signature(view, self._words) in beside.values()

    def _is_lone(self, view: View) -> bool:
        """Whether nothing but a plain recipient was tried in the state of an attempt."""
        here = self._by_state.get(controls.state_of(view), ())
        return {item.attempt["form"] for item in here} == {"plain"}

    @functools.cached_property
    def _counting(self) -> dict[controls.State, controls.Signature]:
        """The rejection of a plain recipient that counts beside a control of its own, by the state
        in which it was met.
        """
        plain = [view for view in self.views if view.attempt["form"] == "plain"]
        return {
            controls.state_of(view): mine
            for view in plain
            if (mine := controls.signature(view, self._words))
            and not self._is_lone(view)
            and self.counts(view, named=True)
        }

    def _is_usual(self, view: View, state: controls.State) -> bool:
        """Whether a plain recipient under an unusual sender or HELO name is rejected as under a
        usual one; another rejection may have another reason.
        """
        known = self._normal(state) if not is_usual_name(view) else self._more_usual(state)
        if view.attempt["form"] != "plain" or (is_usual_name(view) and not known):
            return True
        return any(
            controls.is_like_normal_refusal(self._by_state[normal], view, self._words)
            for normal in known
        )

    def _more_usual(self, state: controls.State) -> list[controls.State]:
        """The states with which a usual sender is compared, where recipients were weighed in them:
        before TLS those inside it, and beside a sender with an address the null sender.
        """
        before = [] if state[0] == "clear" else _usual_states(("clear", *state[1:]))
        named = [(*state[:3], "stranger")] if state[3] == "null" else []
        weighed = [item for item in before if item in self._weighed]
        return weighed or [item for item in named if item in self._weighed]

    def _is_about_name(self, view: View, state: controls.State) -> bool:
        """Whether a sender or HELO name is rejected itself, beside an accepted usual one."""
        if view.state not in _ABOUT_NAME:
            return False
        usual = [(state[0], state[1], "", state[3])] if state[2] else []
        if not any(item in self._normal(state) for item in usual or self._normal(state)):
            return False
        before_rcpt = view.attempt["phase"] in ("helo", "mail")
        return before_rcpt or state in self._alike

    def _normal(self, state: controls.State) -> list[controls.State]:
        """The usual senders under which recipients were weighed, in the same state otherwise."""
        return [item for item in _usual_states(state) if item in self._weighed]

    def _takes_nobody(self, view: View) -> bool:
        """Whether a submission service that offers AUTH rejects everybody alike, of a client that
        port 25 considers.
        """
        return (
            self.is_refused_alike(view)
            and self._offers_auth(view)
            and is_port_25_weighing(self.context, view.observation["address"])
        )

    def _offers_auth(self, view: View) -> bool:
        """Whether AUTH is offered on the service, in this state or inside TLS."""
        session = self.context.session(view.observation["service"], view.observation["address"])
        facts = session["facts"] if session else {}
        offered = (
            view.observation["facts"].get("extensions"),
            facts.get("extensions"),
            facts.get("extensions_tls"),
        )
        return any("AUTH" in extensions for extensions in offered if extensions)

    def waits_for_port_25(self) -> bool:
        """Whether what a submission service rejects would say something about relaying, had port 25
        been seen to consider this client: it offers AUTH and rejects everybody alike.
        """
        return not self.is_weighing() and any(
            view.observation["service"] in SUBMISSION
            and self.is_refused_alike(view)
            and self._offers_auth(view)
            for view in self.views
        )

    def why_not(self, view: View) -> str:
        """Why a rejection does not count, as a sentence."""
        if self._differing:
            return self._differing.sentence
        if self.is_refused_by_data(view):
            return after_data.why_not(view)
        state = controls.state_of(view)
        if state in self._alike or self._is_met_by_all(view):
            return self._turned_away(view)
        if state in self._weighed:
            return (
                f"{view.commands} was rejected in another way than from a usual sender, perhaps "
                f"for another reason: {view.reply_text}."
            )
        own = [item for item in self.views if item.attempt["form"] in controls.OWN]
        if not own:
            return (
                f"No recipient of the host's own is known beside which {view.reply_text} would say "
                "something about relaying; set audit_domains."
            )
        return (
            "The server was not seen to tell recipients of its own from external ones, so "
            f"{view.reply_text} says nothing about relaying."
        )

    def _turned_away(self, view: View) -> str:
        if view.observation["service"] not in SUBMISSION:
            return (
                "This client is turned away whatever it asks (own and external recipients alike: "
                f"{view.reply_text}), so nothing is known about relaying."
            )
        missing = (
            "port 25 of this address was not seen to consider this client"
            if self._offers_auth(view)
            else "AUTH is not offered"
        )
        return (
            f"Everybody is rejected alike ({view.reply_text}), and {missing}, so nothing is known "
            "about relaying."
        )


def of_endpoint(context: AuditContext, service: str, address: str) -> Controls:
    """The attempts on an endpoint, without those after a login."""
    return context.once(
        ("controls", service, address),
        lambda: Controls(context, tuple(replies.views(context, service, address))),
    )


def of_views(context: AuditContext, session: Observation, views: t.Sequence[View]) -> Controls:
    """The controls among these attempts on the endpoint of a session."""
    known = of_endpoint(context, session["service"], session["address"])
    return known if known.views == tuple(views) else Controls(context, tuple(views))


def _is_auth_required(view: View) -> bool:
    reply = view.attempt["reply"]
    return reply is not None and reply["code"] in AUTH_REQUIRED


def _usual_states(state: controls.State) -> list[controls.State]:
    """The same state of the connection under usual senders and the HELO name of the session."""
    return [(state[0], state[1], "", sender) for sender in _NORMAL_SENDERS]


def is_usual_name(view: View) -> bool:
    """Whether an attempt was made under a usual sender and the HELO name of the session."""
    return view.attempt["sender"] in _NORMAL_SENDERS and not view.attempt["helo"]


def is_port_25_weighing(context: AuditContext, address: str) -> bool:
    """Whether port 25 of an address was seen to weigh recipients of this client, in any state."""
    return of_endpoint(context, "smtp", address).is_weighing()
