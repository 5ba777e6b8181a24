# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of verdicts in a report, their groups by check, and the headline.

Pure: verdicts in, parts of a report out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    SEVERITIES,
    STATUSES,
    UNKNOWN,
)

from .._checks.causes import HOST_SILENT
from . import evidence
from .causes import OF_SILENT_TARGETS, Cause, Followers, caused_by, causes, followers, notices

#: Stands in one place, and every form uses it.
Verdict = evidence.Verdict
#: The statuses that a reader has to do something about.
OPEN = (FAIL, UNKNOWN)
#: How many names a sentence lists before it only counts.
MAX_NAMES = 5


class CheckGroup(t.NamedTuple):
    """The verdicts of one check with one status, one for each host."""

    status: str
    check: str
    verdicts: list[Verdict]

    @property
    def first(self) -> Verdict:
        """A verdict with the texts that all of them share."""
        return self.verdicts[0]

    @property
    def hosts(self) -> list[str]:
        """Names of the targets."""
        return [str(verdict["target"]) for verdict in self.verdicts]


def status_words(status: str) -> str:
    """A status as reports write it."""
    return status.replace("_", " ")


def count_words(count: int, noun: str) -> str:
    """A number with its noun: 1 finding, 2 findings."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sorted_verdicts(verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """What fails or is unknown by severity, then the rest by status; gravest first, then by
    target.
    """
    return sorted(verdicts, key=lambda item: (*_rank(item), item["target"]))


def kind(verdict: Verdict) -> str:
    """What verdicts of one check are grouped by: the status, or that something is suspected."""
    return "suspected" if evidence.suspected(verdict) else str(verdict["status"])


def _rank(verdict: Verdict) -> tuple[int, int, int, bool]:
    status, severity = STATUSES.index(verdict["status"]), SEVERITIES.index(verdict["severity"])
    if verdict["status"] in OPEN:
        return 0, severity, status, not evidence.suspected(verdict)
    return 1, status, severity, False


def with_vantage_in_target(verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """Verdicts whose target names the vantage, which tells a host seen from two of them apart.

    The name of the host itself is kept in C(host).
    """
    return [
        {
            **verdict,
            "host": verdict["target"],
            "target": f"{verdict['target']} (from {verdict['vantage']})",
        }
        if verdict.get("vantage")
        else verdict
        for verdict in verdicts
    ]


def check_groups(verdicts: t.Iterable[Verdict], statuses: t.Container[str]) -> list[CheckGroup]:
    """Verdicts with some statuses by status and check, worst first, then by how many hosts have it.

    What is unknown of a silent host or for another cause is left out.
    """
    items = sorted_verdicts(verdicts)
    found: dict[tuple[str, str], list[Verdict]] = {}
    for item in without_followers(items):
        if item["status"] in statuses:
            found.setdefault((kind(item), item["check"]), []).append(item)
    groups = [
        CheckGroup(members[0]["status"], check, members)
        for (_kind, check), members in found.items()
    ]

    return sorted(groups, key=lambda group: (*_rank(group.first), -len(group.verdicts)))


def without_followers(verdicts: t.Sequence[Verdict]) -> list[Verdict]:
    """The verdicts without those that a report shows beneath their cause."""
    silent = silent_hosts(verdicts)
    folded = {id(item) for members in followers(verdicts).values() for item in members}
    return [
        item
        for item in verdicts
        if id(item) not in folded and not (item["status"] == UNKNOWN and item["target"] in silent)
    ]


def shown_causes(verdicts: t.Sequence[Verdict]) -> list[Cause]:
    """The causes that are no checks, without that of a silent host, which has its own place."""
    silent = silent_hosts(verdicts)
    return [
        cause
        for cause in causes(verdicts)
        if cause.name != HOST_SILENT or cause.target not in silent
    ]


def followers_of(verdict: Verdict, followed: Followers) -> list[Verdict]:
    """What follows from a verdict on the same target."""
    return followed.get((verdict["target"], verdict["check"]), [])


def verdicts_by_host(verdicts: t.Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Verdicts by target, in the given order."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict["target"], []).append(verdict)
    return found


def status_counts(verdicts: t.Sequence[Verdict]) -> dict[str, int]:
    """How many verdicts have each status, worst first."""
    counts = collections.Counter(verdict["status"] for verdict in verdicts)
    return {status: counts[status] for status in STATUSES}


def worst_status(verdicts: t.Iterable[Verdict]) -> str:
    """The status that decides about a host; of at least one verdict."""
    return min((verdict["status"] for verdict in verdicts), key=STATUSES.index)


def silent_hosts(verdicts: t.Iterable[Verdict]) -> dict[str, str]:
    """The hosts of which nothing at all is known, each with the longest reason."""
    silent: dict[str, str] = {}
    heard = set()
    for verdict in verdicts:
        if verdict["status"] in (FAIL, PASS) or _has_reply(verdict):
            heard.add(verdict["target"])
        elif verdict["status"] == UNKNOWN:
            reasons = (silent.get(verdict["target"], ""), verdict["sentence"])
            silent[verdict["target"]] = max(reasons, key=len)
    return {host: reason for host, reason in silent.items() if host not in heard}


def _has_reply(verdict: Verdict) -> bool:
    return any(
        caused_by(entry) not in OF_SILENT_TARGETS
        or any(who == "S" for who, _text in entry["transcript"])
        for entry in verdict["evidence"]
    )


def name_list(names: t.Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    if len(names) <= MAX_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MAX_NAMES])} and {len(names) - MAX_NAMES} more"


def headline_sentence(verdicts: t.Sequence[Verdict]) -> str:
    """Which hosts are compliant and which are not, in one or two sentences; those with the gravest
    findings first.
    """
    ranked = [
        verdict
        for status in OPEN
        for verdict in sorted_verdicts(item for item in verdicts if item["status"] == status)
    ]
    hosts = list(dict.fromkeys(verdict["target"] for verdict in (*ranked, *verdicts)))
    statuses = {(verdict["target"], verdict["status"]) for verdict in verdicts}
    failed = [host for host in hosts if (host, FAIL) in statuses]
    unknown = [host for host in hosts if host not in failed and (host, UNKNOWN) in statuses]
    if not hosts:
        return "Nothing was audited."
    if failed:
        sentence = (
            f"{len(failed)} of {count_words(len(hosts), 'host')} failed: {name_list(failed)}."
        )
        return f"{sentence} Unknown in part: {name_list(unknown)}." if unknown else sentence
    if unknown:
        return f"Nothing failed, but not everything is known of {name_list(unknown)}."
    return "The host is compliant." if len(hosts) == 1 else f"All {len(hosts)} hosts are compliant."


def counted_headline(verdicts: t.Sequence[Verdict]) -> str:
    """The headline sentence with the number of verdicts of each status."""
    counts = ", ".join(
        f"{count} {status_words(status)}" for status, count in status_counts(verdicts).items()
    )
    return f"{headline_sentence(verdicts)} ({counts})"


def headline(verdicts: t.Sequence[Verdict]) -> str:
    """All that a run says in one line: what has to be known first, then the headline sentence."""
    return " ".join([*notices(verdicts), counted_headline(verdicts)])
