# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of an HTML page as plain data for its template.

Pure: verdicts in, data out; the template escapes all of it.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WAIVED,
)

from .causes import CauseGroup, Followers, follow_sentence
from .evidence import all_lines, deciding_evidence, excerpt, headed, place, places
from .fixes import fixes_of_all
from .grouping import CheckGroup, Verdict, followers_of, kind, status_words
from .reproduce import reproduction

Data = dict[str, t.Any]
#: With more hosts than these the evidence of each is folded.
MAX_HOSTS_UNFOLDED = 3
ICONS = {FAIL: "✖", UNKNOWN: "?", WAIVED: "‖", PASS: "✔", NOT_APPLICABLE: "○"}


def badge(status: str, text: str = "") -> Data:
    """A status as icon and words, so that colour is never all there is."""
    return {"status": status, "icon": ICONS[status], "text": text or status_words(status)}


def anchor(verdict: Verdict) -> str:
    """The id of a finding in the page; the same in each run."""
    return f"finding-{kind(verdict)}-{verdict['check']}"


def cause(group: CauseGroup) -> Data:
    """A cause that is no check, with what follows from it on every host that has it."""
    return {
        "anchor": f"cause-{group.first.name}",
        "status": UNKNOWN,
        "badge": badge(UNKNOWN, f"{status_words(UNKNOWN)}, {group.severity}"),
        "title": group.first.title,
        "hosts": group.hosts,
        "folded": len(group.hosts) > MAX_HOSTS_UNFOLDED,
        "advice": group.first.advice,
        "evidence": [
            {
                "host": cause.target,
                "sentence": cause.sentence,
                "follows": follow_sentence(cause.followers),
            }
            for cause in group.causes
        ],
    }


def _evidence(verdict: Verdict, followed: Followers) -> Data:
    """What was found on one host, how to reproduce it, and what follows from it."""
    shown, whole = excerpt(verdict), all_lines(verdict)
    others = [
        entry
        for entry in deciding_evidence(verdict)[1:]
        if entry["sentence"] != verdict["sentence"]
    ]
    steps = reproduction(verdict)
    members = followers_of(verdict, followed)
    return {
        "host": verdict["target"],
        "follows": follow_sentence(members) if members else "",
        "sentence": verdict["sentence"],
        "places": places(verdict),
        "excerpt": shown,
        "whole": whole if len(shown) < len(whole) else [],
        "others": [
            {"place": place(entry) or verdict["target"], "sentence": entry["sentence"]}
            for entry in others
        ],
        "reproduce": {"command": steps.command, "lines": steps.lines} if steps else None,
    }


def finding(group: CheckGroup, followed: Followers) -> Data:
    """One check that failed or is unknown, with every host that has it."""
    first = group.first
    return {
        "anchor": anchor(first),
        "status": group.status,
        "badge": badge(group.status, f"{status_words(group.status)}, {first['severity']}"),
        "check": group.check,
        "title": headed(group.verdicts),
        "hosts": group.hosts,
        "folded": len(group.hosts) > MAX_HOSTS_UNFOLDED,
        "impact": first["impact"],
        "fixes": [{"label": fix.label, "text": fix.text} for fix in fixes_of_all(group.verdicts)],
        "references": [
            {"text": link, "is_link": link.startswith("https://")} for link in first["references"]
        ],
        "evidence": [_evidence(verdict, followed) for verdict in group.verdicts],
    }
