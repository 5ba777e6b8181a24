# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributes the relay attempts over connections, so that no server closes one early.

Postfix slows down at 10 errors in a session and hangs up at 20. Exim hangs up at the fourth address
that it finds malformed, and it finds address literals so. Hence at most 9 rejections and 3 literals
for each connection.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import relay_addresses

if t.TYPE_CHECKING:
    from .. import _model

MAX_REFUSALS = 9
MAX_LITERALS = 3
#: Senders under which every form is tried, and the forms that are tried under every sender.
PASSING = ("stranger", "null")
CORE = ("plain", "percent_host", "quoted_at_host")

Transaction = t.Dict[str, t.Any]


class Attempt(t.NamedTuple):
    """One recipient under one sender and HELO name, ready to be said."""

    helo: str
    sender_id: str
    sender: str
    form: str
    path: str
    cost: int


def attempts_of(
    known: t.Mapping[str, str], scope: str, extensions: t.Container[str] = ()
) -> list[Attempt]:
    """The attempts of a scope: `full` (every form, sender, HELO name, offered parameter), `forms`
    (every form), `brief` (a few), `side` (those, and names that cannot exist)."""
    found = []
    for helo_id, sender_id, form in _combinations(scope, extensions):
        helo = relay_addresses.fill(relay_addresses.HELOS[helo_id], known) if helo_id else ""
        sender, path = (
            relay_addresses.fill(relay_addresses.SENDERS[sender_id], known),
            relay_addresses.fill(form.path, known),
        )
        if helo is not None and sender is not None and path is not None:
            cost = int(form.literal) + int(sender_id in relay_addresses.COSTLY_SENDERS)
            found.append(
                Attempt(
                    helo,
                    sender_id,
                    path if sender_id == "same_as_recipient" else sender,
                    form.id,
                    path,
                    cost,
                )
            )
    return found


def _combinations(
    scope: str, extensions: t.Container[str]
) -> list[tuple[str, str, relay_addresses.Form]]:
    """(HELO id or empty, sender id, form) of everything in a scope."""
    core = [form for form in relay_addresses.FORMS if form.id in CORE]
    if scope in ("brief", "side"):
        controls = [
            ("", "null", form)
            for form in relay_addresses.CONTROLS
            if scope == "side" and not form.literal
        ]
        return controls + [("", sender_id, form) for sender_id in PASSING for form in core]
    found = [("", "null", form) for form in relay_addresses.CONTROLS]
    found += [
        ("", sender_id, form)
        for sender_id in PASSING
        for form in relay_addresses.FORMS + relay_addresses.ROLES
    ]
    if scope == "full":
        senders = [
            name
            for name in relay_addresses.SENDERS
            if name not in (*PASSING, *relay_addresses.WITH_PARAMETERS)
        ]
        found += [("", sender_id, form) for sender_id in senders for form in core]
        found += [
            ("", sender_id, form)
            for keyword, sender_id, form in relay_addresses.PARAMETERS
            if keyword in extensions
        ]
        found += [(helo_id, "stranger", core[0]) for helo_id in relay_addresses.HELOS]
    return found


def batches(attempts: t.Sequence[Attempt], refusals: int = MAX_REFUSALS) -> list[list[Transaction]]:
    """The attempts as one list of transactions for each connection."""
    decks: list[list[Attempt]] = []
    for attempt in attempts:
        for deck in decks:
            if (
                len(deck) < refusals
                and sum(item.cost for item in deck) + attempt.cost <= MAX_LITERALS
            ):
                deck.append(attempt)
                break
        else:
            decks.append([attempt])
    return [_transactions(deck) for deck in decks]


def _transactions(deck: list[Attempt]) -> list[Transaction]:
    grouped: dict[tuple[str, str, str], Transaction] = {}
    for item in deck:
        key = (item.helo, item.sender_id, item.sender)
        entry = grouped.setdefault(
            key,
            {
                "helo": item.helo,
                "sender_id": item.sender_id,
                "sender": item.sender,
                "recipients": [],
            },
        )
        entry["recipients"].append({"form": item.form, "path": item.path})
    return sorted(grouped.values(), key=lambda entry: entry["helo"] != "")


def retry_jobs(
    _context: t.Any, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What is repeated: attempts that a broken connection left unanswered; HELO names for a
    server that accepts only the first of a session.
    """
    again = _unanswered_jobs(job, observation)
    late = rejected_helo_names(observation["facts"], job.params["transactions"])
    return again + [
        job._replace(
            params={**job.params, "transactions": [entry], "hello": entry["helo"], "retry": True}
        )
        for entry in late
    ]


def alone_jobs(job: _model.Job, observation: _model.Observation) -> list[_model.Job]:
    """What is repeated a second time, one recipient to a connection: what a repetition with several
    left unanswered, if it had any reply.
    """
    several = sum(len(entry["recipients"]) for entry in job.params["transactions"]) > 1
    replied = any(attempt["reply"] for attempt in observation["facts"].get("attempts", ()))
    return _unanswered_jobs(job, observation) if several and replied else []


def _unanswered_jobs(job: _model.Job, observation: _model.Observation) -> list[_model.Job]:
    """Jobs for the attempts that a broken connection left unanswered, with no more recipients to a
    connection than the server answered in that one.
    """
    if not observation["error"]:
        return []
    attempts = observation["facts"].get("attempts", ())
    refusals = sum(_is_answered(attempt) for attempt in attempts)
    again = job.params.get("retry")
    size = 1 if again else max(1, min(MAX_LITERALS, refusals or MAX_LITERALS))
    left = unanswered(observation["facts"], job.params["transactions"], size)
    return [
        job._replace(params={**job.params, "transactions": entry, "retry": True}) for entry in left
    ]


def _is_answered(attempt: t.Mapping[str, t.Any]) -> bool:
    return attempt["reply"] is not None and attempt["reply"]["code"] != 421


def rejected_helo_names(
    facts: t.Mapping[str, t.Any], transactions: t.Sequence[Transaction]
) -> list[Transaction]:
    """The transactions whose HELO command was rejected because another had come before."""
    refused = {
        entry["helo"]
        for entry in facts.get("attempts", ())
        if entry["phase"] == "helo" and entry["reply"]["code"] == 503
    }
    return [entry for entry in transactions if entry.get("helo") in refused]


def unanswered(
    facts: t.Mapping[str, t.Any],
    transactions: t.Sequence[Transaction],
    size: int = MAX_LITERALS,
) -> list[list[Transaction]]:
    """The attempts that a broken connection left unanswered, one transaction to a connection.
    size: the most recipients of one.
    """
    answered = {
        (entry["helo"], entry["sender"], entry["form"])
        for entry in facts.get("attempts", ())
        if _is_answered(entry)
    }
    groups: list[list[Transaction]] = []
    for entry in transactions:
        recipients = [
            item
            for item in entry["recipients"]
            if (entry.get("helo", ""), entry["sender_id"], item["form"]) not in answered
        ]
        groups += [
            [{**entry, "recipients": recipients[start : start + size]}]
            for start in range(0, len(recipients), size)
        ]
    return groups
