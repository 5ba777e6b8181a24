# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of an HTML page as plain data for its template.

Control characters of servers and users are made visible in what is shown, and in nothing else:
most verdicts of a fleet are only counted.
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

from .causes import Cause, CauseGroup, Followers, followers
from .escaping import visible, visible_data
from .evidence import all_lines, deciding_evidence, excerpt, headed, place, places
from .fixes import fixes_of_all
from .grouping import (
    OPEN,
    CheckGroup,
    Verdict,
    check_groups,
    count_words,
    followers_of,
    kind,
    shown_causes,
    silent_hosts,
    sorted_verdicts,
    status_words,
)
from .links import check_page, host_id
from .reproduce import reproduction

Data = dict[str, t.Any]
Shown = t.TypeVar("Shown")
#: With more hosts than these the evidence of each is folded.
MAX_HOSTS_UNFOLDED = 3
#: How many different sentences of a finding are shown where the rest is on the pages of the hosts.
MAX_EXAMPLES = 3
#: The evidence of what has no conversation.
_NO_CONVERSATION: Data = {"places": [], "excerpt": [], "whole": [], "others": [], "reproduce": None}
ICONS = {FAIL: "✖", UNKNOWN: "?", WAIVED: "‖", PASS: "✔", NOT_APPLICABLE: "○"}


class Found(t.NamedTuple):
    """Verdicts, sorted, and what stands together in a report."""

    items: list[Verdict]
    groups: list[CheckGroup]
    followed: Followers
    causes: list[Cause]
    silent: dict[str, str]


def found_in(verdicts: t.Iterable[Verdict]) -> Found:
    """Verdicts in the order and the groups of a report."""
    items = sorted_verdicts(verdicts)
    return Found(
        items,
        check_groups(items, OPEN),
        followers(items),
        shown_causes(items),
        silent_hosts(items),
    )


def badge(status: str, text: str = "") -> Data:
    """A status as icon and words, so that colour is never all there is."""
    return {"status": status, "icon": ICONS[status], "text": text or status_words(status)}


def anchor(verdict: Verdict) -> str:
    """The id of a finding in the page; the same in each run."""
    return f"finding-{kind(verdict)}-{verdict['check']}"


def cause_anchor(group: CauseGroup) -> str:
    """The id of a cause in the page; the same in each run."""
    return f"cause-{group.first.name}"


def by_sentence(
    members: t.Iterable[Shown], sentence: t.Callable[[Shown], str]
) -> list[list[Shown]]:
    """What says the same together; first what most hosts say."""
    found: dict[str, list[Shown]] = {}
    for member in members:
        found.setdefault(sentence(member), []).append(member)
    return sorted(found.values(), key=lambda alike: -len(alike))


def cause(group: CauseGroup, examples: bool) -> Data:
    """A cause that is no check, with what follows from it on the hosts that have it. examples:
    whether one host stands for all that say the same.
    """
    alike = by_sentence(group.causes, lambda one: one.sentence)
    return {
        "anchor": cause_anchor(group),
        "status": UNKNOWN,
        "check": "",
        "severity": group.severity,
        "badge": badge(UNKNOWN, f"{status_words(UNKNOWN)}, {group.severity}"),
        "title": group.first.title,
        "hosts": list(map(visible, group.hosts)),
        "folded": len(group.hosts) > MAX_HOSTS_UNFOLDED,
        "impact": "",
        "fixes": [{"label": "Fix", "text": group.first.advice}],
        "references": [],
        "said": _said(alike, examples, _cause_evidence),
    }


def _cause_evidence(one: Cause) -> Data:
    return {
        **_NO_CONVERSATION,
        **_of_host(one.target),
        "sentence": visible(one.sentence),
        "follows": _follows(one.followers),
    }


def _said(
    alike: t.Sequence[t.Sequence[Shown]], examples: bool, evidence: t.Callable[[Shown], Data]
) -> Data:
    """What was found, by sentence, with the evidence of each host or of one."""
    shown = alike[:MAX_EXAMPLES] if examples else alike
    return {
        "alike": [
            {
                "count": len(members),
                "evidence": [evidence(one) for one in (members[:1] if examples else members)],
            }
            for members in shown
        ],
        "left_out": sum(map(len, alike)) - sum(map(len, shown)),
    }


def _of_host(name: str) -> Data:
    return {"host": visible(name), "id": host_id(name)}


def _follows(members: t.Sequence[Verdict]) -> Data:
    """What could not be made, and how many checks these are."""
    checks = list(dict.fromkeys(visible(item["check"]) for item in members))
    return {"count": count_words(len(checks), "check"), "checks": checks}


def _evidence(raw: Verdict, followed: Followers) -> Data:
    """What was found on one host, how to reproduce it, and what follows from it."""
    verdict: Verdict = visible_data(dict(raw))
    shown, whole = excerpt(verdict), all_lines(verdict)
    others = [
        entry
        for entry in deciding_evidence(verdict)[1:]
        if entry["sentence"] != verdict["sentence"]
    ]
    steps = reproduction(verdict)
    return {
        **_of_host(raw["target"]),
        "follows": _follows(followers_of(raw, followed)),
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


def finding(group: CheckGroup, followed: Followers, examples: bool) -> Data:
    """One check that failed or is unknown, with the hosts that have it. examples: whether one host
    stands for all that say the same.
    """
    first: Verdict = visible_data(dict(group.first))
    alike = by_sentence(group.verdicts, lambda verdict: str(verdict["sentence"]))
    return {
        "anchor": anchor(first),
        "status": group.status,
        "severity": first["severity"],
        "badge": badge(group.status, f"{status_words(group.status)}, {first['severity']}"),
        "check": first["check"],
        "page": check_page(first["check"]),
        "title": visible(headed(group.verdicts)),
        "hosts": list(map(visible, group.hosts)),
        "folded": len(group.hosts) > MAX_HOSTS_UNFOLDED,
        "impact": first["impact"],
        "fixes": [
            {"label": visible(fix.label), "text": visible(fix.text)}
            for fix in fixes_of_all(group.verdicts)
        ],
        "references": [
            {"text": link, "is_link": link.startswith("https://")} for link in first["references"]
        ],
        "said": _said(alike, examples, lambda verdict: _evidence(verdict, followed)),
    }
