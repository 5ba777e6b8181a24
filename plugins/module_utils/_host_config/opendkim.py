# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenDKIM is configured to sign, for whom, and with which keys.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from . import x509_files
from .reader import Host, directives

CONFIGURATION = "/etc/opendkim.conf"
_FILE = re.compile(r"^(?:refile:|file:)?(/[^\s,]+)$")
#: Settings that list hosts, and may name a file of them.
HOSTS = ("InternalHosts", "ExternalIgnoreList", "PeerList")
#: Settings that judges ask for, as the manual spells them.
SPELT = (
    *HOSTS,
    "KeyTable",
    "KeyFile",
    "Domain",
    "Selector",
    "SigningTable",
    "Mode",
    "MTA",
    "MacroList",
    "RequireSafeKeys",
    "Socket",
)


def _entries(host: Host, value: str) -> list[str] | None:
    """The members of a set: from a file, or as they stand there; None for a set of another kind."""
    match = _FILE.match(value)
    if match:
        text = host.read(match[1])
        return (
            None
            if text is None
            else [
                line.strip()
                for line in text.splitlines()
                if line.strip() and not line.strip().startswith("#")
            ]
        )
    if re.match(r"^(db|dsn|ldap|lua|memcache|erlang|repute|socket|mdb):", value):
        host.missing["opendkim " + value.partition(":")[0]] = "such a set cannot be listed"
        return None
    return [word.strip() for word in value.replace("csl:", "", 1).split(",") if word.strip()]


def key_files(host: Host, settings: t.Mapping[str, str]) -> dict[str, str]:
    """Every key that may sign: I(domain/selector) to its file."""
    found = {}
    if settings.get("KeyFile"):
        for domain in (settings.get("Domain") or "").split(","):
            found[f"{domain.strip()}/{settings.get('Selector', '')}"] = settings["KeyFile"]
    for line in (_entries(host, settings["KeyTable"]) or []) if settings.get("KeyTable") else []:
        fields = (line.split(None, 1)[-1]).strip().split(":", 2)
        if len(fields) == 3 and fields[2].startswith("/"):
            found[f"{fields[0]}/{fields[1]}"] = fields[2]
        else:
            host.missing["opendkim key " + line.split()[0]] = "is not in a file"
    return found


def look(host: Host) -> dict[str, t.Any] | None:
    """Everything about OpenDKIM; None where there is none."""
    if host.which("opendkim") is None:
        return None
    text = host.read(CONFIGURATION)
    proper = {name.lower(): name for name in SPELT}
    settings = {proper.get(name.lower(), name): value for name, value in directives(text or "")}
    found: dict[str, t.Any] = {"settings": settings, "lists": {}, "keys": {}}
    for name in HOSTS:
        if name in settings:
            found["lists"][name] = _entries(host, settings[name])
    for name, path in key_files(host, settings).items():
        data = x509_files.public(host, path)
        found["keys"][name] = {
            "path": path,
            **(x509_files.published(data) if data else {}),
            **(host.about(path) or {}),
        }
    return found
