# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages to send to the canary, after what a server accepted.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model
from . import relay_addresses, relay_domains, relay_senders
from .delivery import BACK, Message

#: How many messages a target may be left with, and how many of them where only rewritten recipients
#: were taken.
MAX_QUEUED, MAX_REWRITTEN = 6, 2
#: How many messages a connection tries. RSET follows each rejected one, and Exim ends a session
#: with more than ten commands that bring no mail (smtp_accept_max_nonmail).
MAX_A_CONNECTION = 6
#: The control whose acceptance asks whether the host bounces what it cannot deliver.
UNKNOWN_USER = "unknown_at_domain"
#: Controls that get no message: their acceptance at RCPT says all.
NO_MESSAGE = ("second_unknown_at_domain", "own_user")
#: What a connection is told to reach the same state again.
STATE_PARAMS = ("helo", "server_name", "protocol", "implicit_tls", "state", "implicit", "lmtp")
STATES = ("clear", "implicit", "starttls", "certificate", "resumed")
FORMS = relay_addresses.EVERY_FORM
Key = t.Tuple[str, str, str]


def deliverable(form: str) -> bool:
    """Whether a recipient of this form, once accepted, could bring a message to the canary."""
    known = FORMS.get(relay_addresses.base(form))
    path = known.path if known else ""
    return "{stranger}" in path.lower() and ".{stranger}" not in path


def rcpt_accepted(attempt: t.Mapping[str, t.Any]) -> bool:
    """Whether a recipient was accepted."""
    return (
        attempt["phase"] == "rcpt"
        and attempt["reply"] is not None
        and 200 <= attempt["reply"]["code"] < 300
    )


class Endpoint(t.NamedTuple):
    """What one service accepted in one state: connections to make one after the other, and how
    many messages are enough.
    """

    jobs: list[_model.Job]
    enough: int


def endpoints(
    observations: t.Iterable[_model.Observation],
    known: t.Callable[[str], dict[str, str]],
    canary: str,
    token: t.Callable[[], str],
) -> list[Endpoint]:
    """The messages to send to one target, after all that it accepted. known: the names for
    recipients at an address; token: makes a local part that nobody can guess.
    """
    found: dict[tuple[int, str, str, int], dict[Key, tuple[_model.Observation, Message]]] = {}
    unknown = []
    for observation in observations:
        for attempt in (
            observation["facts"].get("attempts", ())
            if observation["probe"] == "relay" and not observation["params"].get("login")
            else ()
        ):
            if not rcpt_accepted(attempt):
                continue
            if attempt["form"] == UNKNOWN_USER and observation["service"] == "smtp":
                unknown.append((observation, attempt))
            elif relay_addresses.base(attempt["form"]) in FORMS and (
                attempt["form"] not in NO_MESSAGE
            ):
                place = (
                    STATES.index(observation["params"]["state"]),
                    observation["service"],
                    observation["address"],
                    observation["port"],
                )
                key = (attempt["helo"], attempt["sender"], attempt["form"])
                found.setdefault(place, {}).setdefault(key, (observation, attempt))
    lone = [_endpoint([unknown[0]], known, canary, token, 1)] if unknown else []
    return lone + [
        _endpoint(sorted(found[place].values(), key=_rank), known, canary, token)
        for place in sorted(found)
    ]


def _rank(entry: tuple[_model.Observation, Message]) -> tuple[bool, bool, bool, int, int]:
    """The plain way first, then other recipients, other senders, other HELO names; then what a host
    may keep under a name of its own, and last, where all was refused, what cannot arrive."""
    attempt = entry[1]
    place = (
        list(relay_senders.SENDERS).index(relay_addresses.base(attempt["sender"])),
        list(FORMS).index(relay_addresses.base(attempt["form"])),
    )
    return (
        not deliverable(attempt["form"]),
        FORMS[relay_addresses.base(attempt["form"])].kind != relay_addresses.REMOTE,
        bool(attempt["helo"]),
        *place,
    )


def _endpoint(
    entries: t.Sequence[tuple[_model.Observation, Message]],
    known: t.Callable[[str], dict[str, str]],
    canary: str,
    token: t.Callable[[], str],
    enough: int = 0,
) -> Endpoint:
    observation = entries[0][0]
    names = {**known(observation["address"]), "stranger": canary, "STRANGER": canary.upper()}
    messages = [
        (entry["params"].get("hello", ""), _filled(attempt, names, token()))
        for entry, attempt in entries
    ]
    kinds = {
        FORMS[relay_addresses.base(attempt["form"])].kind
        for _seen, attempt in entries
        if deliverable(attempt["form"])
    }
    enough = enough or (MAX_REWRITTEN if kinds == {relay_addresses.REWRITTEN} else 1)
    kept = {key: value for key, value in observation["params"].items() if key in STATE_PARAMS}
    params = {**kept, "canary": canary, "enough": enough}
    jobs = [
        _model.Job(
            "delivery",
            observation["target"],
            observation["service"],
            observation["address"],
            observation["port"],
            {**params, **batch},
        )
        for batch in _batches(messages)
    ]
    return Endpoint(jobs, enough)


def _batches(messages: t.Sequence[tuple[str, Message]]) -> list[dict[str, t.Any]]:
    """The messages of each connection, and the HELO command that it has to begin with, if any."""
    found = []
    for hello in dict.fromkeys(hello for hello, _message in messages):
        mine = [message for first, message in messages if first == hello]
        groups = [mine[at : at + MAX_A_CONNECTION] for at in range(0, len(mine), MAX_A_CONNECTION)]
        found += [{"messages": group, **({"hello": hello} if hello else {})} for group in groups]
    return found


def _filled(attempt: Message, names: dict[str, str], token: str) -> Message:
    """An accepted attempt, with the canary as the external domain and a token as the user."""
    form = FORMS[relay_addresses.base(attempt["form"])]
    sender = (
        "<{user}@{stranger}>"
        if form.id == UNKNOWN_USER
        else relay_senders.SENDERS[relay_addresses.base(attempt["sender"])]
    )
    path = (
        relay_addresses.fill(
            form.path,
            {
                **relay_domains.at_domain(names, attempt["form"]),
                "user": token,
                **({"token": token} if form.kind == relay_addresses.REMOTE else {}),
            },
        )
        or ""
    )
    there = relay_domains.at_domain(names, attempt["sender"])
    back = relay_addresses.fill(sender, {**there, "user": token + BACK}) or "<>"
    return {
        "helo": attempt["helo"],
        "sender_id": attempt["sender"],
        "sender": path if attempt["sender"] == "same_as_recipient" else back,
        "form": attempt["form"],
        "path": path,
        "token": token,
    }
