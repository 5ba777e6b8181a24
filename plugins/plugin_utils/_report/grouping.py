# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order verdicts are told, how many names are named, and which part of a conversation matters.

Pure: verdicts in, parts of a report out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, SEVERITIES, STATUSES, UNKNOWN

Verdict = t.Mapping[str, t.Any]
Transcript = t.Sequence[t.Sequence[str]]
#: How many names a sentence lists before it only counts.
NAMED = 5
#: How much of a conversation is shown before and after the line that decided.
BEFORE, AFTER = 4, 1
#: What to do about a host of which nothing was seen.
LOOK_ELSEWHERE = (
    "See that the name is right and the host is up. Many networks let nobody connect to port 25: look from a host elsewhere "
    "(audit_vantage, or delegate_to for a task of your own)."
)
_REPLY = re.compile(r"\d{3}( |$)")
_SUBJECT = re.compile(r"(?P<service>[a-z0-9]+) \[?(?P<address>[0-9A-Fa-f:.]+)\]?:(?P<port>\d{1,5})$")


class Endpoint(t.NamedTuple):
    """Where a finding was made."""

    service: str
    address: str
    port: int

    @property
    def host(self) -> str:
        """The address as it is written before a port (RFC 3986 section 3.2.2)."""
        return "[%s]" % self.address if ":" in self.address else self.address


class Kind(t.NamedTuple):
    """One check with one status, on all hosts that have it."""

    status: str
    check: str
    verdicts: list[Verdict]

    @property
    def hosts(self) -> list[str]:
        """Names of the targets."""
        return [str(item["target"]) for item in self.verdicts]


