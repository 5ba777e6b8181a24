# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a verdict: where it was found, and which lines of a conversation decided.

Pure: verdicts in, parts of a report out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import collections
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    SUSPECTED,
    UNKNOWN,
    is_address,
)

Verdict = t.Mapping[str, t.Any]
Evidence = t.Mapping[str, t.Any]
#: How many lines are shown before and after each line that decided, and how many at most.
LINES_BEFORE, LINES_AFTER, MAX_LINES = 4, 1, 16
#: How many lines prove a pass.
MAX_PROOF_LINES = 6
LEFT_OUT = "[...]"
DECISIVE_MARK = " [decisive]"
_SERVICE = re.compile(r"[a-z0-9_]+")
_SPEAKERS = {"C": ">", "S": "<", "*": "*"}
#: How a finding changed since the baseline.
NEW, WORSE, BETTER, UNCHANGED = "new", "worse", "better", "unchanged"


class Endpoint(t.NamedTuple):
    """A service at an address and port."""

    service: str
    address: str
    port: int

    @property
    def host(self) -> str:
        """The address as it is written before a port (RFC 3986 section 3.2.2)."""
        return f"[{self.address}]" if ":" in self.address else self.address

    def __str__(self) -> str:
        return f"{self.service} {self.host}:{self.port}"


class Line(t.NamedTuple):
    """A line of a conversation as reports show it."""

    text: str
    decisive: bool

    @property
    def marked_text(self) -> str:
        """The line for a form without highlighting."""
        return f"{self.text}{DECISIVE_MARK}" if self.decisive else self.text


def status_before_waiver(verdict: Verdict) -> str:
    """The status that the evidence gave."""
    return str(verdict.get("waived", {}).get("was", verdict["status"]))


def waiver_terms(verdict: Verdict) -> str:
    """Why a verdict is waived, who answers for that, and until when."""
    waiver = verdict["waived"]
    owner = f"{waiver['owner']}, " if waiver.get("owner") else ""
    return f"{waiver['justification']} ({owner}until {waiver['expiration_date']})"


def title(verdict: Verdict) -> str:
    """What heads a verdict: what was found or is suspected, else what the check requires."""
    failed = str(verdict["title_failed"])
    if suspected(verdict):
        return f"Suspected: {failed}"
    return (failed if status_before_waiver(verdict) == FAIL else "") or str(verdict["title"])


def headed(verdicts: t.Sequence[Verdict]) -> str:
    """The title of a finding on one or several hosts, and how it changed since the baseline."""
    changed = collections.Counter(
        str(item["change"]) for item in verdicts if item.get("change", UNCHANGED) != UNCHANGED
    )
    words = ", ".join(
        name if count == len(verdicts) else f"{name} on {count} of {len(verdicts)} hosts"
        for name, count in changed.items()
    )
    return f"{title(verdicts[0])} ({words})" if words else title(verdicts[0])


def suspected(verdict: Verdict) -> bool:
    """Whether the host accepted what it should refuse, but perhaps only from this vantage."""
    return status_before_waiver(verdict) == UNKNOWN and any(
        entry.get("reason") == SUSPECTED for entry in deciding_evidence(verdict)
    )


def endpoint(entry: Evidence) -> Endpoint | None:
    """The endpoint of a piece of evidence; None where it is about no endpoint."""
    service, address, port = entry["service"], entry["address"], entry["port"]
    if _SERVICE.fullmatch(service) and is_address(address) and 0 < port < 1 << 16:
        return Endpoint(service, address, port)
    return None


def place(entry: Evidence) -> str:
    """Where evidence was found: an endpoint, a domain, a file; empty for the whole target."""
    return str(entry["subject"] or endpoint(entry) or entry["address"])


def deciding_evidence(verdict: Verdict) -> list[Evidence]:
    """The evidence that has the status of the verdict."""
    status = status_before_waiver(verdict)
    return [entry for entry in verdict["evidence"] if entry["status"] == status]


def places(verdict: Verdict) -> list[str]:
    """Where the deciding evidence was found."""
    return list(dict.fromkeys(place(entry) for entry in deciding_evidence(verdict) if place(entry)))


def transcript_line(line: t.Sequence[str]) -> str:
    """A line of a conversation: > the audit, < the server, * an event."""
    return f"{_SPEAKERS.get(line[0], '*')} {line[1]}"


def _lines(entry: Evidence) -> list[Line]:
    decisive = set(entry["decisive"])
    return [
        Line(transcript_line(line), index in decisive)
        for index, line in enumerate(entry["transcript"])
    ]


def all_lines(verdict: Verdict) -> list[Line]:
    """The first conversation of the deciding evidence."""
    return next((_lines(entry) for entry in deciding_evidence(verdict) if entry["transcript"]), [])


def excerpt(verdict: Verdict) -> list[Line]:
    """The lines that decided and those around them; the last lines where none is named.

    Where there are too many, those around are left out first.
    """
    lines = all_lines(verdict)
    decisive = [index for index, line in enumerate(lines) if line.decisive] or [len(lines) - 1]
    around = [
        index
        for at in decisive
        for index in range(max(0, at - LINES_BEFORE), min(len(lines), at + LINES_AFTER + 1))
    ]
    kept = sorted(list(dict.fromkeys([*decisive, *around]))[:MAX_LINES]) if lines else []
    return _with_gaps(lines, kept)


def _with_gaps(lines: t.Sequence[Line], kept: t.Sequence[int]) -> list[Line]:
    """The kept lines, with a mark wherever lines between them are left out."""
    shown: list[Line] = []
    for position, index in enumerate(kept):
        if position and index > kept[position - 1] + 1:
            shown.append(Line(LEFT_OUT, decisive=False))
        shown.append(lines[index])
    return shown


def proof_lines(verdict: Verdict) -> list[str]:
    """The lines that decided, of each endpoint: what proves a pass."""
    lines = [
        line.text for entry in deciding_evidence(verdict) for line in _lines(entry) if line.decisive
    ]
    unique = list(dict.fromkeys(lines))
    return unique if len(unique) <= MAX_PROOF_LINES else [*unique[:MAX_PROOF_LINES], LEFT_OUT]
