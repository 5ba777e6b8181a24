# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates each target of an auditing task as soon as all of it was seen.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._checks import base, evaluate
from .._dns import scan
from . import dns_queries as _dns_queries
from . import mx as _mx
from . import result as _result
from . import targets as _targets

if t.TYPE_CHECKING:
    from .store import ObservationStore

Observations = list[_model.Observation]
#: Targets that are evaluated at once, since each waits for the DNS.
AT_ONCE = 20


def _at_once(work: t.Callable[..., None], *arguments: t.Iterable[t.Any]) -> None:
    """Do some work for each target in threads, for which an exception here does not wait."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        list(pool.map(work, *arguments))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Seen(t.NamedTuple):
    """What a vantage saw of one target."""

    observations: Observations
    addresses: list[str]


class Evaluation:
    """The verdicts of a run, by the key of the target, and what else its result needs.

    host_config: the observation of each host's own configuration, by key. now: the time of judging.
    store: keeps all observations, where they are needed after the verdicts.
    domains: whether a target that took no connection may be a domain; such a target is put aside.
    """

    def __init__(
        self,
        args: t.Mapping[str, t.Any],
        host_config: t.Mapping[str, _model.Observation],
        now: datetime.datetime,
        store: ObservationStore | None,
        domains: bool,
    ) -> None:
        self._args, self._host_config, self._now = args, host_config, now
        self._store, self._domains = store, domains
        self.entries: dict[str, _targets.AuditedTarget] = {}
        self._asked_how: dict[str, scan.Options] = {}
        self.aside: dict[str, Seen] = {}
        self.verdicts: dict[str, list[dict[str, t.Any]]] = {}
        self.addresses: dict[str, list[str]] = {}
        self.exceptions: list[str] = []
        self.connections = 0
        self._closed, self._lock = False, threading.Lock()

    def expect(self, entries: t.Sequence[_targets.AuditedTarget]) -> None:
        """Take on some targets; raises ModelError where their DNS cannot be asked."""
        self._asked_how.update(_dns_queries.settings(self._args, entries))
        self.entries.update({entry.target.key: entry for entry in entries})

    def ended(self, key: str, observations: Observations, addresses: list[str]) -> None:
        """Evaluate a target of which the vantage has seen all. May be called by several threads."""
        seen = Seen(observations, addresses)
        if self._is_put_aside(key, seen):
            self.aside[key] = seen
        else:
            self._evaluate(key, seen)

    def all_ended(self, observed: t.Mapping[str, t.Any]) -> None:
        """The same for all targets of a survey. observed: its observations and addresses."""
        by_key: dict[str, Observations] = {key: [] for key in observed["addresses"]}
        for one in observed["observations"]:
            by_key.setdefault(one["target"], []).append(one)
        addresses = [observed["addresses"].get(key, []) for key in by_key]
        _at_once(self.ended, by_key.keys(), by_key.values(), addresses)

    def aside_ended(self, domains: t.Container[str]) -> None:
        """Evaluate the targets that were put aside and are no domains."""
        hosts = {key: seen for key, seen in self.aside.items() if key not in domains}
        _at_once(self._evaluate, hosts.keys(), hosts.values())

    def unfinished(self, sentence: str) -> bool:
        """Let all be unknown of each target that has no verdicts, for this reason, whatever its
        threads may still find; returns whether there is one.
        """
        with self._lock:
            self._closed = True
        missing = {
            key: evaluate.unfinished(self._context(entry, [], []), entry.chosen, sentence)
            for key, entry in self.entries.items()
            if key not in self.verdicts
        }
        self.verdicts.update(missing)
        return bool(missing)

    def _is_put_aside(self, key: str, seen: Seen) -> bool:
        entry = self.entries[key]
        return self._domains and bool(_mx.perhaps_domains([entry], seen.observations))

    def _evaluate(self, key: str, seen: Seen) -> None:
        entry = self.entries[key]
        observations = [*seen.observations, *self._dns(entry, seen)]
        if "host" in entry.groups and key in self._host_config:
            observations.append(self._host_config[key])
        context = self._context(entry, observations, seen.addresses)
        verdicts = evaluate.evaluate(context, entry.chosen, entry.waived)
        with self._lock:
            if not self._closed:
                self._keep(key, verdicts, observations, seen.addresses)

    def _context(
        self, entry: _targets.AuditedTarget, observations: Observations, addresses: list[str]
    ) -> base.AuditContext:
        return base.AuditContext(
            entry.target,
            tuple(observations),
            entry.rules,
            self._now,
            tuple(addresses),
            entry.options["vantage_untrusted"],
            tuple(entry.options["opt_in"]),
        )

    def _keep(
        self,
        key: str,
        verdicts: list[dict[str, t.Any]],
        observations: Observations,
        addresses: list[str],
    ) -> None:
        if self._store:
            self._store.add(key, observations)
        self.verdicts[key] = verdicts
        self.addresses[key] = addresses
        self.exceptions += evaluate.exceptions(verdicts, observations)
        self.connections += sum(map(_result.connection_count, observations))

    def _dns(self, entry: _targets.AuditedTarget, seen: Seen) -> Observations:
        """What the DNS says of a target; an exception costs that, and no other target."""
        options = self._asked_how[entry.target.key]
        try:
            return _dns_queries.observe(entry, options, seen.observations, seen.addresses)
        except Exception as exc:
            return [scan.lost(entry.target, f"the lookups ended with {_model.exception_text(exc)}")]
