# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The effective values of expected settings, each by the name under which it is expected.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._model import exception_text
from .dovecot import flatten
from .reader import Host, assignments
from .redaction import without_secrets

Settings = t.Dict[str, t.Any]
DAEMONS = ("postfix", "dovecot", "opendkim", "spamassassin", "unbound")
#: The suboptions of an expected setting.
EXPECTED: dict[str, dict[str, t.Any]] = {
    "daemon": {"type": "str", "required": True, "choices": list(DAEMONS)},
    "service": {"type": "str", "default": ""},
    "name": {"type": "str", "required": True},
    "value": {"type": "raw", "required": True},
    "why": {"type": "str", "default": ""},
}


def canonical(path: str) -> str:
    """The name of a setting of Dovecot, independent of its sections: 2.4 prints a_b_c as c inside
    a_b, or inside a name.
    """
    parts = path.split("/")
    found = parts[:1]
    for section, part in zip(parts, parts[1:]):
        kind = section.split(" ")[0] + "_"
        found.append(part[len(kind) :] if part.startswith(kind) else part)
    return "_".join(found)


def _postfix_settings(host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    services = host.run("postconf", "-P")
    main = facts.get("postfix", {}).get("main")
    return {**main, **assignments(services)} if main and services is not None else None


def _dovecot_settings(host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    text = host.run("doveconf", "-a") if "dovecot" in facts else None
    if text is None:
        return None
    return {canonical(name): value for name, value in flatten(text).items()}


def _unbound_settings(_host: Host, facts: t.Mapping[str, t.Any]) -> Settings | None:
    settings = facts.get("unbound", {}).get("settings") or {}
    server = {
        name.partition("/")[2]: values
        for name, values in settings.items()
        if name.startswith("server/")
    }
    return server if settings else None


def _stored_settings(daemon: str) -> t.Callable[[Host, t.Mapping[str, t.Any]], Settings | None]:
    """A reader for a daemon whose facts already hold its settings."""
    return lambda _host, facts: facts.get(daemon, {}).get("settings") or None


READERS: dict[str, t.Callable[[Host, t.Mapping[str, t.Any]], Settings | None]] = {
    "postfix": _postfix_settings,
    "dovecot": _dovecot_settings,
    "opendkim": _stored_settings("opendkim"),
    "spamassassin": _stored_settings("spamassassin"),
    "unbound": _unbound_settings,
}


def effective_rows(
    host: Host, facts: t.Mapping[str, t.Any], expected: t.Sequence[t.Mapping[str, t.Any]]
) -> list[dict[str, t.Any]]:
    """Each expected value beside the effective one.

    effective is None for a setting that is not set; a daemon that could not be read has unread
    instead of it.
    """
    daemons = dict.fromkeys(entry["daemon"] for entry in expected)
    settings = {daemon: _settings(host, facts, daemon) for daemon in daemons}
    return [_row(entry, settings[entry["daemon"]]) for entry in expected]


def _settings(host: Host, facts: t.Mapping[str, t.Any], daemon: str) -> Settings | None:
    """The settings of one daemon; None where they could not be read."""
    try:
        return READERS[daemon](host, facts)
    except Exception as exc:
        host.missing[f"settings of {daemon}"] = exception_text(exc)
        return None


def _row(entry: t.Mapping[str, t.Any], settings: Settings | None) -> dict[str, t.Any]:
    """One expected setting beside the effective value."""
    daemon, service, name = entry["daemon"], entry.get("service", ""), entry["name"]
    row = {"daemon": daemon, "service": service, "name": name, "why": entry.get("why", "")}
    value = entry["value"]
    if isinstance(value, list):
        row["expected"] = [without_secrets(name, str(member)) for member in value]
    else:
        row["expected"] = without_secrets(name, str(value))
    if settings is None:
        return {**row, "unread": True}
    path = f"{service}/{name}" if service else name
    return {**row, "effective": settings.get(canonical(path) if daemon == "dovecot" else path)}
