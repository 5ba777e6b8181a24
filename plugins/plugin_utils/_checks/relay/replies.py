# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server's reply to a relay attempt means, one attempt at a time (RFC 2505).

Pure functions over stored replies. A rejection for another reason (a DNSBL, greylisting, the
sender's domain, a lost reply) proves nothing about relaying and has a state of its own.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

from . import outcomes

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

ACCEPTED = "accepted"
REFUSED = "refused"
REFUSED_FOR_NOW = "refused_for_now"
DEFERRED = "deferred"
SENDER_REFUSED = "sender_refused"
HELO_REFUSED = "helo_refused"
NOT_EXERCISED = "not_exercised"
LOST = "lost"
#: The server accepts no mail before TLS, so nothing is known about what it accepts inside TLS.
TLS_FIRST = "tls_first"
#: What a test message showed after an acceptance at RCPT.
RELAYED, LATE_REFUSED, BOUNCED = outcomes.RELAYED, outcomes.LATE_REFUSED, outcomes.BOUNCED
ACCEPTANCES = (ACCEPTED, RELAYED)
LATE_REJECTIONS = (LATE_REFUSED, BOUNCED)
REJECTIONS = (REFUSED, REFUSED_FOR_NOW, *LATE_REJECTIONS)
#: States that a second attempt may change: a deferral, and a HELO name that came too late to be
#: considered.
RETRIED = (DEFERRED, NOT_EXERCISED)

#: The state with a TLS client certificate. Only relay_client_certificate reads it: some servers
#: permit such clients more.
CERTIFICATE = "certificate"
KINDS = relay_addresses.EVERY_FORM
#: Two recipients of the host's own that cannot exist, and two external ones: see controls.
UNKNOWN_USERS = ("unknown_at_domain", "second_unknown_at_domain")
STRANGERS = ("plain", "second_stranger")
_CLOSING = 421
#: State of the connection, HELO command, sender and form.
Key = tuple[str, str, str, str]


def form_of(attempt: t.Mapping[str, t.Any]) -> relay_addresses.Form | None:
    """The form of a recipient, whatever domain it was tried at."""
    return KINDS.get(relay_addresses.base(attempt["form"]))


def kind_of(attempt: t.Mapping[str, t.Any]) -> str:
    """Where a recipient would go; a stranger's where the form is not known."""
    form = form_of(attempt)
    return form.kind if form else relay_addresses.REMOTE


_TLS_FIRST = re.compile(
    r"starttls|(encryption|tls) (is )?(required|needed)|(require|need|must)\w* "
    r".{0,20}(tls|encrypt)",
    re.I,
)
_SENDER_CODES = ("5.1.7", "5.1.8", "5.7.23", "5.7.26", "5.7.27")
_CLIENT = re.compile(r"client host rejected", re.I)
_NO_DOMAIN_CODES = ("5.1.2", "5.1.10", "5.4.4")
_NO_DOMAIN = re.compile(
    r"null ?mx|not accept mail|domain not found|unknown domain|domain (does not|doesn't) "
    r"exist|unrouteable|no such domain|host not found|"
    r"undeliverable|unverified|callout",
    re.I,
)
#: The command was not understood or came out of turn, so the server did not consider its argument.
_OUT_OF_TURN = (500, 502, 503)
#: The address was taken for none: an error in parameters, a name that is not allowed.
_NO_ADDRESS = (501, 553)
#: The enhanced code of a policy (RFC 3463 section 3.8), which qmail writes behind its text.
_BY_POLICY = re.compile(r"(?:^|\(#)5\.7\.\d")


class View(t.NamedTuple):
    """A relay attempt with its state, its observation, and the outcome of the test message that
    followed, if any.
    """

    attempt: dict[str, t.Any]
    state: str
    observation: Observation
    outcome: outcomes.Outcome | None = None

    @property
    def connection_state(self) -> str:
        """The state of the connection: clear, starttls, implicit, resumed or certificate."""
        return str(self.observation["params"]["state"])

    @property
    def code(self) -> int:
        """The code of the reply; 0 where there is none."""
        return int((self.attempt["reply"] or {}).get("code", 0))

    @property
    def is_alone(self) -> bool:
        """Whether the recipient was the only one of its connection."""
        transactions = self.observation["params"]["transactions"]
        return sum(len(entry["recipients"]) for entry in transactions) == 1

    @property
    def is_closed(self) -> bool:
        """Whether the reply to RCPT was 421 (RFC 5321 section 3.8), whatever the reason."""
        return self.attempt["phase"] == "rcpt" and self.code == _CLOSING

    @property
    def reply_text(self) -> str:
        """The reply, or why there is none, without a full stop at its end."""
        if self.outcome:
            return self.outcome.reply_text
        reply = self.attempt["reply"]
        if reply is None:
            error = self.observation["error"] or {"text": "no reply"}
            return str(error["text"]).rstrip(".")
        return f"{reply['code']} {reply['text']}".rstrip(".")

    @property
    def commands(self) -> str:
        """The commands that were answered."""
        if self.outcome:
            return self.outcome.commands
        helo = f"{self.attempt['helo']}, " if self.attempt["helo"] else ""
        said = f"{helo}MAIL FROM:{self.attempt['mail_from']} RCPT TO:{self.attempt['path']}"
        return said + outcomes.wording(self.observation)

    @property
    def evidence(self) -> Observation:
        """The observation in which the last reply stands."""
        return self.outcome.observation if self.outcome else self.observation

    @property
    def decisive(self) -> tuple[t.Any, ...]:
        """The last reply, or the line of the transcript that says why there is none."""
        reply = self.outcome.message["reply"] if self.outcome else self.attempt["reply"]
        if reply:
            return (reply,)
        return (-1,) if self.evidence["error"] else ()


def state(attempt: t.Mapping[str, t.Any], service: str = "smtp") -> str:
    """The state of one attempt on a service, from the phase it ended in and the reply."""
    reply = attempt["reply"]
    if reply is None or reply["code"] == 421:
        return LOST
    code, enhanced = reply["code"], reply["enhanced"]
    text = smtp_reply_text.ECHO.sub("", reply["text"])
    text = smtp_reply_text.ENDS.sub("", text).strip(" :") or text
    if 200 <= code < 300:
        return ACCEPTED if attempt["phase"] == "rcpt" else LOST
    if not 400 <= code < 600:
        return NOT_EXERCISED
    if _TLS_FIRST.search(text):
        return TLS_FIRST
    if "helo command rejected" in text.lower():
        return HELO_REFUSED
    if service == "smtp" and _CLIENT.search(text):
        return NOT_EXERCISED if code >= 500 else DEFERRED
    if code < 500:
        return _state_of_4yz(attempt, text)
    return _STATES_OF_5YZ[attempt["phase"]](attempt, code, enhanced, text)


def _state_of_4yz(attempt: t.Mapping[str, t.Any], text: str) -> str:
    """A deferral, a sender that is not accepted, or a temporary relay denial (Postfix's 454
    4.7.1).
    """
    if smtp_reply_text.is_deferred(attempt["phase"], attempt["reply"]):
        return DEFERRED
    return SENDER_REFUSED if smtp_reply_text.SENDER.search(text) else REFUSED_FOR_NOW


def is_no_address(attempt: t.Mapping[str, t.Any]) -> bool:
    """Whether a plain external recipient was rejected as no address (RFC 5321 section 4.2.3), so
    that the server did not weigh whom it belongs to.
    """
    reply = attempt["reply"]
    return (
        relay_addresses.base(attempt["form"]) in STRANGERS
        and reply is not None
        and reply["code"] in _NO_ADDRESS
        and not _BY_POLICY.search(reply["text"])
    )


def _is_about_client(code: int, text: str) -> bool:
    """Whether a 5yz is about the client or the order of commands, and so proves nothing."""
    return code in _OUT_OF_TURN or bool(smtp_reply_text.BLOCKED.search(text))


def _state_after_helo(_attempt: t.Mapping[str, t.Any], code: int, _enhanced: str, text: str) -> str:
    """A 5yz to HELO is about the name, unless it is about the client or the order of commands."""
    return NOT_EXERCISED if _is_about_client(code, text) else HELO_REFUSED


def _state_after_mail(_attempt: t.Mapping[str, t.Any], code: int, _enhanced: str, text: str) -> str:
    """A 5yz to MAIL: AUTH is required, which holds for every recipient; or it is about the client
    or the sender.
    """
    about_sender = smtp_reply_text.SENDER.search(text)
    if code == 530 or (smtp_reply_text.LOGIN.search(text) and not about_sender):
        return REFUSED
    return NOT_EXERCISED if _is_about_client(code, text) else SENDER_REFUSED


def _state_after_rcpt(attempt: t.Mapping[str, t.Any], code: int, enhanced: str, text: str) -> str:
    """A 5yz to RCPT: about the sender, the client, the recipient's domain, or relaying."""
    if smtp_reply_text.SENDER.search(text) or enhanced in _SENDER_CODES:
        return SENDER_REFUSED
    if is_no_address(attempt):
        return NOT_EXERCISED
    if smtp_reply_text.DENIED.search(text):
        return REFUSED
    if smtp_reply_text.BLOCKED.search(text):
        return NOT_EXERCISED
    if smtp_reply_text.RELAY.search(text):
        return REFUSED
    remote = kind_of(attempt) == relay_addresses.REMOTE
    no_domain = enhanced in _NO_DOMAIN_CODES or _NO_DOMAIN.search(text)
    return NOT_EXERCISED if code in _OUT_OF_TURN or (remote and no_domain) else REFUSED


_STATES_OF_5YZ = {"helo": _state_after_helo, "mail": _state_after_mail, "rcpt": _state_after_rcpt}


def views(
    context: AuditContext,
    service: str,
    address: str,
    states: t.Sequence[str] = (),
    login: bool = False,
) -> list[View]:
    """Every attempt on an endpoint; where an attempt was repeated, the second reply counts.

    states: states of the connection; all but CERTIFICATE where none is given. login: the attempts
    after a failed AUTH instead.
    """
    key = ("views", service, address, tuple(states), login)
    return list(context.once(key, lambda: _views(context, service, address, states, login)))


def _views(
    context: AuditContext, service: str, address: str, states: t.Sequence[str], login: bool
) -> list[View]:
    """See views."""
    latest: dict[Key, View] = {}
    for observation in context.of("relay", service, address):
        params = observation["params"]
        wanted = params["state"] in states if states else params["state"] != CERTIFICATE
        if not wanted or bool(params.get("login")) != login or params.get("data"):
            continue
        planned = _planned_attempts(params)
        for attempt in observation["facts"].get("attempts") or planned:
            key = key_of(observation, attempt)
            view = View(attempt, state(attempt, service), observation)
            if key not in latest or _supersedes(view, latest[key]):
                latest[key] = view
        for attempt in planned:
            latest.setdefault(key_of(observation, attempt), View(attempt, LOST, observation))
    return _with_closings(_with_outcomes(context, service, address, latest))


def _with_closings(views: list[View]) -> list[View]:
    """The views, of which those that met 421 alone in their connection are rejected for now, where
    the server was seen to end the connection so for external recipients and for no others.
    """
    if not any(view.is_closed for view in views) or not _closes_for_strangers(views):
        return views
    return [
        view._replace(state=REFUSED_FOR_NOW) if view.is_closed and view.is_alone else view
        for view in views
    ]


def _closes_for_strangers(views: t.Sequence[View]) -> bool:
    """Whether two external recipients met 421, each alone in its connection, and two unknown users
    another rejection, one of them after the first 421.
    """
    by_state: dict[tuple[str, str, str], list[View]] = {}
    for view in views:
        state_of_attempt = (view.connection_state, view.attempt["helo"], view.attempt["sender"])
        by_state.setdefault(state_of_attempt, []).append(view)
    first = min(view.observation["started"] for view in views if view.is_closed)
    return any(_is_pair_apart(group, first) for group in by_state.values())


def _is_pair_apart(views: t.Sequence[View], first: str) -> bool:
    """The same of the views of one state. first: when the first 421 came, in ISO 8601."""
    strangers = [view for view in views if view.attempt["form"] in STRANGERS]
    unknown = [view for view in views if view.attempt["form"].partition("@")[0] in UNKNOWN_USERS]
    return (
        len(strangers) > 1
        and all(view.is_closed and view.is_alone for view in strangers)
        and len(unknown) > 1
        and all(500 <= view.code < 600 for view in unknown)
        and any(view.observation["started"] > first for view in unknown)
    )


def key_of(observation: Observation, attempt: t.Mapping[str, t.Any]) -> Key:
    """What makes two attempts the same question."""
    state_of_connection = observation["params"]["state"]
    return state_of_connection, attempt["helo"], attempt["sender"], attempt["form"]


def _supersedes(later: View, earlier: View) -> bool:
    """Whether the reply to a repeated attempt counts instead of the first one; an acceptance wins
    over any other reply.
    """
    if ACCEPTED in (earlier.state, later.state):
        return earlier.state != ACCEPTED
    return earlier.state == LOST or (earlier.state in RETRIED and later.state != LOST)


def _with_outcomes(
    context: AuditContext, service: str, address: str, latest: t.Mapping[Key, View]
) -> list[View]:
    """The views with the outcomes of their test messages.

    Where the plain recipient was relayed, every other accepted external recipient counts as relayed
    too. A message from the null sender cannot be seen to bounce; where the same recipient bounced
    to another sender, it counts as bounced.
    """
    sent = outcomes.outcomes(context, service, address)
    bounced = {
        (connection, helo, "null", form): outcome
        for (connection, helo, _sender, form), outcome in sent.items()
        if outcome.state == BOUNCED
    }
    plain_relayed = any(
        outcome.state == RELAYED and key[1:] == ("", "stranger", "plain")
        for key, outcome in sent.items()
    )
    sent = {**bounced, **sent}
    return [_with_outcome(view, sent.get(key), plain_relayed) for key, view in latest.items()]


def _with_outcome(view: View, outcome: outcomes.Outcome | None, plain_relayed: bool) -> View:
    """An accepted attempt with the outcome of the test message that followed it."""
    if view.state != ACCEPTED:
        return view
    if outcome and outcome.state in (RELAYED, *LATE_REJECTIONS):
        return view._replace(state=outcome.state, outcome=outcome)
    if plain_relayed and kind_of(view.attempt) == relay_addresses.REMOTE:
        return view._replace(state=RELAYED)
    shown = outcome and outcome.state in (outcomes.QUEUED, outcomes.TAKEN)
    return view._replace(outcome=outcome) if shown else view


def _planned_attempts(params: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The attempts that a connection was meant for, each without a reply."""
    return [
        {
            "form": recipient["form"],
            "path": recipient["path"],
            "sender": transaction["sender_id"],
            "mail_from": transaction["sender"],
            "helo": transaction["helo"],
            "phase": "",
            "reply": None,
        }
        for transaction in params["transactions"]
        for recipient in transaction["recipients"]
    ]
