# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observes the DNS of targets from the controller: runs the lookups, and fetches the MTA-STS
policies that they lead to.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._scan.connection import Limits
from ansible_collections.airtight.mail.plugins.module_utils._scan.scanner import observe

from . import domain_queries, mta_sts_fetch, spf_record, target_queries
from . import resolver as _resolver
from .fields import RecordError
from .queries import Answer, Lookup, Question, UnseenError, follow, stored_answer

DECLINED = "none"
#: Seconds for the lookups and fetches of one target, and how many targets are looked up at a time.
DEADLINE = 60.0
TARGETS_AT_ONCE = 20
HTTPS = Limits(connect=5.0, reply=10.0, probe=20.0)
#: Addresses of one policy host that are connected to.
MAX_ADDRESSES = 4
_NO_RESOLVER = "this system names no resolver; give one as dns_resolver"
_NO_DOMAIN = (
    "no domain is declared (domains), so the DNS was not asked; it is when the group dns is "
    "requested"
)


class Options(t.NamedTuple):
    """resolver: its address, or DECLINED to ask none. validated: whether its AD flag is trusted.
    trust_anchors: PEM, for HTTPS.

    without_domain: whether targets without a domain are looked up too, as when the group dns is
    requested.
    """

    resolver: str = ""
    validated: bool = False
    trust_anchors: str = ""
    without_domain: bool = True


def options(
    resolver: str, validated: bool, trust_anchors: str, without_domain: bool = True
) -> Options:
    """Options of a run; raises ModelError for an invalid resolver before anything is observed."""
    if resolver != DECLINED:
        _resolver.servers(resolver, validated)
    return Options(resolver, validated, trust_anchors.strip(), without_domain)


def observe_targets(
    targets: t.Sequence[_target.Target],
    addresses: t.Mapping[str, t.Sequence[str]],
    settings: Options,
) -> list[_model.Observation]:
    """Observations of the DNS of some targets, and of the policies that it names."""
    if settings.resolver == DECLINED:
        return _unavailable(targets, settings)
    chosen = [target for target in targets if target.domains or settings.without_domain]
    skipped = [_none(target, "declined", _NO_DOMAIN) for target in targets if target not in chosen]
    nameservers = _resolver.servers(settings.resolver, settings.validated)
    if _resolver.DNSPYTHON_IMPORT_ERROR or not nameservers:
        return skipped + _unavailable(chosen, settings)
    if not chosen:
        return skipped
    return skipped + asyncio.run(_observe_targets(chosen, addresses, nameservers, settings))


def observe_lookups(
    planned: t.Sequence[tuple[_target.Target, t.Sequence[Lookup]]], settings: Options
) -> list[_model.Observation]:
    """Observations of lookups that other observations led to."""
    planned = [(target, lookups) for target, lookups in planned if lookups]
    nameservers: list[_resolver.Server] = []
    if settings.resolver != DECLINED:
        nameservers = _resolver.servers(settings.resolver, settings.validated)
    if _resolver.DNSPYTHON_IMPORT_ERROR or not nameservers:
        return _unavailable([target for target, _lookups in planned], settings)
    return asyncio.run(_observe_lookups(planned, nameservers)) if planned else []


def _unavailable(
    targets: t.Sequence[_target.Target], settings: Options
) -> list[_model.Observation]:
    """One observation for each target that says why the DNS was not asked."""
    kind, text = "unavailable", _NO_RESOLVER
    if settings.resolver == DECLINED:
        kind, text = "declined", "the DNS was not asked (dns_resolver: none)"
    elif _resolver.DNSPYTHON_IMPORT_ERROR:
        text = _resolver.MISSING
    return [_none(target, kind, text) for target in targets]


def _none(target: _target.Target, kind: str, text: str) -> _model.Observation:
    params = {**domain_queries.CONTROL._asdict(), "trusted": False}
    job = _model.Job("dns", target.key, "dns", "::", 53, params)
    return _model.observation(job, {}, {"kind": kind, "text": text}, [], {"source": ""})


def lost(target: _target.Target, text: str) -> _model.Observation:
    """The observation that an exception ended something."""
    params = {"name": "", "type": "", "trusted": False}
    job = _model.Job("dns", target.key, "dns", "::", 53, params)
    return _model.observation(
        job, {}, {"kind": "exception", "text": text}, [["*", text]], {"source": ""}
    )


async def _observe_targets(
    targets: t.Sequence[_target.Target],
    addresses: t.Mapping[str, t.Sequence[str]],
    nameservers: t.Sequence[_resolver.Server],
    settings: Options,
) -> list[_model.Observation]:
    resolver = _resolver.Resolver(nameservers)
    books = [AnswerBook(target, resolver) for target in targets]
    return await _filled(
        books, resolver, lambda book: book.fill(addresses.get(book.target.key, ()), settings)
    )


