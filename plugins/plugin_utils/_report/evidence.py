# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a verdict: where it was found, and which lines of a conversation decided.

Pure: verdicts in, parts of a report out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from .grouping import Verdict

Evidence = t.Mapping[str, t.Any]
Transcript = t.Sequence[t.Sequence[str]]
#: How many lines of a conversation are shown before and after the line that decided.
LINES_BEFORE, LINES_AFTER = 4, 1
_SPEAKERS = {"C": ">", "S": "<", "*": "*"}
_REPLY = re.compile(r"\d{3}( |$)")
_SUBJECT = re.compile(r"(?P<service>[a-z0-9]+) \[?(?P<address>[0-9A-Fa-f:.]+)\]?:(?P<port>\d{1,5})$")


class Endpoint(t.NamedTuple):
    """A service at an address and port."""

    service: str
    address: str
    port: int

    @property
    def host(self) -> str:
        """The address as it is written before a port (RFC 3986 section 3.2.2)."""
        return f"[{self.address}]" if ":" in self.address else self.address


class Line(t.NamedTuple):
    """A line of a conversation as reports show it."""

    text: str
    decisive: bool


def status_before_waiver(verdict: Verdict) -> str:
    """The status that the evidence gave."""
    return str(verdict.get("waived", {}).get("was", verdict["status"]))


def deciding_evidence(verdict: Verdict) -> list[Evidence]:
    """The evidence that has the status of the verdict."""
    status = status_before_waiver(verdict)
    return [entry for entry in verdict["evidence"] if entry["status"] == status]


def places(verdict: Verdict) -> list[str]:
    """Where the deciding evidence was found: endpoints, domains or hosts."""
    return list(dict.fromkeys(entry["subject"] for entry in deciding_evidence(verdict) if entry["subject"]))


def deciding_transcript(verdict: Verdict) -> Transcript:
    """The first conversation of the deciding evidence."""
    return next((entry["transcript"] for entry in deciding_evidence(verdict) if entry["transcript"]), [])


def parsed_endpoint(subject: str) -> Endpoint | None:
    """The parts of a subject such as C(smtp [2001:db8::25]:25); None for one that is no endpoint."""
    found = _SUBJECT.match(subject)
    return Endpoint(found["service"], found["address"], int(found["port"])) if found else None


def transcript_line(line: t.Sequence[str]) -> str:
    """A line of a conversation: > the audit, < the server, * an event."""
    return f"{_SPEAKERS.get(line[0], '*')} {line[1]}"


def all_lines(verdict: Verdict) -> list[Line]:
    """The whole conversation that decided."""
    lines = deciding_transcript(verdict)
    deciding = deciding_line(lines, verdict["sentence"])
    return [Line(transcript_line(line), index == deciding) for index, line in enumerate(lines)]


def excerpt(verdict: Verdict) -> list[Line]:
    """The part of the conversation around the line that decided."""
    lines = all_lines(verdict)
    deciding = next((index for index, line in enumerate(lines) if line.decisive), 0)
    return lines[max(0, deciding - LINES_BEFORE) : deciding + LINES_AFTER + 1]


def commands_by_reply(lines: Transcript) -> dict[int, int]:
    """For the last line of each reply the line of its command, also where commands were pipelined (RFC 2920)."""
    waiting: list[int] = []
    found = {}
    for index, (who, text) in enumerate(lines):
        if who == "C":
            waiting.append(index)
        elif who == "S" and waiting and _REPLY.match(text):
            found[index] = waiting.pop(0)
    return found


def _similarity(lines: Transcript, index: int, sentence: str, command: int | None) -> tuple[bool, int, int, bool]:
    """How well a line fits a sentence: as its answer, by length, by the last command, by sender."""
    _before, _word, answer = sentence.partition(" answered ")
    text = lines[index][1]
    parts = (text.strip(), text[4:].strip())
    quoted = max((part for part in parts if len(part) > 2 and part in sentence), key=len, default="")
    if lines[index][0] == "C" or not quoted:
        return False, 0, 0, False
    sent = [said for who, said in lines[: command + 1] if who == "C"] if command is not None else []
    sender = next((said for said in reversed(sent) if said.upper().startswith("MAIL FROM:")), "")
    place = sentence.rfind(sent[-1]) if sent else -1
    return bool(answer) and answer.startswith(quoted), len(quoted), place, sender in sentence


def deciding_line(lines: Transcript, sentence: str) -> int:
    """The number of the line that the sentence quotes; the last one where it quotes none."""
    commands = commands_by_reply(lines)
    ranks = [_similarity(lines, index, sentence, commands.get(index)) for index in range(len(lines))]
    best = max(ranks, default=(False, 0, 0, False))
    return ranks.index(best) if best[1] else len(lines) - 1
