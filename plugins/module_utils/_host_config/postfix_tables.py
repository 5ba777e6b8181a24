# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup tables that Postfix's parameters name: their age, and the entries that checks need.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .reader import without_secrets

if t.TYPE_CHECKING:
    from .reader import Host

_MAP = re.compile(r"\b((?:proxy:)?([a-z_]+):(/[^\s,{}]+))")
#: Types of table whose entries postmap lists, and types that are read as a file, line by line.
LISTABLE = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash")
PATTERNS = ("regexp", "pcre", "cidr")
SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
#: Parameters whose tables the checks evaluate; entries of other tables stay on the host.
EVALUATED = re.compile(
    r"_restrictions$|^(mynetworks|relay_domains|smtpd_sender_login_maps|smtpd_authorized_\w+)$"
)
#: How many entries of a table are returned.
MAX_ROWS = 2000


def named_tables(values: t.Iterable[tuple[str, str]]) -> dict[str, bool]:
    """The tables that some parameters name, and whether the checks evaluate their entries."""
    found: dict[str, bool] = {}
    for name, value in values:
        for match in _MAP.finditer(value):
            if match[2] not in ("unix", "local", "inet"):
                found[match[1]] = found.get(match[1], False) or bool(EVALUATED.search(name))
    return found


def _rows(text: str) -> list[list[str]]:
    """Lines of a table as pairs of key and value; continued lines are joined."""
    lines: list[str] = []
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    return [[*line.split(None, 1), ""][:2] for line in lines]


def table_facts(host: Host, name: str, evaluated: bool) -> dict[str, t.Any]:
    """A table: its path, the times of its source and of its compiled form, and its entries."""
    kind, _colon, path = name.replace("proxy:", "", 1).partition(":")
    compiled = path + SUFFIX.get(kind, "")
    status = host.about(compiled) if kind in LISTABLE + PATTERNS else None
    found: dict[str, t.Any] = {"path": path, "mtime": status["mtime"] if status else None}
    if compiled != path:
        source = host.about(path)
        found["source_mtime"] = source["mtime"] if source else None
    if kind in ("texthash", *PATTERNS):
        text = host.read(path, quiet=path == "/dev/null")
    else:
        text = host.run("postmap", "-s", f"{kind}:{path}") if kind in LISTABLE else None
    if kind not in LISTABLE + PATTERNS and evaluated:
        host.missing[name] = "the entries of such a table cannot be listed"
    rows = _rows(text or "")
    found["entries"] = len(rows) if text is not None or path == "/dev/null" else None
    if evaluated and text is not None:
        found["rows"] = [[key, without_secrets("", value)] for key, value in rows[:MAX_ROWS]]
    return found
