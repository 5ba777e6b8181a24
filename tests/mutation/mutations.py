# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The settings tables of the roles as mutations: which line is removed, what replaces it, which
check must fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Daemon:
    """Where a role writes its settings, how it writes one, and what to restart; unit12: on Debian
    12, if it differs.
    """

    path: str
    line: str
    unit: str
    unit12: str = ""


DAEMONS = {
    "postfix": Daemon("/etc/postfix/main.cf", "{name} = {value}", "postfix", "postfix@-"),
    "dovecot": Daemon("/etc/dovecot/dovecot.conf", "{name} = {value}", "dovecot"),
    "opendkim": Daemon("/etc/opendkim.conf", "{name} {value}", "opendkim"),
    "spamassassin": Daemon("/etc/spamassassin/local.cf", "{name} {value}", "spamd"),
    "resolver": Daemon(
        "/etc/unbound/unbound.conf.d/airtight-mail.conf", "    {name}: {value}", "unbound"
    ),
}
LISTENERS = Daemon("/etc/postfix/master.cf", "  -o {{ {name} = {value} }}", "postfix", "postfix@-")


@dataclass(frozen=True)
class Mutation:
    """One setting to remove. name: as this release spells it; lines: what replaces it; check: the
    check that must then fail.
    """

    role: str
    name: str
    listener: str
    check: str
    unnoticed: str
    lines: tuple[str, ...]

    @property
    def daemon(self) -> Daemon:
        """The files and units that it concerns."""
        return LISTENERS if self.listener else DAEMONS[self.role]

    @property
    def title(self) -> str:
        """A unique name."""
        return " ".join(filter(None, (self.role, self.listener, self.name)))

    @property
    def facts_name(self) -> str:
        """The name of the daemon in the facts of the host."""
        return "unbound" if self.role == "resolver" else self.role

    def is_subject(self, subject: str) -> bool:
        """Whether a finding about effective settings is about this one."""
        own = " ".join(
            filter(None, (self.facts_name, self.listener and self.listener + "/inet", self.name))
        )
        return subject == own or subject.startswith(own + "/")

    def unit(self, release: str) -> str:
        """The unit to restart."""
        return self.daemon.unit12 or self.daemon.unit if release == "12" else self.daemon.unit


def written(daemon: Daemon, name: str, value: Any, indent: str = "") -> Iterator[str]:
    """The lines of one setting, as the templates of the roles write them."""
    if isinstance(value, dict):
        yield f"{indent}{name} {{"
        for key, inner in value.items():
            yield from written(daemon, key, inner, indent + "  ")
        yield indent + "}"
    elif isinstance(value, list):
        for one in value:
            yield from written(daemon, name, one, indent)
    else:
        yield indent + daemon.line.format(name=name, value=value)


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each entry of each settings table, with its role."""
    for path in sorted(ROOT.glob("roles/*/vars/main/settings.yml")):
        for table, found in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if table.endswith("_settings"):
                yield from ((path.parts[-4], entry) for entry in found)


def mutations(release: str) -> Iterator[Mutation]:
    """The mutations of a host with a release of Debian."""
    for role, entry in entries():
        if release not in entry.get("releases", [release]):
            continue
        own = {**entry, **entry.get("debian12", {})} if release == "12" else entry
        for listener in entry.get("listeners", [""]):
            daemon = LISTENERS if listener else DAEMONS[role]
            lines = (
                tuple(written(daemon, own["name"], own["opposite"])) if "opposite" in own else ()
            )
            yield Mutation(
                role,
                own["name"],
                listener,
                own.get("check", ""),
                "" if "check" in own else own["unnoticed"],
                lines,
            )
