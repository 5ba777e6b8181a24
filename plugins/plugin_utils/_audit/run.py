# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of an auditing task: its targets, their evaluation, the report and the result.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from .. import _host_config
from . import baseline as _baseline
from . import dns_queries as _dns_queries
from . import hosts as _hosts
from . import mx as _mx
from . import options as _options
from . import report_folder as _report_folder
from . import result as _result
from . import targets as _targets
from . import trend as _trend
from .evaluation import Evaluation
from .store import ObservationStore

Entries = list[_targets.AuditedTarget]


class AuditRun:
    """The targets of a task, from what was given of them to what the task returns.

    args: the options of the task, validated. entries: the targets as they were given. preset: the
    checks and groups of a task that has them, where the user does not choose.
    Raises ModelError for options that cannot be used.
    """

    def __init__(
        self,
        args: t.Mapping[str, t.Any],
        entries: t.Sequence[dict[str, t.Any]],
        preset: t.Mapping[str, t.Sequence[str]],
        now: datetime.datetime,
    ) -> None:
        self._args, self._now = args, now
        self.plan = _targets.plan(entries, args, preset, now)
        targets = [entry.target for entry in self.plan.audited]
        host_config = _host_config.host_observations(targets, args.get("host_config"))
        self.audited: Entries = [
            entry._replace(target=_host_config.with_own_selectors(entry.target, observation))
            for entry, observation in zip(self.plan.audited, host_config, strict=True)
        ]
        # Read first, since the reports of this run may take the place of the earlier one.
        self.baseline = _baseline.baseline(args.get("baseline"))
        self.trend = _trend.trend(args.get("trend"))
        self.report = _report_folder.report_folder(args)
        self._store = ObservationStore() if self.report or args["return_observations"] else None
        known = {one["target"]: one for one in host_config}
        domains = not (preset["checks"] or preset["groups"])
        self.evaluation = Evaluation(args, known, now, self._store, domains)
        self.evaluation.expect(self.audited)
        self._interrupted = ""

    def survey_params(self, entries: Entries) -> dict[str, t.Any]:
        """What the vantage is told of some targets."""
        params = {key: self._args[key] for key in _options.SURVEY}
        params["targets"] = [entry.for_vantage() for entry in entries]
        params["observe"] = sorted({group for entry in entries for group in entry.groups})
        return params

    def mx_hosts(self) -> dict[str, Entries]:
        """The MX hosts of each target that is a domain, by its key. They are audited in its place;
        the other targets that were put aside are evaluated.
        """
        aside = [self.evaluation.entries[key] for key in self.evaluation.aside]
        answers = _dns_queries.mx_answers(self._args, aside)
        found = _mx.mx_hosts(self.audited, aside, answers)
        self.evaluation.aside_ended(found)
        added = [entry for hosts in found.values() for entry in hosts]
        self.evaluation.expect(added)
        self.audited = [one for one in self.audited if one.target.key not in found] + added
        return found

    def interrupted(self, name: str) -> None:
        """Go on to the report with what was seen. name: of the signal that ended the run."""
        sentence = f"The audit was ended by {name} before this host was finished."
        self._interrupted = name if self.evaluation.unfinished(sentence) else ""

    def verdicts(self) -> list[dict[str, t.Any]]:
        """All verdicts, target by target, with what changed since the baseline."""
        own = [item for one in self.audited for item in self.evaluation.verdicts[one.target.key]]
        found = own + self.plan.refused_verdicts()
        return self.baseline.marked(found) if self.baseline else found

    def result(self, verdicts: list[dict[str, t.Any]], vantage: str) -> dict[str, t.Any]:
        """What the task returns, once the report is written."""
        evaluation, args = self.evaluation, self._args
        found = _result.result(verdicts, evaluation.connections, args)
        found["unused_waivers"] = self.plan.unused_waivers(verdicts)
        found["expiring_waivers"] = self.plan.expiring_waivers(verdicts)
        given = {entry.target.key: entry.given for entry in self.audited if entry.given}
        found["hosts"] = _hosts.host_results(verdicts, given, args["allow_unknown"])
        if self.baseline:
            found["changes"] = self.baseline.returned(verdicts)
            found["msg"] += f" {found['changes']['msg']}"
        observations = self._observations()
        if args["return_observations"] and not found["failed"]:
            found.update(observations=list(observations), addresses=evaluation.addresses)
        run = self._facts(vantage, found)
        if self.trend:
            run["trend"] = self.trend.added(run, verdicts)
        if self.report:
            found.update(self.report.write(verdicts, run, observations).returned(self.report))
        return found

    def _observations(self) -> _report_folder.Observations:
        keys = [entry.target.key for entry in self.audited]
        return self._store.ordered(keys) if self._store else ()

    def _facts(self, vantage: str, found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """What the report says of the run."""
        policies = [entry.options["policy"] for entry in self.audited] or [self._args["policy"]]
        return {
            **_report_folder.run_facts(vantage, policies, self._now),
            "outcome": found["outcome"],
            **({"interrupted": self._interrupted} if self._interrupted else {}),
            **({"changes": found["changes"]} if "changes" in found else {}),
            "unused_waivers": found["unused_waivers"],
            "expiring_waivers": found["expiring_waivers"],
        }
