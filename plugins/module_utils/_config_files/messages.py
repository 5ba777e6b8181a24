# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command said, as messages without secrets.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._scan.redaction import Redactor

if t.TYPE_CHECKING:
    from .files import DesiredFile

#: Starts a command; returns its exit code, output and errors.
Run = t.Callable[[t.List[str]], t.Tuple[int, str, str]]
#: Is told a secret that no message may show.
Hide = t.Callable[[str], None]


def redact(text: str, files: t.Iterable[DesiredFile]) -> str:
    """The text without the words and lines of secret files, in any spelling; short words are no
    secrets.
    """
    if not text:
        return text
    known = Redactor()
    for desired in files:
        if desired.secret and desired.content:
            content = desired.content.decode("utf-8", errors="replace")
            for word in (*re.split(r"[\s=:;,\"'{}]+", content), *_values(content)):
                if len(word) > 5:
                    known.add(word)
    return known.text(text, pieces=False)


def _values(content: str) -> t.Iterator[str]:
    """What follows each name in a file: a secret may have blanks and separators in it."""
    for line in content.splitlines():
        yield line.strip()
        for value in re.findall(r"^\s*[\w.-]+\s*[=:\s]\s*(.*\S)", line):
            yield value
            yield value.strip("\"'")


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def result_text(code: int, out: str, err: str) -> str:
    """What a command answered, in one line."""
    output = one_line(err) or one_line(out) or "(nothing)"
    return f"exit code {code}, output: {output}"


def command_text(argv: t.Iterable[str]) -> str:
    """A command as messages show it; a program among its arguments is left out."""
    return " ".join("..." if "\n" in part else part for part in argv)
