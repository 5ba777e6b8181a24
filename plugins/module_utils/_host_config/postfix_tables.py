# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup tables that Postfix's parameters name: their age, the entries that checks need, and
what Postfix itself finds in them for strangers.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from . import postfix_lists
from .postfix_lists import LISTABLE, PATTERNS, table_kind, tables_in
from .reader import TOO_LARGE
from .redaction import without_secrets

if t.TYPE_CHECKING:
    from .reader import Host

SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
#: Parameters that are lists of patterns, which may name files.
PATTERN_LISTS = re.compile(
    r"^(mynetworks|mydestination|\w+_domains|permit_mx_backup_networks|smtpd_authorized_\w+)$"
)
#: Parameters whose tables have what is looked up, and keys that are mail addresses.
ASKED = re.compile(r"^virtual_alias_domains$")
#: What is read of a table: its age, also what it answers for strangers and its keys that are no
#: mail addresses, or also its entries.
AGE, ANSWERS, ENTRIES = range(3)
#: Parameters whose tables the checks evaluate; entries of other tables stay on the host.
EVALUATED = re.compile(
    rf"_restrictions$|^(smtpd_sender_login_maps|relay_clientcerts)$|{PATTERN_LISTS.pattern}"
)
_PATH = re.compile(r"[a-z]:/[^{}]*$")
#: How many entries of a table are returned, and how many tables are read.
MAX_ROWS = 2000
MAX_TABLES = 200


def named_tables(
    values: t.Iterable[tuple[str, str]], classes: t.Container[str] = ()
) -> dict[str, int]:
    """The tables that some parameters name, and what is read of each.

    classes: parameters that are restriction classes.
    """
    found: dict[str, int] = {}
    for name, value in values:
        evaluated = EVALUATED.search(name) or name in classes
        wanted = ANSWERS if ASKED.search(name) else ENTRIES if evaluated else AGE
        for table in tables_in(value, files=bool(PATTERN_LISTS.search(name))):
            found[table] = max(found.get(table, AGE), wanted)
            for part in postfix_lists.inner_tables(table):
                found.setdefault(part, AGE)
    return {name: wanted for name, wanted in found.items() if wanted != AGE or _PATH.search(name)}


def _lines(text: str) -> list[str]:
    """The logical lines of a table or file; continued lines are joined (postmap(1))."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def _rows(text: str) -> list[list[str]]:
    """Lines of a table as pairs of key and value."""
    return [[*line.split(None, 1), ""][:2] for line in _lines(text)]


def _pattern_rows(text: str) -> list[list[str]]:
    """Lines of a table of patterns as pairs; a pattern may have blanks in it."""
    found = []
    for line in _lines(text):
        match = re.match(r"(!?\s*([^\w\s!]).*?(?<!\\)\2\w*)\s+(.*)", line)
        found.append([match[1], match[3]] if match else [*line.split(None, 1), ""][:2])
    return found


def _file_rows(text: str) -> list[list[str]]:
    """The members of a file of patterns (match_list in Postfix), as keys without values."""
    return [[member, ""] for line in _lines(text) for member in postfix_lists.split_list(line)]


class Reader:
    """Reads tables. keys: what is looked up in those that are evaluated."""

    def __init__(self, host: Host, keys: t.Mapping[str, postfix_lists.Keys]) -> None:
        self.host = host
        self.keys = keys

    def read(self, tables: t.Mapping[str, int]) -> dict[str, dict[str, t.Any]]:
        """The facts of tables, and of those that their results name."""
        waiting = dict(tables)
        found: dict[str, dict[str, t.Any]] = {}
        while waiting and len(found) < MAX_TABLES:
            name = next(iter(waiting))
            found[name] = self.table(name, waiting.pop(name))
            for inner in _named_in(name, found[name]):
                if inner not in found:
                    waiting[inner] = ENTRIES
        for name in waiting:
            self.host.missing[name] = f"more than {MAX_TABLES} tables are in use"
        return found

    def table(self, name: str, wanted: int) -> dict[str, t.Any]:
        """A table: its path, the times of its source and of its compiled form, its entries, and
        what it answers for strangers.
        """
        kind, rest = table_kind(name)
        if kind in (*LISTABLE, *PATTERNS) or name.startswith("/"):
            found = self._file_table(kind, rest or name, wanted)
        else:
            found = {"path": without_secrets("", rest), "entries": None}
        if wanted and kind:
            self._ask(name, found)
        return found

    def _file_table(self, kind: str, path: str, wanted: int) -> dict[str, t.Any]:
        """A table in a file."""
        compiled = path + SUFFIX.get(kind, "")
        status = self.host.about(compiled)
        found: dict[str, t.Any] = {"path": path, "mtime": status["mtime"] if status else None}
        if compiled != path:
            source = self.host.about(path)
            found["source_mtime"] = source["mtime"] if source else None
        if kind in ("", "texthash", *PATTERNS):
            text = self.host.read(path, quiet=path == "/dev/null")
        else:
            text = self.host.run("postmap", "-s", f"{kind}:{path}")
        split = {"": _file_rows, "regexp": _pattern_rows, "pcre": _pattern_rows}.get(kind, _rows)
        rows = split(text or "")
        found["entries"] = len(rows) if text is not None or path == "/dev/null" else None
        if wanted == ANSWERS and kind:
            rows = [[key, ""] for key, _value in rows if "@" not in key]
        if wanted and found["entries"] is not None:
            found["rows"] = [[key, without_secrets("", value)] for key, value in rows[:MAX_ROWS]]
            if len(rows) > MAX_ROWS or self.host.missing.get(path) == TOO_LARGE:
                found["cut"] = True
        return found

    def _ask(self, name: str, found: dict[str, t.Any]) -> None:
        """Look strangers up in a table; a table that asks a server is left alone."""
        if postfix_lists.is_remote(name):
            self.host.missing[name] = "the entries of such a table cannot be listed"
            return
        table = re.sub(r"^(proxy:)+", "", name).replace("{proxy:", "{").replace(",proxy:", ",")
        wanted = list(dict.fromkeys(key for keys in self.keys.values() for key in keys.all))
        answer = self.host.query("postmap", "-q", "-", table, given="\n".join([*wanted, ""]))
        if answer is None:
            if "rows" not in found and table_kind(name)[0] not in postfix_lists.LITERAL:
                self.host.missing[name] = "postmap cannot look keys up in it"
            return
        pairs = (line.partition("\t") for line in answer.splitlines())
        values = {key: without_secrets("", value) for key, tab, value in pairs if tab}
        by_pattern = table_kind(name)[0] in PATTERNS
        found["answers"] = {
            group: {
                key: values[key] for key in (keys.full if by_pattern else keys.all) if key in values
            }
            for group, keys in self.keys.items()
        }


def _named_in(name: str, facts: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """The tables that the results of a table, or the members of a file, name."""
    for key, value in facts.get("rows", ()):
        yield from tables_in(key if name.startswith("/") else value, files=name.startswith("/"))
    for answers in facts.get("answers", {}).values():
        for value in answers.values():
            yield from tables_in(value)
