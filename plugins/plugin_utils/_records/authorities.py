# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the name servers of the zones themselves what they publish, each of them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._dns import resolver as _resolver
from .._dns.queries import (
    ERROR,
    RECORDS,
    Answer,
    Lookup,
    Question,
    UnseenError,
    ancestors,
    ask,
    follow,
    require_one,
    stored_answer,
)
from . import compare, helo, values

if t.TYPE_CHECKING:
    from .record import Record

#: Addresses of the name servers of one zone that are asked.
MAX_SERVERS = 16
#: Aliases that are followed one after the other.
MAX_ALIASES = 4
#: Seconds until what did not answer is unknown.
TIMEOUT = 60.0
_NO_RESOLVER = "this system names no resolver; give one as dns_resolver."
Outcomes = dict[str, "compare.Outcome | None"]


def differences(
    records: t.Sequence[Record],
    dns_resolver: str = "",
    dns_servers: t.Sequence[str] = (),
    port: int = _resolver.PORT,
    timeout: float = TIMEOUT,
) -> dict[str, t.Any]:
    """What the name servers publish otherwise than wanted; see compare.differences. helo: a line
    for each sending address.

    dns_resolver: who is asked for the name servers, by default the resolver of the system.
    dns_servers: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT of those to ask in place of the name
    servers. port: of the name servers. timeout: seconds for all. Raises ModelError for options that
    cannot be used.
    """
    if _resolver.DNSPYTHON_IMPORT_ERROR:
        raise ModelError(f"{_resolver.MISSING.partition(', or skip')[0]}.")
    chosen = {text: values.server("dns_servers", text) for text in dns_servers}
    nameservers = [] if chosen else _resolver.servers(dns_resolver, False)
    if not chosen and not nameservers:
        raise ModelError(_NO_RESOLVER)
    authorities = _Authorities(chosen, nameservers, port)
    found = asyncio.run(_differences(records, authorities, timeout))
    return {**found, "helo": helo.lines(records, found)}


async def _differences(
    records: t.Sequence[Record], authorities: _Authorities, timeout: float
) -> dict[str, t.Any]:
    asked = compare.questions(records)
    followed = compare.followed(records, asked)
    tasks = [
        asyncio.ensure_future(
            authorities.outcomes(one, wanted, MAX_ALIASES if one in followed else 0)
        )
        for one, wanted in asked.items()
    ]
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)
    reason = f"no answer within {timeout:g} s"
    found = [
        task.result()
        if task.done()
        else {"": compare.Outcome(compare.UNKNOWN, tuple(wanted), reason=reason)}
        for task, wanted in zip(tasks, asked.values(), strict=True)
    ]
    return compare.differences(dict(zip(asked, found, strict=True)))


async def servers(
    zone: str, nameservers: t.Sequence[_resolver.Server], port: int = _resolver.PORT
) -> dict[str, _resolver.Server]:
    """The name servers of a zone, each address by a label that shows it; raises UnseenError."""
    authorities = _Authorities({}, nameservers, port)
    return await authorities.servers(zone)


class _Authorities:
    """The servers of each zone, each asked by a client of its own."""

    def __init__(
        self,
        chosen: t.Mapping[str, _resolver.Server],
        nameservers: t.Sequence[_resolver.Server],
        port: int,
    ) -> None:
        self.chosen, self.port = dict(chosen), port
        self.resolver = _resolver.Resolver(nameservers)
        self.clients: dict[_resolver.Server, _resolver.Resolver] = {}

    async def servers(self, name: str) -> dict[str, _resolver.Server]:
        """The servers of the zone that a name is in; raises UnseenError."""
        return dict(self.chosen or await follow(_servers(name, self.port), self._answers))

    async def outcomes(
        self, question: Question, wanted: t.Sequence[str], aliases: int, name: str = ""
    ) -> Outcomes:
        """The outcome at each server. aliases: how many may be followed; of a name behind one its
        own servers are asked. name: that of the first alias.
        """
        name = name or question.name
        try:
            servers = await self.servers(question.name)
        except UnseenError as exc:
            reason = f"{exc.answer.question.name} {exc.answer.question.type}: {exc.answer.text}"
            return {"": compare.Outcome(compare.UNKNOWN, tuple(wanted), reason=reason)}
        answers = await asyncio.gather(*(self._ask(one, question) for one in servers.values()))
        seen = _without_unreachable(dict(zip(servers, answers, strict=True)))
        targets = {
            label: answer.chain[0] for label, answer in seen.items() if aliases and answer.chain
        }
        found = {
            label: compare.outcome(wanted, answer, name)
            for label, answer in seen.items()
            if label not in targets
        }
        for target in sorted(set(targets.values())):
            next_one = Question(target, question.type)
            behind = await self.outcomes(next_one, wanted, aliases - 1, name)
            found.update({label: found.get(label) or behind[label] for label in behind})
        return found

    async def _ask(self, server: _resolver.Server, question: Question) -> Answer:
        client = self.clients.setdefault(server, _resolver.Resolver([server]))
        answer = stored_answer(await client.ask(question))
        return answer._replace(text=answer.text.replace("the resolver", "the name server"))

    async def _answers(self, questions: list[Question]) -> list[Answer]:
        parts = await asyncio.gather(*(self.resolver.ask(question) for question in questions))
        return [stored_answer(part) for part in parts]


def _without_unreachable(answers: dict[str, Answer]) -> dict[str, Answer]:
    """The answers without those of addresses that this machine has no route to, such as all of
    IPv6, where the same name server answered at another.
    """
    hosts = {host_of(label) for label, answer in answers.items() if answer.state != ERROR}
    return {
        label: answer
        for label, answer in answers.items()
        if answer.kind != "unreachable" or host_of(label) not in hosts
    }


def host_of(label: str) -> str:
    """The name of the server that a label shows."""
    return label.partition(" ")[0]


def _servers(name: str, port: int) -> Lookup:
    """The name servers of the zone that a name is in, each address by a label that shows it; raises
    UnseenError where none is known.
    """
    answer = Answer(Question(name, "NS"), ERROR, text="no zone of it has name servers")
    for ancestor in ancestors(name):
        found = yield from require_one(ancestor, "NS")
        if found.state == RECORDS and not found.chain:  # an alias has those of another zone
            answer = found
            break
    names = [text.rstrip(".").lower() for text in answer.records]
    pairs = [(host, kind) for host in names for kind in ("A", "AAAA")]
    answers = (yield from ask(*pairs)) if pairs else []
    servers = {
        f"{host} ({address})": _resolver.Server(address, port, False)
        for (host, _kind), found in zip(pairs, answers, strict=True)
        for address in found.records
    }
    if not servers:
        text = answer.text or "none of its name servers has an address"
        raise UnseenError(answer._replace(text=text))
    return dict(list(servers.items())[:MAX_SERVERS])
