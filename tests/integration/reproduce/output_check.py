# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whether the output of each command shows what decided: output_check.py CASES.json OUTPUTS.json

Prints a line for each check, and fails where an output does not show the flaw. What an output has
to show: the decisive lines of the evidence, and what expected.yml says. A number or an
identifier may differ in another session, so of a line only the reply code and the words without
digits have to be the same.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any

import yaml

EXPECTED = pathlib.Path(__file__).with_name("expected.yml")
#: How much of an output is printed when it does not show the flaw.
TAIL = 3000
_STABLE = re.compile(r"\d{3}([ -]|$)|\d\.\d+\.\d+$")


def line_pattern(text: str) -> str:
    """A regular expression for a line of a server: a word with digits may be another word."""
    words = text.split()
    parts = [
        re.escape(word)
        if index == 0 or _STABLE.match(word) or not re.search(r"\d", word)
        else r"\S+"
        for index, word in enumerate(words)
    ]
    return r"\s+".join(parts).replace(r"\ ", " ") if parts else r"^$"


def handshake_patterns(text: str) -> list[str]:
    """Version and cipher suite of the audit's note of a handshake; nothing for another note."""
    words = text.split()
    return [re.escape(word) for word in words[1:3]] if words[:1] == ["TLS:"] else []


def patterns(case: dict[str, Any], expected: list[str]) -> list[str]:
    """Regular expressions of which each has to match the output."""
    notes = [text for who, text in case["decisive"] if who == "*"]
    lines = [line_pattern(text) for who, text in case["decisive"] if who == "S"]
    if lines or expected:
        return [*lines, *expected]
    return [pattern for text in notes[-1:] for pattern in handshake_patterns(text)]


def plain(output: str) -> str:
    """The output, with the line ends that Python prints as escapes made line ends."""
    return output.replace("\\r\\n", "\n").replace("\r", "")


def missing(case: dict[str, Any], expected: list[str], output: str) -> list[str]:
    """What the output does not show; a case in which nothing can be looked for misses that."""
    wanted = patterns(case, expected)
    return [
        pattern for pattern in wanted if not re.search(pattern, plain(output), re.MULTILINE)
    ] or ([] if wanted else ["no line decided, and expected.yml says nothing"])


def report_line(check: str, case: dict[str, Any], table: dict[str, Any], output: str) -> str:
    """The result of a check; one that begins with NOT is a failure, and shows the output."""
    reason = table["no_command"].get(check, "")
    if not case["command"]:
        result = "ok        " if reason else "NOT KNOWN "
        return f"{result} {check}: no command for {case['target']}: {reason or 'why?'}"
    if reason:
        return f"NOT TRUE   {check}: has a command, which expected.yml denies"
    absent = missing(case, table["shown_by"].get(check, []), output)
    if not absent:
        return f"ok         {check}: {case['target']}"
    typed = "\n".join([case["command"], *case["lines"]])
    shown = plain(output)[-TAIL:]
    return f"NOT SHOWN  {check}: {case['target']}: {absent}\n{typed}\n---\n{shown}\n---"


def main(cases_path: str, outputs_path: str) -> int:
    """Prints all lines."""
    cases = json.loads(pathlib.Path(cases_path).read_text())
    outputs = json.loads(pathlib.Path(outputs_path).read_text())
    table = yaml.safe_load(EXPECTED.read_text())
    lines = [
        report_line(check, case, table, outputs.get(check, "")) for check, case in cases.items()
    ]
    print("\n".join(lines))
    failures = sum(line.startswith("NOT") for line in lines)
    print(f"reproduce: {len(lines)} checks, {failures} not shown")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
