# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as text for a person at a terminal: worst first, what could happen, what was said, what to set.

Pure: verdicts in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, WAIVED

from .escaping import CUT, clean
from .grouping import LOOK_ELSEWHERE, Verdict, excerpt, headline, kinds, named, ordered, spoken, subjects, transcript, unseen
from .reproduce import steps

WIDTH = 110
MARKS = {FAIL: "FAIL   ", UNKNOWN: "UNKNOWN", WAIVED: "WAIVED ", PASS: "pass   ", NOT_APPLICABLE: "n/a    "}
#: With more hosts than these a terminal gets the short form.
FLEET = 3
WHERE = (
    "What was said and what to set is in the report that the playbook airtight.mail.audit writes, "
    "or here when no more than %d hosts are audited at once." % FLEET
)


def line(verdict: Verdict) -> str:
    """One verdict in one line."""
    found = subjects(verdict) if verdict["status"] in (FAIL, UNKNOWN, WAIVED) else []
    where = " [%s]" % ", ".join(found) if found else ""
    return "%s %-8s %s: %s%s" % (MARKS[verdict["status"]], verdict["severity"], verdict["check"], verdict["title"], where)


def _paragraph(label: str, words: str) -> list[str]:
    return textwrap.wrap(
        "%-13s%s" % (label, words), WIDTH, subsequent_indent=" " * 17, initial_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _block(label: str, lines: t.Sequence[str]) -> list[str]:
    """Lines that are not wrapped but cut."""
    cut = [words if len(words) <= WIDTH - 17 else words[: WIDTH - 17] + CUT for words in lines]
    return ["    %-13s%s" % (label if number == 0 else "", words) for number, words in enumerate(cut)]


def details(verdict: Verdict, verbose: bool) -> list[str]:
    """A verdict with its reason, the conversation and the remedy."""
    lines = [line(verdict)]
    lines += _paragraph("seen", verdict["sentence"])
    if verdict["status"] == WAIVED:
        return lines + _paragraph("waived", "%s (until %s)" % (verdict["waived"]["justification"], verdict["waived"]["expiration_date"]))
    lines += _paragraph("what can be", verdict["rationale"])
    lines += _block("conversation", [spoken(entry) for entry in excerpt(transcript(verdict), verdict["sentence"])])
    lines += _paragraph("what to set", verdict["remedy"])
    lines += _paragraph("by hand", verdict["by_hand"])
    if verbose:
        again = steps(verdict)
        if again:
            lines += ["    %-13s%s" % ("see it again", again.command), *_block("", ["    " + words for words in again.lines])]
        lines += _paragraph("read", " ".join(verdict["references"]))
    return lines


def _silent(reason: str, count: int) -> list[str]:
    """All that there is to say of a host that said nothing."""
    lines = ["UNKNOWN          Nothing was seen of this host, so %d checks are unknown." % count]
    return [*lines, *_paragraph("seen", reason), *_paragraph("what to do", LOOK_ELSEWHERE), ""]


def text(verdicts: t.Iterable[Verdict], verbose: bool = False) -> str:
    """The report for a terminal; verbose adds how to see it again, where to read more, what passed and what does not apply."""
    items = ordered(clean(list(verdicts)))
    hosts: dict[str, list[Verdict]] = {}
    for item in items:
        hosts.setdefault(item["target"], []).append(item)
    lines, silent = [headline(items), ""], unseen(items)
    for host, found in hosts.items():
        lines.append(host)
        if host in silent:
            lines += _silent(silent[host], sum(item["status"] == UNKNOWN for item in found))
        for item in found:
            if item["status"] in (FAIL, UNKNOWN, WAIVED) and not (item["status"] == UNKNOWN and host in silent):
                lines += [*details(item, verbose), ""]
        rest = [item for item in found if item["status"] in (PASS, NOT_APPLICABLE)]
        if verbose:
            lines += [*(line(item) for item in rest), ""]
        elif rest:
            passed = sum(item["status"] == PASS for item in rest)
            lines.append("    %d more passed, %d do not apply." % (passed, len(rest) - passed))
    return "\n".join(lines).rstrip() + "\n"


def _hosts(names: t.Sequence[str]) -> str:
    return "1 host" if len(names) == 1 else "%d hosts" % len(names)


def fleet(verdicts: t.Iterable[Verdict]) -> str:
    """The short report for many hosts: each failure once, with the hosts that have it."""
    items = ordered(clean(list(verdicts)))
    lines = [headline(items), ""]
    for kind in kinds(items, (FAIL, UNKNOWN)):
        first = kind.verdicts[0]
        lines.append("%s %-8s %s: %s" % (MARKS[kind.status], first["severity"], kind.check, first["title"]))
        lines += _paragraph(_hosts(kind.hosts), named(kind.hosts))
    silent = list(unseen(items))
    if silent:
        lines.append("UNKNOWN          Nothing was seen of these hosts, so all of their checks are unknown")
        lines += _paragraph(_hosts(silent), named(silent))
    return "\n".join([*lines, "", *textwrap.wrap(WHERE, WIDTH)]) + "\n"


def terminal(verdicts: t.Sequence[Verdict]) -> str:
    """The whole report for a few hosts, the short one for a fleet."""
    return fleet(verdicts) if len({item["target"] for item in verdicts}) > FLEET else text(verdicts)
