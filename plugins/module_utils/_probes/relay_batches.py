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

from . import relay_addresses, relay_domains

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
    (every form), `brief` (a few), `side` (those, and a name that cannot exist), `login` (a few
    under one sender).
    """
    found = []
    for helo_id, sender_id, form_id, form in _combinations(known, scope, extensions):
        helo = relay_addresses.fill(relay_addresses.HELOS[helo_id], known) if helo_id else ""
        sender, path = (
            relay_addresses.fill(relay_addresses.SENDERS[sender_id], known),
            relay_addresses.fill(form.path, relay_domains.at_domain(known, form_id)),
        )
        if helo is not None and sender is not None and path is not None:
            cost = int(form.literal) + int(sender_id in relay_addresses.COSTLY_SENDERS)
            same = sender_id == "same_as_recipient"
            found.append(Attempt(helo, sender_id, path if same else sender, form_id, path, cost))
    return found


def _combinations(
    known: t.Mapping[str, str], scope: str, extensions: t.Container[str]
) -> list[tuple[str, str, str, relay_addresses.Form]]:
    """(HELO id or empty, sender id, id of the form, form) of everything in a scope."""
    if scope in ("brief", "side"):
        found = _controls(("unknown_at_host",) if scope == "side" else ())
        return found + [item for sender in PASSING for item in _core("", sender)]
    if scope == "login":
        return _core("", "stranger")
    found = _controls(("unknown_at_host", "unknown_at_literal"))
    found += [item for sender in PASSING for item in _every_form(known, sender)]
    if scope == "full":
        senders = [
            name
            for name in relay_addresses.SENDERS
            if name not in (*PASSING, *relay_addresses.WITH_PARAMETERS)
        ]
        found += [item for sender in senders for item in _core("", sender)]
        found += [
            ("", sender, form.id, form)
            for keyword, sender, form in relay_addresses.PARAMETERS
            if keyword in extensions
        ]
        found += [item for helo in relay_addresses.HELOS for item in _experiment(helo, "stranger")]
    return found


def _controls(names: t.Container[str]) -> list[tuple[str, str, str, relay_addresses.Form]]:
    """Names that cannot exist, which explain an acceptance elsewhere."""
    return [("", "null", form.id, form) for form in relay_addresses.CONTROLS if form.id in names]


def _experiment(helo: str, sender: str) -> list[tuple[str, str, str, relay_addresses.Form]]:
    forms = {form.id: form for form in (*relay_addresses.FORMS, *relay_addresses.CONTROLS)}
    return [(helo, sender, name, forms[name]) for name in relay_addresses.EXPERIMENT]


def _core(helo: str, sender: str) -> list[tuple[str, str, str, relay_addresses.Form]]:
    """The forms that are tried under every sender, and the experiment; not where each recipient
    has a sender of its own.
    """
    core = [(helo, sender, form.id, form) for form in relay_addresses.FORMS if form.id in CORE]
    if sender == "same_as_recipient":
        return core
    return _experiment(helo, sender) + [
        item for item in core if item[2] not in relay_addresses.EXPERIMENT
    ]


def _every_form(
    known: t.Mapping[str, str], sender: str
) -> list[tuple[str, str, str, relay_addresses.Form]]:
    """Every form under a sender, at other declared domains too; there the null sender is tried
    with the likely forms.
    """
    named = [(form.id, form) for form in relay_addresses.FORMS]
    likely = [item for item in named if item[0] in relay_domains.LIKELY]
    rest = [item for item in named if item[0] not in (*relay_domains.LIKELY, "plain")]
    other = [
        item
        for item in relay_domains.elsewhere(known)
        if sender != "null" or relay_addresses.base(item[0]) in relay_domains.LIKELY
    ]
    roles = [(form.id, form) for form in relay_addresses.ROLES]
    listed = [*likely, *other, *rest, *roles]
    return _experiment("", sender) + [("", sender, name, form) for name, form in listed]


def batches(attempts: t.Sequence[Attempt], refusals: int = MAX_REFUSALS) -> list[list[Transaction]]:
    """The attempts as one list of transactions for each connection."""
    decks: list[list[Attempt]] = []
    for unit in _units(attempts, refusals):
        for deck in decks:
            if (
                len(deck) + len(unit) <= refusals
                and sum(item.cost for item in [*deck, *unit]) <= MAX_LITERALS
            ):
                deck.extend(unit)
                break
        else:
            decks.append(list(unit))
    return [_transactions(deck) for deck in decks]


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
    _context: t.Any, job: _model.Job, observation: _model.Observation
) -> list[_model.Job]:
    """What is repeated: attempts that a broken connection left unanswered; HELO names for a
    server that accepts only the first of a session.
    """
    left = (
        unanswered(observation["facts"], job.params["transactions"]) if observation["error"] else []
    )
    late = rejected_helo_names(observation["facts"], job.params["transactions"])
    return [
        job._replace(params={**job.params, "transactions": entry, "retry": True}) for entry in left
    ] + [
        job._replace(
            params={**job.params, "transactions": [entry], "hello": entry["helo"], "retry": True}
        )
        for entry in late
    ]


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
    facts: t.Mapping[str, t.Any], transactions: t.Sequence[Transaction]
) -> list[list[Transaction]]:
    """The attempts that a broken connection left unanswered, one transaction to a connection."""
    answered = {
        (entry["helo"], entry["sender"], entry["form"])
        for entry in facts.get("attempts", ())
        if entry["reply"] is not None and entry["reply"]["code"] != 421
    }
    groups: list[list[Transaction]] = []
    for entry in transactions:
        recipients = [
            item
            for item in entry["recipients"]
            if (entry.get("helo", ""), entry["sender_id"], item["form"]) not in answered
        ]
        groups += [
            [{**entry, "recipients": recipients[start : start + MAX_LITERALS]}]
            for start in range(0, len(recipients), MAX_LITERALS)
        ]
    return groups
