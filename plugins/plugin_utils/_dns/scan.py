# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the names of targets from the controller: leads the inquiries, and fetches the policies
that they lead to.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._scan.connection import Limits
from ansible_collections.airtight.mail.plugins.module_utils._scan.scanner import observe

from . import domain_queries, mta_sts_fetch, spf_record
from . import resolver as _resolver
from .queries import Inquiry, Question, UnseenError

DECLINED = "none"
DEADLINE = 60.0
HTTPS = Limits(connect=5.0, reply=10.0, probe=20.0)
#: How many addresses of one policy host are asked.
MAX_HOSTS = 4


class Options(t.NamedTuple):
    """Whom to ask and to believe. resolver: DECLINED to ask nobody; trust_anchors: PEM, for HTTPS.

    everything: whether to ask about targets without a domain too, which only those do who ask for
    these checks.
    """

    resolver: str = ""
    validated: bool = False
    trust_anchors: str = ""
    everything: bool = True


def options(resolver: str, validated: bool, trust_anchors: str, everything: bool = True) -> Options:
    """Options of a run; raises ModelError for a resolver that cannot be, before anything is looked
    at.
    """
    if resolver != DECLINED:
        _resolver.servers(resolver, validated)
    return Options(resolver, validated, trust_anchors.strip(), everything)


def look(
    targets: t.Sequence[_model.Target], addresses: t.Mapping[str, t.Sequence[str]], asking: Options
) -> list[_model.Observation]:
    """Observations of the DNS and of the policies that it names; asking says whom."""
    if asking.resolver == DECLINED:
        return [
            _nothing(target, "declined", "the DNS was not asked (dns_resolver: none)")
            for target in targets
        ]
    meant = [target for target in targets if target.domains or asking.everything]
    words = (
        "no domain is declared (domains), so the DNS was not asked; it is when the group names is "
        "asked for"
    )
    skipped = [_nothing(target, "declined", words) for target in targets if target not in meant]
    asked = _resolver.servers(asking.resolver, asking.validated)
    if _resolver.DNSPYTHON_IMPORT_ERROR:
        return skipped + [_nothing(target, "unavailable", _resolver.MISSING) for target in meant]
    if not asked:
        return skipped + [
            _nothing(
                target, "unavailable", "this system names no resolver; give one as dns_resolver"
            )
            for target in meant
        ]
    return skipped + (asyncio.run(_look(meant, addresses, asked, asking)) if meant else [])


def _nothing(target: _model.Target, kind: str, text: str) -> _model.Observation:
    params = {
        "name": domain_queries.CONTROL.name,
        "type": domain_queries.CONTROL.type,
        "trusted": False,
    }
    job = _model.Job("dns", target.name, "dns", "::", 53, params)
    return _model.observation(job, {}, {"kind": kind, "text": text}, [], {"source": ""})


Asked = t.Sequence[tuple[_model.Target, t.Sequence[Inquiry]]]


def further(inquiries: Asked, asking: Options) -> list[_model.Observation]:
    """Observations of what the DNS says to inquiries that came up on the way."""
    wanted = [(target, asked) for target, asked in inquiries if asked]
    if asking.resolver == DECLINED:
        return [
            _nothing(target, "declined", "the DNS was not asked (dns_resolver: none)")
            for target, _asked in wanted
        ]
    asked = _resolver.servers(asking.resolver, asking.validated)
    if _resolver.DNSPYTHON_IMPORT_ERROR:
        return [_nothing(target, "unavailable", _resolver.MISSING) for target, _asked in wanted]
    if not asked:
        return [
            _nothing(
                target, "unavailable", "this system names no resolver; give one as dns_resolver"
            )
            for target, _asked in wanted
        ]
    return asyncio.run(_further(wanted, _resolver.Resolver(asked))) if wanted else []


async def _further(wanted: Asked, resolver: _resolver.Resolver) -> list[_model.Observation]:
    work = {Book(target, resolver): asked for target, asked in wanted}
    return await _fill(
        list(work),
        resolver,
        lambda book: asyncio.gather(*(book.lead(inquiry) for inquiry in work[book])),
    )


async def _look(
    targets: t.Sequence[_model.Target],
    addresses: t.Mapping[str, t.Sequence[str]],
    asked: t.Sequence[_resolver.Server],
    asking: Options,
) -> list[_model.Observation]:
    resolver = _resolver.Resolver(asked)
    books = [Book(target, resolver) for target in targets]
    return await _fill(
        books, resolver, lambda book: book.fill(addresses.get(book.target.name, ()), asking)
    )


async def _fill(
    books: t.Sequence[Book], resolver: _resolver.Resolver, work: t.Callable[[Book], t.Any]
) -> list[_model.Observation]:
    """Everything that the books want to know, where the resolver answers at all and while there is
    time.
    """
    control = await resolver.ask(domain_queries.CONTROL)
    dead = control["error"] and control["error"]["kind"] in ("timeout", "unreachable")
    if not dead:
        tasks = [asyncio.ensure_future(work(book)) for book in books]
        _done, late = await asyncio.wait(tasks, timeout=DEADLINE)
        for task in late:
            task.cancel()
        for task in _done:
            task.result()
    for book in books:
        book.write(domain_queries.CONTROL, control)
    return [seen for book in books for seen in book.seen.values()]


class Book:
    """What was asked for one target."""

    def __init__(self, target: _model.Target, resolver: _resolver.Resolver) -> None:
        self.target, self.resolver = target, resolver
        self.seen: dict[t.Any, _model.Observation] = {}

    def write(self, question: Question, part: dict[str, t.Any]) -> None:
        """Keep an answer as an observation."""
        job = _model.Job(
            "dns", self.target.name, "dns", part["address"], part["port"], part["params"]
        )
        self.seen[question] = _model.observation(
            job, part["facts"], part["error"], part["transcript"], part["extra"]
        )

    async def fill(self, addresses: t.Sequence[str], asking: Options) -> None:
        """Ask everything, and fetch what the answers lead to."""
        await asyncio.gather(
            *(self.lead(inquiry) for inquiry in domain_queries.inquiries(self.target, addresses))
        )
        jobs = [job for domain in self.target.domains for job in await self._policies(domain)]
        limits = HTTPS._replace(trust_anchors=asking.trust_anchors)
        for job, seen in zip(
            jobs,
            await asyncio.gather(*(observe(mta_sts_fetch.fetch, job, limits, {}) for job in jobs)),
            strict=True,
        ):
            self.seen[job.address, job.params["domain"]] = seen

    async def lead(self, inquiry: Inquiry) -> t.Any:
        """Lead an inquiry to its end, or to where it cannot go on; what it found is left to the
        judges.
        """
        given: t.Any = None
        while True:
            try:
                questions = inquiry.send(given)
            except StopIteration as end:
                return end.value
            except (UnseenError, spf_record.PermError):
                return None
            parts = await asyncio.gather(*(self.resolver.ask(question) for question in questions))
            for question, part in zip(questions, parts, strict=True):
                self.write(question, part)
            given = [domain_queries.answer(self.seen[question]) for question in questions]

    async def _policies(self, domain: str) -> list[_model.Job]:
        """The connections to make for a domain's MTA-STS policy."""
        found = await self.lead(domain_queries.policy_host(domain))
        hosts = (
            [record for answer in found[2] for record in answer.records][:MAX_HOSTS]
            if found
            else []
        )
        params = {"domain": domain, "server_name": "mta-sts." + domain}
        return [
            _model.Job("mta_sts", self.target.name, "https", address, 443, params)
            for address in hosts
        ]