async def _observe_lookups(
    planned: t.Sequence[tuple[_target.Target, t.Sequence[Lookup]]],
    nameservers: t.Sequence[_resolver.Server],
) -> list[_model.Observation]:
    resolver = _resolver.Resolver(nameservers)
    by_book = {AnswerBook(target, resolver): lookups for target, lookups in planned}
    return await _filled(list(by_book), resolver, lambda book: book.run_all(by_book[book]))


async def _filled(
    books: t.Sequence[AnswerBook],
    resolver: _resolver.Resolver,
    fill: t.Callable[[AnswerBook], t.Coroutine[t.Any, t.Any, t.Any]],
) -> list[_model.Observation]:
    """The observations of some books, each filled until its own deadline, if the resolver
    answers at all.
    """
    control = await resolver.ask(domain_queries.CONTROL)
    silent = control["error"] and control["error"]["kind"] in ("timeout", "unreachable")
    if not silent:
        places = asyncio.Semaphore(TARGETS_AT_ONCE)
        await asyncio.gather(*(_fill_in_time(book, fill(book), places) for book in books))
    for book in books:
        book.write(domain_queries.CONTROL, control)
    return [observation for book in books for observation in book.observations.values()]


async def _fill_in_time(
    book: AnswerBook, filling: t.Coroutine[t.Any, t.Any, t.Any], places: asyncio.Semaphore
) -> None:
    """Fill one book until its deadline; an exception costs nothing but the rest of this book."""
    async with places:
        try:
            await asyncio.wait_for(filling, DEADLINE)
        except TimeoutError:
            return
        except Exception as exc:
            book.lost(f"the lookups ended with {_model.exception_text(exc)}")


class AnswerBook:
    """The observations of one target: answers by question, fetches by address and domain."""

    def __init__(self, target: _target.Target, resolver: _resolver.Resolver) -> None:
        self.target, self.resolver = target, resolver
        self.observations: dict[tuple[str, str], _model.Observation] = {}

    def write(self, question: Question, part: dict[str, t.Any]) -> None:
        """Store an answer as an observation."""
        job = _model.Job(
            "dns", self.target.key, "dns", part["address"], part["port"], part["params"]
        )
        self.observations[question] = _model.observation(
            job, part["facts"], part["error"], part["transcript"], part["extra"]
        )

    def lost(self, text: str) -> None:
        """Store that an exception ended something."""
        self.observations["exception", text] = lost(self.target, text)

    async def fill(self, addresses: t.Sequence[str], settings: Options) -> None:
        """Run every lookup about the target, and fetch the policies that the answers lead to."""
        await self.run_all(target_queries.lookups(self.target, addresses))
        jobs = [job for domain in self.target.domains for job in await self._fetches(domain)]
        limits = HTTPS._replace(trust_anchors=settings.trust_anchors)
        fetched = await asyncio.gather(
            *(observe(mta_sts_fetch.fetch, job, limits, {}) for job in jobs)
        )
        for job, observation in zip(jobs, fetched, strict=True):
            self.observations[job.address, job.params["domain"]] = observation

    async def run_all(self, lookups: t.Sequence[Lookup]) -> None:
        """Run some lookups at the same time."""
        await asyncio.gather(*(self.run(lookup) for lookup in lookups))

    async def run(self, lookup: Lookup) -> t.Any:
        """The result of a lookup; None if it cannot go on, which evaluators will notice too."""
        try:
            return await follow(lookup, self._answers)
        except (UnseenError, RecordError, spf_record.PermError):
            return None
        except Exception as exc:
            self.lost(f"a lookup ended with {_model.exception_text(exc)}")
            return None

    async def _answers(self, questions: list[Question]) -> list[Answer]:
        parts = await asyncio.gather(*(self.resolver.ask(question) for question in questions))
        for question, part in zip(questions, parts, strict=True):
            self.write(question, part)
        return [stored_answer(self.observations[question]) for question in questions]

    async def _fetches(self, domain: str) -> list[_model.Job]:
        """The connections to make for the MTA-STS policy of a domain."""
        found = await self.run(domain_queries.mta_sts(domain))
        records = [record for answer in found[2] for record in answer.records] if found else []
        params = {"domain": domain, "server_name": f"mta-sts.{domain}"}
        return [
            _model.Job("mta_sts", self.target.key, "https", address, 443, params)
            for address in records[:MAX_ADDRESSES]
        ]
