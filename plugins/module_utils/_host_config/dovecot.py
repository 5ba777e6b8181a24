# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Dovecot 2.3 or 2.4, and the schemes of the stored passwords.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._password_schemes import scheme_of
from .reader import TOO_LARGE
from .redaction import without_secrets

if t.TYPE_CHECKING:
    from .reader import Host

#: Settings whose effective values the checks need, whether they are set or not.
EFFECTIVE = (
    "disable_plaintext_auth",
    "auth_allow_cleartext",
    "login_trusted_networks",
    "haproxy_trusted_networks",
    "ssl",
    "ssl_min_protocol",
    "ssl_cipher_list",
    "listen",
    "auth_mechanisms",
    "auth_allow_weak_schemes",
    "auth_debug_passwords",
    "auth_verbose_passwords",
    "protocols",
    "mail_debug",
    "first_valid_uid",
    "auth_master_user_separator",
)


def flatten(text: str) -> dict[str, str]:
    """Nested settings by section name/setting; a section that is given twice is numbered."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    path: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        name, equals, value = line.partition("=")
        if line == "}":
            path = path[:-1]
        elif line.endswith("{") and not (equals and " {" not in name and value.strip() != "{"):
            section = "/".join([*path, line[:-1].strip()])
            counts[section] = counts.get(section, 0) + 1
            path.append(line[:-1].strip() + (f" {counts[section]}" if counts[section] > 1 else ""))
        elif equals and not line.startswith("#"):
            setting = name.strip()
            shown = value.strip()
            if not shown.startswith("# hidden"):
                shown = without_secrets(setting, shown)
            found["/".join([*path, setting])] = shown
    return found


def _scheme(fields: t.Sequence[str], default_scheme: str) -> str:
    """The scheme of one user; a hash of the C library names its own."""
    if any(re.search(r"(?i)(^|\s)(?:userdb_)?nopassword\b", field) for field in fields[7:]):
        return "NOPASSWORD"
    return scheme_of(fields[1], default_scheme if fields[1] else "NONE")


def schemes(text: str, default_scheme: str) -> dict[str, int]:
    """How many passwords of a passwd-file have each scheme; no password is returned."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 1 and fields[0].strip() and not line.startswith("#"):
            scheme = _scheme(fields, default_scheme)
            found[scheme] = found.get(scheme, 0) + 1
    return found


def passwd_files(settings: t.Mapping[str, str]) -> dict[str, str]:
    """The passwd-files that users authenticate by, with the default scheme of each."""
    found = {}
    for name, value in settings.items():
        head, _slash, setting = name.rpartition("/")
        if not head.startswith("passdb"):
            continue
        if setting == "args" and settings.get(head + "/driver") == "passwd-file":
            words = value.split() or [""]
            scheme = next(
                (word.split("=", 1)[1] for word in words if word.startswith("scheme=")), "CRYPT"
            )
            found[words[-1]] = scheme.upper()
        elif setting == "passwd_file_path":
            default_scheme = (
                settings.get(head + "/default_password_scheme")
                or settings.get("passdb_default_password_scheme")
                or "CRYPT"
            )
            found[value] = default_scheme.upper()
    return found


def dovecot_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of Dovecot; None where it is not installed."""
    if host.which("doveconf") is None:
        return None
    version = (host.run("dovecot", "--version") or "").split(" ")[0].strip()
    settings_text = host.run("doveconf", "-n")
    effective_text = host.run("doveconf", "-a")
    if settings_text is None or effective_text is None:
        return {"version": version, "settings": {}, "defaults": {}, "passwords": {}}
    settings, effective = flatten(settings_text), flatten(effective_text)
    return {
        "version": version,
        "settings": settings,
        "defaults": {name: effective[name] for name in EFFECTIVE if name in effective},
        "passwords": {
            path: _password_facts(host, path, default_scheme)
            for path, default_scheme in passwd_files(settings).items()
        },
    }


def _password_facts(host: Host, path: str, default_scheme: str) -> dict[str, t.Any]:
    """Attributes and schemes of a passwd-file; empty where it cannot be read."""
    if "%" in path:
        host.missing[path] = "is another file for each user"
        return {}
    text = host.read(path)
    if text is None:
        return {}
    found = {**(host.about(path) or {}), "schemes": schemes(text, default_scheme)}
    return {**found, "cut": True} if host.missing.get(path) == TOO_LARGE else found
