# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Dovecot is configured to do, in the words of 2.3 or 2.4, and how passwords are kept.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .reader import Host, harmless

#: Settings whose effective value judges need, whether they are set or not.
WANTED = (
    *(
        "disable_plaintext_auth",
        "auth_allow_cleartext",
        "login_trusted_networks",
        "haproxy_trusted_networks",
        "ssl",
        "ssl_min_protocol",
    ),
    *(
        "ssl_cipher_list",
        "listen",
        "auth_mechanisms",
        "auth_allow_weak_schemes",
        "auth_debug_passwords",
        "auth_verbose_passwords",
    ),
    *("protocols", "mail_debug", "first_valid_uid", "auth_master_user_separator"),
)
_SCHEME = re.compile(r"\{([A-Za-z0-9-]+)(?:\.[A-Za-z0-9]+)?\}")


def flatten(text: str) -> dict[str, str]:
    """Nested settings as I(section name/setting) to value; a section that stands there twice is
    numbered.
    """
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    path: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        name, equals, value = line.partition("=")
        if line == "}":
            path = path[:-1]
        elif line.endswith("{") and not (equals and " {" not in name and value.strip() != "{"):
            section = "/".join([*path, line[:-1].strip()])
            seen[section] = seen.get(section, 0) + 1
            path.append(line[:-1].strip() + (f" {seen[section]}" if seen[section] > 1 else ""))
        elif equals and not line.startswith("#"):
            setting = name.strip()
            told = (
                value.strip()
                if value.strip().startswith("# hidden")
                else harmless(setting, value.strip())
            )
            found["/".join([*path, setting])] = told
    return found


def schemes(text: str, usual: str) -> dict[str, int]:
    """How many users of a passwd-file have a password of each scheme; no password is told."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 1 and fields[0].strip() and not line.startswith("#"):
            match = _SCHEME.match(fields[1])
            scheme = match[1].upper() if match else usual if fields[1] else "NONE"
            found[scheme] = found.get(scheme, 0) + 1
    return found


def passwd_files(settings: t.Mapping[str, str]) -> dict[str, str]:
    """The passwd-files that users log in by, and the scheme of a password that names none."""
    found = {}
    for name, value in settings.items():
        head, _slash, setting = name.rpartition("/")
        if not head.startswith("passdb"):
            continue
        if setting == "args" and settings.get(head + "/driver") == "passwd-file":
            words = value.split()
            scheme = next(
                (word.split("=", 1)[1] for word in words if word.startswith("scheme=")), "CRYPT"
            )
            found[words[-1]] = scheme.upper()
        elif setting == "passwd_file_path":
            usual = (
                settings.get(head + "/default_password_scheme")
                or settings.get("passdb_default_password_scheme")
                or "CRYPT"
            )
            found[value] = usual.upper()
    return found


def look(host: Host) -> dict[str, t.Any] | None:
    """Everything about Dovecot; None where there is none."""
    if host.which("doveconf") is None:
        return None
    version, set_, every = (
        host.run("dovecot", "--version"),
        host.run("doveconf", "-n"),
        host.run("doveconf", "-a"),
    )
    if set_ is None or every is None:
        return {
            "version": (version or "").split(" ")[0].strip(),
            "settings": {},
            "defaults": {},
            "passwords": {},
        }
    settings, effective = flatten(set_), flatten(every)
    passwords = {}
    for path, usual in passwd_files(settings).items():
        if "%" in path:
            host.missing[path] = "is another file for each user"
        text = None if "%" in path else host.read(path)
        passwords[path] = (
            {} if text is None else {**(host.about(path) or {}), "schemes": schemes(text, usual)}
        )
    return {
        "version": (version or "").split(" ")[0].strip(),
        "settings": settings,
        "defaults": {name: effective[name] for name in WANTED if name in effective},
        "passwords": passwords,
    }
