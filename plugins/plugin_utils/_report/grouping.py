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

Verdict = t.Mapping[str, t.Any]
#: How many names a sentence lists before it only counts.
MAX_NAMES = 5
#: What to do about a host that answered nothing.
SILENT_HOST_ADVICE = (
    "Check the name, and that the host is up. Many networks block connections to port 25: "
    "audit from another host (audit_vantage, or delegate_to for a task of your own)."
)


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
    """Verdicts by status, then by severity, worst first, then by target."""

    def rank(verdict: Verdict) -> tuple[int, int, str]:
        return (
            STATUSES.index(verdict["status"]),
            SEVERITIES.index(verdict["severity"]),
            verdict["target"],
        )

    return sorted(verdicts, key=rank)


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

    What is unknown of a silent host is left out.
    """
    items = sorted_verdicts(verdicts)
    silent = silent_hosts(items)
    found: dict[tuple[str, str], list[Verdict]] = {}
    for item in items:
        if item["status"] in statuses and not (
            item["status"] == UNKNOWN and item["target"] in silent
        ):
            found.setdefault((item["status"], item["check"]), []).append(item)
    groups = [CheckGroup(status, check, members) for (status, check), members in found.items()]

    def rank(group: CheckGroup) -> tuple[int, int, int]:
        severity = SEVERITIES.index(group.first["severity"])
        return STATUSES.index(group.status), severity, -len(group.verdicts)

    return sorted(groups, key=rank)


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


def silent_hosts(verdicts: t.Iterable[Verdict]) -> dict[str, str]:
    """The hosts that sent nothing, each with the longest reason: the cause of all its unknowns."""
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
    return any(who == "S" for entry in verdict["evidence"] for who, _text in entry["transcript"])


def name_list(names: t.Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    if len(names) <= MAX_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MAX_NAMES])} and {len(names) - MAX_NAMES} more"


def headline_sentence(verdicts: t.Sequence[Verdict]) -> str:
    """Which hosts are compliant and which are not, in one or two sentences."""
    hosts = list(dict.fromkeys(verdict["target"] for verdict in verdicts))
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


def headline(verdicts: t.Sequence[Verdict]) -> str:
    """The headline sentence with the number of verdicts of each status."""
    counts = ", ".join(
        f"{count} {status_words(status)}" for status, count in status_counts(verdicts).items()
    )
    return f"{headline_sentence(verdicts)} ({counts})"
