# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Postfix: main.cf, the services of master.cf, and the tables that they name.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .postfix_parameters import EFFECTIVE
from .postfix_tables import named_tables, table_facts
from .reader import HIDDEN, assignments, without_secrets

if t.TYPE_CHECKING:
    from .reader import Host


def master_services(text: str) -> dict[str, dict[str, t.Any]]:
    """The services in the output of postconf -M, by name/type, without their parameters."""
    found: dict[str, dict[str, t.Any]] = {}
    for line in text.splitlines():
        words = line.split(None, 7)
        if len(words) == 8:
            found[f"{words[0]}/{words[1]}"] = {
                "command": _command(words[7]),
                "chroot": words[4],
                "parameters": {},
            }
    return found


def _command(text: str) -> str:
    """A command without secrets; a parameter with the name of a secret loses its value."""
    return re.sub(
        r"-o (\w+)=(\S+)",
        lambda match: f"-o {match[1]}={without_secrets(match[1], match[2])}",
        without_secrets("", text),
    )


def add_parameters(text: str, known: dict[str, dict[str, t.Any]]) -> None:
    """Add the output of postconf -P to the services."""
    for name, value in assignments(text).items():
        service, _slash, parameter = name.rpartition("/")
        if service in known:
            known[service]["parameters"][parameter] = without_secrets(parameter, value)


def postfix_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of Postfix; None where it is not installed."""
    if host.which("postconf") is None:
        return None
    main_text = host.run("postconf", "-n")
    master_text = host.run("postconf", "-M")
    parameters_text = host.run("postconf", "-Px")
    effective_text = host.run("postconf", "-x", *EFFECTIVE)
    if None in (main_text, master_text, parameters_text, effective_text):
        return {"version": "", "main": {}, "services": {}, "defaults": {}, "tables": {}}
    services = master_services(master_text or "")
    add_parameters(parameters_text or "", services)
    main = assignments(main_text or "")
    defaults = assignments(effective_text or "")
    values = [
        *main.items(),
        *defaults.items(),
        *(pair for entry in services.values() for pair in entry["parameters"].items()),
    ]
    tables = named_tables(
        (name, value) for name, value in values if value != HIDDEN and "password" not in name
    )
    return {
        "version": defaults.get("mail_version", ""),
        "main": main,
        "services": services,
        "defaults": defaults,
        "tables": {name: table_facts(host, name, evaluated) for name, evaluated in tables.items()},
    }
