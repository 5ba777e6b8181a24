# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Postfix: main.cf, the services of master.cf, and the tables that they name.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .postfix_lists import split_list, stranger_keys
from .postfix_parameters import DOMAIN_LISTS, EFFECTIVE
from .postfix_tables import Reader, named_tables
from .reader import assignments
from .redaction import HIDDEN, without_secrets

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
    own = [main, defaults, *(entry["parameters"] for entry in services.values())]
    classes = class_names(own)
    if classes:
        defaults.update(assignments(host.run("postconf", "-x", *classes, quiet=True) or ""))
    values = [
        (name, value)
        for parameters in own
        for name, value in parameters.items()
        if value != HIDDEN and "password" not in name
    ]
    keys = stranger_keys(own_domains(own))
    return {
        "version": defaults.get("mail_version", ""),
        "main": main,
        "services": services,
        "defaults": defaults,
        "tables": Reader(host, keys).read(named_tables(values, classes)),
        "instances": other_instances(host),
    }


def class_names(settings: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """The restriction classes that some settings declare."""
    found = [
        name
        for parameters in settings
        for name in split_list(parameters.get("smtpd_restriction_classes", ""))
    ]
    return [name for name in dict.fromkeys(found) if re.match(r"\w+$", name)]


def own_domains(settings: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """The domains that some settings name as the host's own."""
    found = [
        member.lower()
        for parameters in settings
        for name in DOMAIN_LISTS
        for member in split_list(parameters.get(name, ""))
    ]
    return [name for name in dict.fromkeys(found) if re.match(r"[\w-]+(\.[\w-]+)+$", name)]


def other_instances(host: Host) -> list[str]:
    """The configuration directories of other instances of Postfix on this host."""
    text = host.run("postconf", "-xh", "multi_instance_directories", quiet=True) or ""
    return split_list(text)
