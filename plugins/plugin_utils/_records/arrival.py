# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until every name server of a zone has what was published, and nothing of what was removed.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import itertools
import typing as t

from .._dns import resolver as _resolver
from .._dns.dns_response import record_text
from .._dns.queries import ERROR, UnseenError, stored_answer
from .._dns.update import Client, UpdateError
from . import authorities, compare
from .record_sets import Change, RecordSet

#: Seconds between the rounds of questions to one server, the last one over and over.
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)

#: The label of the server that was updated; it may be among the name servers too, or hidden.
PRIMARY = "server"


class Seen(t.NamedTuple):
    """arrived: the servers that have everything. late: what each other one was seen to have."""

    arrived: list[str]
    late: dict[str, str]


class Wait(t.NamedTuple):
    """What to wait for. seconds: how long. resolvers: who is asked for the name servers. chosen:
    who is asked in their place, by label. port: of the name servers.
    """

    zone: str
    seconds: float
    resolvers: list[_resolver.Server]
    chosen: dict[str, _resolver.Server]
    port: int = _resolver.PORT


async def wait(client: Client, changes: t.Sequence[Change], order: Wait) -> Seen:
    """Ask all servers again and again; the primary with the key, since it may have views."""
    round_ = _Rounds(client, changes)
    try:
        async with asyncio.timeout(order.seconds):
            servers = order.chosen or await authorities.servers(
                order.zone, order.resolvers, order.port
            )
            round_.late = dict.fromkeys((PRIMARY, *servers), "gave no answer")
            await asyncio.gather(
                round_.until_there(PRIMARY, None),
                *(round_.until_there(label, one) for label, one in servers.items()),
            )
    except TimeoutError:
        pass
    except UnseenError as exc:
        round_.late = {"": f"the name servers of {order.zone} were not found: {exc}"}
    return Seen(round_.arrived, round_.late)


class _Rounds:
    """The rounds of questions. arrived, late: as of Seen, so far."""

    def __init__(self, client: Client, changes: t.Sequence[Change]) -> None:
        self.client, self.changes = client, changes
        self.arrived: list[str] = []
        self.late: dict[str, str] = {"": "the search for the name servers took too long"}

    async def until_there(self, label: str, server: _resolver.Server | None) -> None:
        """Return once a server has everything. So does an address to which this machine has no
        route, once the same server has it at another one. server: None for the primary.
        """
        for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
            reason, is_reachable = await (self._lacks(server) if server else self._primary_lacks())
            hosts = {authorities.host_of(one) for one in self.arrived}
            if not is_reachable and authorities.host_of(label) in hosts:
                del self.late[label]
                return
            self.late[label] = reason
            if not reason:
                del self.late[label]
                self.arrived.append(label)
                return
            await asyncio.sleep(pause)

    async def _primary_lacks(self) -> tuple[str, bool]:
        """What the primary lacks, empty for nothing; whether it can be reached."""
        try:
            found = [await self.client.read(one.question) for one in self.changes]
        except UpdateError as exc:
            return str(exc).rstrip("."), True
        pairs = zip(self.changes, found, strict=True)
        return _joined(_lacking(one, _texts(RecordSet(*seen))) for one, seen in pairs), True

    async def _lacks(self, server: _resolver.Server) -> tuple[str, bool]:
        """The same of a name server, which is asked as anybody asks it."""
        client = _resolver.Resolver([server])
        parts = await asyncio.gather(*(client.ask(one.question) for one in self.changes))
        answers = [stored_answer(part) for part in parts]
        for answer in answers:
            if answer.state == ERROR:
                text = answer.text.replace("the resolver", "the name server")
                return f"gave no answer ({text})", answer.kind != "unreachable"
        return _joined(
            _lacking(one, () if answer.chain else answer.records)
            for one, answer in zip(self.changes, answers, strict=True)
        ), True


def _texts(found: RecordSet) -> list[str]:
    return [record_text(one) for one in found.rdatas]


def _lacking(one: Change, published: t.Sequence[str]) -> str:
    """How what is published differs from what is to be; empty where it does not."""
    kind, name = one.question.type, one.question.name
    lacking = compare.beyond(kind, _texts(one.after), published)
    gone = [record_text(record) for record in one.before.beyond(one.after)]
    kept = compare.beyond(kind, gone, compare.beyond(kind, gone, published))
    if lacking:
        return f"lacks {name} {kind} {', '.join(lacking)}"
    return f"still has {name} {kind} {', '.join(kept)}" if kept else ""


def _joined(reasons: t.Iterable[str]) -> str:
    found = [reason for reason in reasons if reason]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""
