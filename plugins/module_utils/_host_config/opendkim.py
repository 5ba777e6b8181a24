# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of OpenDKIM: what it signs, for which clients, and with which keys.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from . import x509_files
from .reader import Host, directives
from .spamassassin import daemon_options

CONFIGURATION = "/etc/opendkim.conf"
#: How many files may include one another.
MAX_INCLUDE_DEPTH = 4
_FILE = re.compile(r"^(?:refile:|file:)?(/[^\s,]+)$")
#: Settings that list hosts, and may name a file of them.
HOST_SETS = ("InternalHosts", "ExternalIgnoreList", "PeerList")
#: Settings that the checks need, as the manual spells them.
SETTINGS = (
    *HOST_SETS,
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
    """The members of a set, from a file or a list; None for a set that cannot be read."""
    match = _FILE.match(value)
    if match:
        text = host.read(match[1])
        if text is None:
            return None
        lines = (re.split(r"(?:^|\s)#", line)[0].strip() for line in text.splitlines())
        return [line for line in lines if line]
    if re.match(r"^(db|dsn|ldap|lua|memcache|erlang|repute|socket|mdb):", value):
        host.missing[f"opendkim {value.partition(':')[0]}"] = "such a set cannot be listed"
        return None
    return [word.strip() for word in value.replace("csl:", "", 1).split(",") if word.strip()]


def key_files(host: Host, settings: t.Mapping[str, str]) -> dict[str, str]:
    """The keys that can sign: domain/selector to file."""
    found = {}
    if settings.get("KeyFile"):
        for domain in (settings.get("Domain") or "").split(","):
            found[f"{domain.strip()}/{settings.get('Selector', '')}"] = settings["KeyFile"]
    table = _entries(host, settings["KeyTable"]) if settings.get("KeyTable") else []
    for line in table or []:
        fields = (line.split(None, 1)[-1]).strip().split(":", 2)
        if len(fields) == 3 and fields[2].startswith("/"):
            found[f"{fields[0]}/{fields[1]}"] = fields[2]
        else:
            host.missing[f"opendkim key {line.split()[0]}"] = "is not in a file"
    return found


def configuration(host: Host) -> str:
    """The path of the configuration that the daemon runs with, else of the usual one."""
    options = daemon_options(host, "opendkim") or []
    places = [index + 1 for index, option in enumerate(options[:-1]) if option == "-x"]
    return options[places[-1]] if places else CONFIGURATION


def read_settings(host: Host, path: str, depth: int = 0) -> dict[str, str]:
    """The settings of a file, and of the files that it includes. Names have no case."""
    spelling = {name.lower(): name for name in SETTINGS}
    found: dict[str, str] = {}
    for name, value in directives(host.read(path) or ""):
        if name.lower() == "include" and depth < MAX_INCLUDE_DEPTH:
            found.update(read_settings(host, value, depth + 1))
        else:
            found[spelling.get(name.lower(), name)] = value
    return found


def opendkim_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of OpenDKIM; None where it is not installed."""
    if host.which("opendkim") is None:
        return None
    settings = read_settings(host, configuration(host))
    found: dict[str, t.Any] = {"settings": settings, "lists": {}, "keys": {}}
    for name in HOST_SETS:
        if name in settings:
            found["lists"][name] = _entries(host, settings[name])
    for name, path in key_files(host, settings).items():
        data = x509_files.public_key(host, path)
        found["keys"][name] = {
            "path": path,
            **(x509_files.dkim_tags(data) if data else {}),
            **(host.about(path) or {}),
        }
    return found