def ordered(verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """Worst first, then the gravest, then by target."""
    return sorted(verdicts, key=lambda item: (STATUSES.index(item["status"]), SEVERITIES.index(item["severity"]), item["target"]))


def apart(verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """Verdicts from named vantages as those of hosts whose names say from where, so that several can stand side by side."""
    return [
        {**item, "host": item["target"], "target": "%s (from %s)" % (item["target"], item["vantage"])} if item.get("vantage") else item
        for item in verdicts
    ]


def kinds(verdicts: t.Iterable[Verdict], statuses: t.Container[str]) -> list[Kind]:
    """Verdicts by status and check, worst first; the check that most hosts fail before others as grave. Silent hosts are left out."""
    items = ordered(verdicts)
    silent = unseen(items)
    found: dict[tuple[str, str], list[Verdict]] = {}
    for item in items:
        if item["status"] in statuses and not (item["status"] == UNKNOWN and item["target"] in silent):
            found.setdefault((item["status"], item["check"]), []).append(item)
    grouped = [Kind(status, check, items) for (status, check), items in found.items()]
    return sorted(
        grouped, key=lambda kind: (STATUSES.index(kind.status), SEVERITIES.index(kind.verdicts[0]["severity"]), -len(kind.verdicts))
    )


def unseen(verdicts: t.Iterable[Verdict]) -> dict[str, str]:
    """The hosts that never said a word, with the fullest reason; all that is unknown of them has this one cause."""
    silent: dict[str, str] = {}
    heard = set()
    for item in verdicts:
        if item["status"] in (FAIL, PASS) or any(who == "S" for entry in item["evidence"] for who, _words in entry["transcript"]):
            heard.add(item["target"])
        elif item["status"] == UNKNOWN:
            silent[item["target"]] = max(silent.get(item["target"], ""), item["sentence"], key=len)
    return {host: reason for host, reason in silent.items() if host not in heard}


def named(hosts: t.Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    if len(hosts) <= NAMED + 1:
        return ", ".join(hosts)
    return "%s and %d more" % (", ".join(hosts[:NAMED]), len(hosts) - NAMED)


def headline(verdicts: t.Sequence[Verdict]) -> str:
    """One sentence for everything: who is fine, who is not."""
    hosts = list(dict.fromkeys(item["target"] for item in verdicts))
    failed = {item["target"] for item in verdicts if item["status"] == FAIL}
    unseen = {item["target"] for item in verdicts if item["status"] == UNKNOWN} - failed
    bad, blind = [host for host in hosts if host in failed], [host for host in hosts if host in unseen]
    counts = ", ".join("%d %s" % (sum(item["status"] == status for item in verdicts), status.replace("_", " ")) for status in STATUSES)
    if not hosts:
        words = "Nothing was judged."
    elif bad:
        words = "%d of %d hosts failed: %s." % (len(bad), len(hosts), named(bad))
        words += " Not everything was seen on %s." % named(blind) if blind else ""
    elif blind:
        words = "Nothing failed, but not everything was seen on %s." % named(blind)
    else:
        words = "%s compliant." % ("The host is" if len(hosts) == 1 else "All %d hosts are" % len(hosts))
    return "%s (%s)" % (words, counts)


def was(verdict: Verdict) -> str:
    """The status before a waiver."""
    return str(verdict.get("waived", {}).get("was", verdict["status"]))


def deciding(verdict: Verdict) -> list[t.Mapping[str, t.Any]]:
    """The evidence that made the verdict what it is."""
    return [entry for entry in verdict["evidence"] if entry["status"] == was(verdict)]


def subjects(verdict: Verdict) -> list[str]:
    """Where that evidence was found."""
    return list(dict.fromkeys(entry["subject"] for entry in deciding(verdict) if entry["subject"]))


def transcript(verdict: Verdict) -> Transcript:
    """The first conversation of that evidence."""
    return next((entry["transcript"] for entry in deciding(verdict) if entry["transcript"]), [])


def endpoint(subject: str) -> Endpoint | None:
    """A subject such as C(smtp [2001:db8::25]:25) in its parts; None for one that is no service at an address and port."""
    found = _SUBJECT.match(subject)
    return Endpoint(found["service"], found["address"], int(found["port"])) if found else None


def commands(lines: Transcript) -> dict[int, int]:
    """For each last line of a reply the number of the line that it answers, also where several were sent at once (RFC 2920)."""
    waiting: list[int] = []
    found = {}
    for index, (who, words) in enumerate(lines):
        if who == "C":
            waiting.append(index)
        elif who == "S" and waiting and _REPLY.match(words):
            found[index] = waiting.pop(0)
    return found


def _likeness(lines: Transcript, index: int, sentence: str, command: int | None) -> tuple[bool, int, int, bool]:
    """How well a line fits a sentence: as the answer it quotes, by length, by what was asked last, and for which sender."""
    _before, _word, answer = sentence.partition(" answered ")
    words = lines[index][1]
    quoted = max((part for part in (words.strip(), words[4:].strip()) if len(part) > 2 and part in sentence), key=len, default="")
    if lines[index][0] == "C" or not quoted:
        return False, 0, 0, False
    asked = [said for who, said in lines[: command + 1] if who == "C"] if command is not None else []
    sender = next((said for said in reversed(asked) if said.upper().startswith("MAIL FROM:")), "")
    place = sentence.rfind(asked[-1]) if asked else -1
    return bool(answer) and answer.startswith(quoted), len(quoted), place, sender in sentence


def decided(lines: Transcript, sentence: str) -> int:
    """The number of the line that the sentence quotes; the last one where it quotes none."""
    asked = commands(lines)
    ranks = [_likeness(lines, index, sentence, asked.get(index)) for index in range(len(lines))]
    best = max(ranks, default=(False, 0, 0, False))
    return ranks.index(best) if best[1] else len(lines) - 1


def excerpt(lines: Transcript, sentence: str) -> list[t.Sequence[str]]:
    """The part of a conversation around the line that decided."""
    at = decided(lines, sentence)
    return list(lines[max(0, at - BEFORE) : at + AFTER + 1])


def spoken(line: t.Sequence[str]) -> str:
    """A line of a conversation: > we said, < the server said, * what happened."""
    return "%s %s" % ({"C": ">", "S": "<"}.get(line[0], "*"), line[1])
