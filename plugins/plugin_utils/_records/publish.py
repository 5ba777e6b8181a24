# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes records by one dynamic update for the zone: read what the server has, change what
differs if it is still so (RFC 2136 section 2.4), and wait for all name servers.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import typing as t

with contextlib.suppress(ImportError):  # resolver says so
    import dns.update

from .._dns.update import Client, UpdateError
from . import arrival
from .record_sets import Change, RecordSet, change, lines

if t.TYPE_CHECKING:
    from .update_options import Request

#: How often records are read anew, where somebody else changed them in between.
MAX_ATTEMPTS = 3


def publish(wanted: Request, check_mode: bool) -> dict[str, t.Any]:
    """What the task returns: changed, changes, servers, msg, diff, and failed where name servers
    did not follow in time. Raises ModelError with one sentence where nothing was changed.
    """
    return asyncio.run(_publish(wanted, check_mode))


async def _publish(wanted: Request, check_mode: bool) -> dict[str, t.Any]:
    client = Client(wanted.zone, wanted.server, wanted.key, wanted.timeout)
    await client.check_zone()
    changes = await _changes(client, wanted)
    if not check_mode:
        changes = await _carried_out(client, wanted, changes)
    result = _result(wanted, changes, "differ" if check_mode else "were changed")
    if check_mode or not wanted.wait:
        return {**result, "servers": []}
    order = arrival.Wait(wanted.zone, wanted.wait, wanted.resolvers, wanted.servers)
    seen = await arrival.wait(client, changes, order)
    late = "; ".join(f"{label} {reason}".strip() for label, reason in seen.late.items())
    failed = {
        "failed": True,
        "msg": f"{result['msg']} After {wanted.wait:g} s: {late}. See that every name server "
        "follows its primary (NOTIFY, zone transfer), or raise wait.",
    }
    return {**result, "servers": seen.arrived, **(failed if late else {})}


async def _changes(client: Client, wanted: Request) -> list[Change]:
    """What becomes of each set, by what the server has now."""
    found = await asyncio.gather(*(client.read(one) for one in wanted.wanted))
    return [
        change(question, RecordSet(*seen), asked, wanted.present)
        for (question, asked), seen in zip(wanted.wanted.items(), found, strict=True)
    ]


async def _carried_out(client: Client, wanted: Request, changes: list[Change]) -> list[Change]:
    """The changes, after the server has made them; read anew where they were overtaken."""
    conflict = ""
    for _attempt in range(MAX_ATTEMPTS):
        if not any(one.changed for one in changes):
            return changes
        conflict = await client.send(update(wanted.zone, changes))
        if not conflict:
            return changes
        changes = await _changes(client, wanted)
        if conflict == "NXRRSET":
            changes = [await _without_wildcard(client, wanted, one) for one in changes]
    aliases = [one.question.name for one in changes if _is_new_alias(one)]
    if conflict == "YXDOMAIN" and aliases:
        raise UpdateError(
            f"{' or '.join(aliases)} has other records, beside which no CNAME can stand (RFC 1034 "
            "section 3.6.2); remove them first, or publish addresses in its place."
        )
    raise UpdateError(
        f"Somebody else changes the same records of {wanted.zone} ({conflict}, {MAX_ATTEMPTS} "
        "times); nothing was changed here. Run the task again when they are done."
    )


async def _without_wildcard(client: Client, wanted: Request, one: Change) -> Change:
    """A change without what the server only made from a wildcard (RFC 4592): there is no such set
    at the name itself, which an update without changes asks.
    """
    if not one.changed or not one.before.rdatas:
        return one
    question = dns.update.UpdateMessage(f"{wanted.zone}.")
    question.absent(f"{one.question.name}.", one.question.type)
    if await client.send(question):
        return one
    asked = wanted.wanted[one.question]
    return change(one.question, RecordSet(), asked, wanted.present)


def _is_new_alias(one: Change) -> bool:
    return one.question.type == "CNAME" and bool(one.after.rdatas) and not one.before.rdatas


def update(zone: str, changes: t.Iterable[Change]) -> t.Any:
    """One update for all that is to be changed, done as a whole or not at all, and only where each
    set is as it was read.
    """
    message = dns.update.UpdateMessage(f"{zone}.")
    for one in changes:
        if not one.changed:
            continue
        name, kind = f"{one.question.name}.", one.question.type
        if one.before.rdatas:
            message.present(name, *one.before.rdatas)
        elif _is_new_alias(one):
            message.absent(name)
        else:
            message.absent(name, kind)
        _replace(message, name, one)
    return message


def _replace(message: t.Any, name: str, one: Change) -> None:
    """Remove what is not to stay and add what is not there. An alias is replaced by the one that is
    added (RFC 2136 section 3.4.2.2).
    """
    new_ttl = one.before.ttl != one.after.ttl
    is_alias = one.question.type == "CNAME" and one.after.rdatas
    gone = () if is_alias else one.before.rdatas if new_ttl else one.before.beyond(one.after)
    for record in gone:
        message.delete(name, record)
    for record in one.after.rdatas if new_ttl else one.after.beyond(one.before):
        message.add(name, one.after.ttl, record)


def _result(wanted: Request, changes: list[Change], verb: str) -> dict[str, t.Any]:
    """What was changed, or would be."""
    done = [one for one in changes if one.changed]
    shown = [
        {
            "name": one.question.name,
            "type": one.question.type,
            "before": lines(one.question, one.before),
            "after": lines(one.question, one.after),
        }
        for one in done
    ]
    texts = {
        side: "".join(f"{line}\n" for one in shown for line in one[side])
        for side in ("before", "after")
    }
    place = f"{wanted.zone} at {wanted.server.address}"
    counted = f"{len(done)} of {len(changes)} record sets of {wanted.zone} {verb}"
    return {
        "changed": bool(done),
        "changes": shown,
        "msg": f"{counted}." if done else f"All record sets of {wanted.zone} are as wanted.",
        "diff": {"before_header": place, "after_header": place, **texts},
    }
