# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributes the relay attempts over connections, so that no server closes one early.

Postfix slows down at 10 errors in a session and hangs up at 20. Exim hangs up at the fourth address
that it finds malformed, and it finds address literals so. Sendmail slows down at the third HELO.
Hence at most 9 rejections, 3 literals and 3 HELO names for each connection.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import relay_addresses, relay_data, relay_order

if t.TYPE_CHECKING:
    from .. import _model
    from .relay_matrix import Attempt

MAX_REFUSALS = 9
MAX_LITERALS = 3
MAX_HELO_NAMES = 3

Transaction = relay_order.Transaction


def batches(attempts: t.Sequence[Attempt], refusals: int = MAX_REFUSALS) -> list[list[Transaction]]:
    """The attempts as one list of transactions for each connection."""
    decks: list[list[Attempt]] = []
    for unit in _units(attempts, refusals):
        for deck in decks:
            if (
                len(deck) + len(unit) <= refusals
                and sum(item.cost for item in [*deck, *unit]) <= MAX_LITERALS
                and len(_helo_names([*deck, *unit])) <= MAX_HELO_NAMES
            ):
                deck.extend(unit)
                break
        else:
            decks.append(list(unit))
    return [_transactions(deck) for deck in decks]


def _helo_names(attempts: t.Sequence[Attempt]) -> set[tuple[str, str]]:
    """The transactions that begin with a HELO command of their own."""
    return {(item.helo, item.sender_id) for item in attempts if item.helo}


def _units(attempts: t.Sequence[Attempt], refusals: int) -> list[list[Attempt]]:
    """The attempts; those of one experiment stay together where their number and cost permit."""
    units: list[list[Attempt]] = []
    for attempt in attempts:
        last = units[-1] if units else []
        together = bool(last) and all(
            item.form in relay_addresses.EXPERIMENT
            and (item.helo, item.sender_id) == (attempt.helo, attempt.sender_id)
            for item in [*last, attempt]
        )
        fits = (
            len(last) < refusals and sum(item.cost for item in last) + attempt.cost <= MAX_LITERALS
        )
        if together and fits:
            last.append(attempt)
        else:
            units.append([attempt])
    return units


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
    context: t.Any, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What is repeated: attempts that a broken connection left unanswered; HELO names for a server
    that accepts only the first of a session; up to DATA, what was accepted, of strangers only where
    no test messages will show what becomes of it.
    """
    if job.params.get("data"):
        return []
    facts = observation["facts"]
    data = relay_data.jobs(job, facts, with_messages=context.options.deliver)
    if job.params.get("wording"):
        return [*data, *_in_usual_words(job, observation)]
    late: dict[str, list[Transaction]] = {}
    for entry in rejected_helo_names(facts, job.params["transactions"]):
        late.setdefault(entry["helo"], []).append(entry)
    again = [
        job._replace(params={**job.params, "transactions": group, "hello": helo, "retry": True})
        for helo, group in late.items()
    ]
    return [*_unanswered_jobs(job, observation), *data, *again]


def _in_usual_words(job: _model.Job, observation: _model.Observation) -> list[_model.Job]:
    """What was left unanswered in another wording, in the usual one; nothing where other
    connections ask the same.
    """
    kept = {name: value for name, value in job.params.items() if name not in ("wording", "hello")}
    usual = job._replace(params=kept)
    return _unanswered_jobs(usual, observation) if kept["state"] == "resumed" else []


def alone_jobs(job: _model.Job, observation: _model.Observation) -> list[_model.Job]:
    """What is repeated a second time, one recipient to a connection: what a repetition with several
    left unanswered, if it had any reply.
    """
    if job.params.get("data"):
        return []
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
    alone = job.params.get("retry") or any(map(_is_closing, attempts))
    size = 1 if alone else max(1, min(MAX_LITERALS, refusals or MAX_LITERALS))
    left = unanswered(observation["facts"], job.params["transactions"], size)
    return [
        job._replace(
            params={
                **job.params,
                "transactions": part,
                "retry": True,
                **_begins_with(part[0]),
                **({"decisive": True} if decisive else {}),
            }
        )
        for entry in left
        for part, decisive in relay_order.ordered(entry)
    ]


def _begins_with(transaction: Transaction) -> dict[str, str]:
    """The HELO command of a transaction as the one that its connection begins with: whatever a
    server does at another HELO, it does not then.
    """
    return {"hello": transaction["helo"]} if transaction.get("helo") else {}


def _is_answered(attempt: t.Mapping[str, t.Any]) -> bool:
    return attempt["reply"] is not None and attempt["reply"]["code"] != 421


def _is_closing(attempt: t.Mapping[str, t.Any]) -> bool:
    """Whether a recipient was answered by the end of the connection (421, RFC 5321 section 3.8)."""
    reply = attempt["reply"]
    return attempt["phase"] == "rcpt" and reply is not None and reply["code"] == 421


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
