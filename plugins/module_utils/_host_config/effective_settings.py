# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What settings are in force, of those that somebody decided on: each by the name under which it
was decided.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .dovecot import flatten
from .reader import Host, harmless, pairs

Settings = t.Dict[str, t.Any]
DAEMONS = ("postfix", "dovecot", "opendkim", "spamassassin", "unbound")
#: What a decided setting consists of, as the module takes it.
EXPECTED: dict[str, dict[str, t.Any]] = {
    "daemon": {"type": "str", "required": True, "choices": list(DAEMONS)},
    "service": {"type": "str", "default": ""},
    "name": {"type": "str", "required": True},
    "value": {"type": "raw", "required": True},
    "why": {"type": "str", "default": ""},
}


def canonical(path: str) -> str:
    """The name of a setting of Dovecot, however its sections are written: 2.4 prints a_b_c as c
    inside a_b, or inside a name.
    """
    parts = path.split("/")
    found = parts[:1]
    for section, part in zip(parts, parts[1:]):
        kind = section.split(" ")[0] + "_"
        found.append(part[len(kind) :] if part.startswith(kind) else part)
    return "_".join(found)


def _postfix(host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    stated = host.run("postconf", "-P")
    main = facts.get("postfix", {}).get("main")
    return {**main, **pairs(stated)} if main and stated is not None else None


def _dovecot(host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    every = host.run("doveconf", "-a") if "dovecot" in facts else None
    return (
        {canonical(name): value for name, value in flatten(every).items()}
        if every is not None
        else None
    )


def _unbound(_host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    settings = facts.get("unbound", {}).get("settings")
    return (
        {
            name.partition("/")[2]: values
            for name, values in settings.items()
            if name.startswith("server/")
        }
        if settings
        else None
    )


def _listed(daemon: str) -> t.Callable[[Host, t.Mapping[str, t.Any]], Settings | None]:
    return lambda _host, facts: facts.get(daemon, {}).get("settings") or None


READ: dict[str, t.Callable[[Host, t.Mapping[str, t.Any]], Settings | None]] = {
    "postfix": _postfix,
    "dovecot": _dovecot,
    "opendkim": _listed("opendkim"),
    "spamassassin": _listed("spamassassin"),
    "unbound": _unbound,
}


def _several(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def look(
    host: Host, facts: t.Mapping[str, t.Any], expected: t.Sequence[t.Mapping[str, t.Any]]
) -> list[dict[str, t.Any]]:
    """What was decided beside what was found: no value where a setting is not set, and I(unread)
    where its daemon cannot be read.
    """
    settings = {
        daemon: READ[daemon](host, facts)
        for daemon in dict.fromkeys(entry["daemon"] for entry in expected)
    }
    rows = []
    for entry in expected:
        row = {
            "daemon": entry["daemon"],
            "service": entry.get("service", ""),
            "name": entry["name"],
            "why": entry.get("why", ""),
        }
        values = [harmless(entry["name"], str(value)) for value in _several(entry["value"])]
        row["decided"] = values if isinstance(entry["value"], list) else values[0]
        known = settings[entry["daemon"]]
        if known is None:
            row["unread"] = True
        else:
            name = "/".join(filter(None, (row["service"], row["name"])))
            row["found"] = known.get(canonical(name) if entry["daemon"] == "dovecot" else name)
        rows.append(row)
    return rows
