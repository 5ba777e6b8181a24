# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks how Dovecot's passwd-files store passwords.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._password_schemes import (
    FAST_SCHEMES,
    SLOW_SCHEMES,
)

from ..base import Check
from .base import HostConfig, Problem, host_finding, per_host_config, problems_finding, setting_line

#: A user who logs in with any password.
NO_PASSWORD = "NOPASSWORD"
#: A user without a password.
NONE = "NONE"


def password_hash_strength(config: HostConfig) -> t.Iterable[Finding]:
    dovecot = config.facts.get("dovecot")
    if dovecot is None:
        return
    if not dovecot["defaults"]:
        yield host_finding(UNKNOWN, f"Not read: {config.not_read('dove')}.", "dovecot")
    yield from _static_findings(dovecot.get("settings", {}))
    for path, passwords in dovecot["passwords"].items():
        if "schemes" in passwords:
            unread = config.not_read(path) if passwords.get("cut") else ""
            yield _schemes_finding(path, passwords["schemes"], unread)
        else:
            yield host_finding(UNKNOWN, f"Not read: {config.not_read(path)}.", path)


def _static_findings(settings: t.Mapping[str, str]) -> t.Iterator[Finding]:
    """The findings for password databases that take any password."""
    for name, value in settings.items():
        section, _slash, setting = name.rpartition("/")
        in_args = setting == "args" and "nopassword" in value
        if section.startswith("passdb") and (in_args or setting == "nopassword"):
            sentence = "Every user logs in with any password (nopassword)."
            yield host_finding(FAIL, sentence, section, [setting_line("dovecot.conf", name, value)])


def _schemes_finding(path: str, counts: t.Mapping[str, int], unread: str) -> Finding:
    """Whether a file stores every password with a slow hash."""
    lines = {
        scheme: ("*", f"{path}: {number} {scheme}") for scheme, number in sorted(counts.items())
    }
    problems = [
        Problem(
            f"{counts[scheme]} passwords are stored as {scheme}, readable or fast to guess",
            [lines[scheme]],
        )
        for scheme in lines
        if scheme in FAST_SCHEMES
    ]
    if NO_PASSWORD in counts:
        clause = f"{counts[NO_PASSWORD]} users log in with any password (nopassword)"
        problems.append(Problem(clause, [lines[NO_PASSWORD]]))
    known = FAST_SCHEMES | SLOW_SCHEMES | {NO_PASSWORD, NONE}
    other = [scheme for scheme in lines if scheme not in known]
    shown = list(lines.values()) or [("*", f"{path}: no user")]
    if other and not problems:
        sentence = f"The strength of {', '.join(other)} is not known."
        return host_finding(UNKNOWN, sentence, path, shown, [lines[scheme] for scheme in other])
    compliant = "Passwords are stored with a slow hash."
    return problems_finding(problems, compliant, path, shown, not_read=unread)


CHECKS = (
    Check(
        id="password_hash_strength",
        title="Dovecot password files use slow hashes (Argon2, bcrypt, SHA-crypt, PBKDF2)",
        title_failed="Passwords stored in plain text or with a fast hash",
        group="host",
        severity="high",
        evaluate=per_host_config(password_hash_strength, "Dovecot uses no passwd-file."),
        control=(
            "None needed: the stored hash names its scheme; a file that cannot be read leaves "
            "the verdict unknown."
        ),
        false_pass=(
            "Its users would have to be in a database or directory beside the file that was read."
        ),
        impact=(
            "Plain passwords in a stolen file or backup are usable at once, and fast hashes are "
            "cracked by the billion a second."
        ),
        fix={
            "roles": "Set passwords in mail_users; the dovecot role stores them as ARGON2ID.",
            "dovecot": (
                "Generate new entries with doveadm pw -s ARGON2ID, and set "
                "default_password_scheme = ARGON2ID in the passwd-file passdb (2.3: args = "
                "scheme=ARGON2ID)."
            ),
        },
        references=("https://doc.dovecot.org/latest/core/config/auth/schemes.html",),
    ),
)
