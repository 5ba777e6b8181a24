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

from .._model import FAIL, NOT_APPLICABLE, PASS, SEVERITIES, STATUSES, UNKNOWN, WAIVED

Verdict = t.Mapping[str, t.Any]
WIDTH = 110
MARKS = {FAIL: "FAIL   ", UNKNOWN: "UNKNOWN", WAIVED: "WAIVED ", PASS: "pass   ", NOT_APPLICABLE: "n/a    "}
#: How much of a conversation is shown before and after the line that decided.
BEFORE, AFTER = 4, 1


def ordered(verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """Worst first, then the gravest, then by target."""
    return sorted(verdicts, key=lambda item: (STATUSES.index(item["status"]), SEVERITIES.index(item["severity"]), item["target"]))


def headline(verdicts: t.Sequence[Verdict]) -> str:
    """One sentence for everything: who is fine, who is not."""
    hosts = list(dict.fromkeys(item["target"] for item in verdicts))
    bad = [host for host in hosts if any(item["target"] == host and item["status"] == FAIL for item in verdicts)]
    blind = [host for host in hosts if host not in bad and any(item["target"] == host and item["status"] == UNKNOWN for item in verdicts)]
    counts = ", ".join("%d %s" % (sum(item["status"] == status for item in verdicts), status.replace("_", " ")) for status in STATUSES)
    if not hosts:
        words = "Nothing was judged."
    elif bad:
        words = "%d of %d hosts failed: %s." % (len(bad), len(hosts), ", ".join(bad))
    elif blind:
        words = "Nothing failed, but not everything was seen on %s." % ", ".join(blind)
    else:
        words = "%s compliant." % ("The host is" if len(hosts) == 1 else "All %d hosts are" % len(hosts))
    return "%s (%s)" % (words, counts)


def line(verdict: Verdict) -> str:
    """One verdict in one line."""
    subjects = [
        entry["subject"]
        for entry in verdict["evidence"]
        if entry["status"] == verdict.get("waived", {}).get("was", verdict["status"]) and entry["subject"]
    ]
    where = " [%s]" % ", ".join(subjects) if subjects and verdict["status"] in (FAIL, UNKNOWN, WAIVED) else ""
    return "%s %-8s %s: %s%s" % (MARKS[verdict["status"]], verdict["severity"], verdict["check"], verdict["title"], where)


def _paragraph(label: str, words: str) -> list[str]:
    return textwrap.wrap(
        "%-13s%s" % (label, words), WIDTH, subsequent_indent=" " * 17, initial_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def excerpt(transcript: t.Sequence[t.Sequence[str]], sentence: str) -> list[t.Sequence[str]]:
    """The part of a conversation around the line that the sentence quotes; its end where it quotes none."""
    _before, _word, answer = sentence.partition(" answered ")
    deciding, best = len(transcript) - 1, (False, 0)
    for index, (who, words) in enumerate(transcript):
        for quoted in (words.strip(), words[4:].strip()):
            rank = (bool(answer) and answer.startswith(quoted), len(quoted))
            if who != "C" and len(quoted) > 2 and quoted in sentence and rank > best:
                deciding, best = index, rank
    return list(transcript[max(0, deciding - BEFORE) : deciding + AFTER + 1])


def details(verdict: Verdict, verbose: bool) -> list[str]:
    """A verdict with its reason, the conversation and the remedy."""
    lines = [line(verdict)]
    lines += _paragraph("seen", verdict["sentence"])
    if verdict["status"] == WAIVED:
        return lines + _paragraph("waived", "%s (until %s)" % (verdict["waived"]["justification"], verdict["waived"]["expiration_date"]))
    lines += _paragraph("what can be", verdict["rationale"])
    transcript = verdict["evidence"][0]["transcript"] if verdict["evidence"] else []
    for number, (who, words) in enumerate(excerpt(transcript, verdict["sentence"])):
        lines.append("    %-13s%s %s" % ("conversation" if number == 0 else "", {"C": ">", "S": "<"}.get(who, "*"), words[: WIDTH - 20]))
    lines += _paragraph("what to set", verdict["remedy"])
    lines += _paragraph("by hand", verdict["by_hand"])
    return lines + (_paragraph("read", " ".join(verdict["references"])) if verbose else [])


def text(verdicts: t.Iterable[Verdict], verbose: bool = False) -> str:
    """The report for a terminal; verbose also says where to read more and lists what passed and what does not apply."""
    items = ordered(verdicts)
    lines = [headline(items), ""]
    for host in dict.fromkeys(item["target"] for item in items):
        lines.append(host)
        for item in items:
            if item["target"] == host and item["status"] in (FAIL, UNKNOWN, WAIVED):
                lines += [*details(item, verbose), ""]
        rest = [item for item in items if item["target"] == host and item["status"] in (PASS, NOT_APPLICABLE)]
        if verbose:
            lines += [line(item) for item in rest]
        elif rest:
            passed = sum(item["status"] == PASS for item in rest)
            lines.append("    %d more passed, %d do not apply." % (passed, len(rest) - passed))
    return "\n".join(lines).rstrip() + "\n"
