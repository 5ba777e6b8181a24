# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the daemons run with the expected settings.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import Check
from .base import HostConfig, host_finding, per_host_config

HIDDEN = "(hidden)"
_BOOLEANS = {"yes": "yes", "true": "yes", "on": "yes", "no": "no", "false": "no", "off": "no"}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?$")
#: A longer number is compared as text: it is an id, or does not fit a float.
_MAX_NUMBER_LENGTH = 6


def _canonical_word(word: str) -> str:
    if _NUMBER.match(word):
        return f"{float(word):g}" if len(word) <= _MAX_NUMBER_LENGTH else word
    return _BOOLEANS.get(word.lower(), word)


def canonical_words(value: t.Any) -> list[str]:
    """A value without insignificant differences: commas, spaces, quotes, leading zeros, and the
    spellings of yes and no.
    """
    if isinstance(value, (list, tuple)):
        return sorted(" ".join(canonical_words(member)) for member in value)
    text = str(value).strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace("\\\\", "\\").replace('\\"', '"')
    return [_canonical_word(word) for word in re.split(r"[,\s]+", text) if word]


def is_equal(daemon: str, expected: t.Any, effective: t.Any) -> bool:
    """Whether an effective value is the expected one."""
    if HIDDEN in (expected, effective) or str(effective).startswith("# hidden"):
        return True
    if isinstance(effective, list) and not isinstance(expected, list):
        effective = effective[-1]  # the last one counts
    expected_words, words = canonical_words(expected), canonical_words(effective)
    if daemon == "dovecot" and any(word.startswith("$") for word in expected_words):
        return {word for word in expected_words if not word.startswith("$")} <= set(words)
    if daemon == "opendkim" and expected_words in (["yes"], ["no"]) and words in (["1"], ["0"]):
        words = ["yes" if words == ["1"] else "no"]
    return expected_words == words


def _value_text(value: t.Any) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text or "(empty)"


def _difference(row: t.Mapping[str, t.Any]) -> Finding | None:
    """The finding for a setting that is not the expected one; None where it is."""
    expected, effective = row["expected"], row["effective"]
    if effective is not None and is_equal(row["daemon"], expected, effective):
        return None
    name = " ".join(filter(None, (row["daemon"], row["service"], row["name"])))
    shown = "not set" if effective is None else _value_text(effective)
    line = ("*", f"{name}: effective {shown}, expected {_value_text(expected)}")
    sentence = f"{name} is {shown}; expected is {_value_text(expected)}. {row['why']}".strip()
    return host_finding(FAIL, sentence, name, [line])


def settings_in_force(config: HostConfig) -> t.Iterator[Finding]:
    rows = config.facts.get("effective_settings", [])
    unread = dict.fromkeys(row["daemon"] for row in rows if row.get("unread"))
    for daemon in unread:
        sentence = f"The effective settings of {daemon} could not be read."
        yield host_finding(UNKNOWN, sentence, daemon)
    differences = [_difference(row) for row in rows if not row.get("unread")]
    failures = [item for item in differences if item]
    yield from failures
    if rows and not failures and not unread:
        daemons = ", ".join(dict.fromkeys(row["daemon"] for row in rows))
        sentence = f"All {len(rows)} expected settings are effective."
        lines = [("*", f"{len(rows)} settings compared: {daemons}")]
        yield host_finding(PASS, sentence, "", lines)


CHECKS = (
    Check(
        id="settings_in_force",
        title="Effective settings (postconf, doveconf, ...) equal those that the roles set",
        title_failed="Effective setting differs from the expected setting",
        group="host",
        severity="medium",
        evaluate=per_host_config(
            settings_in_force,
            "No expected settings were given (expected of mail_host_info).",
        ),
        control="None needed: the daemon's own program prints the effective value.",
        false_pass=(
            "The daemon would have to run with values that its own program does not print, "
            "such as those before a reload."
        ),
        impact=(
            "A manual change, a file in conf.d or a new release has replaced a setting. Many of "
            "these changes cannot be seen from outside."
        ),
        fix={
            "roles": (
                "Run the role again; it writes the files as a whole. Set intended differences in "
                "postfix_settings, dovecot_settings and the like."
            ),
            "postfix": (
                "Compare postconf -n and postconf -P with the expected settings, and set those "
                "that differ."
            ),
            "dovecot": (
                "Compare doveconf -n with the expected settings, and set those that differ."
            ),
            "opendkim": "Compare /etc/opendkim.conf with the expected settings.",
            "spamassassin": "Compare /etc/spamassassin/local.cf with the expected settings.",
            "any": "Unbound: compare unbound-checkconf -o NAME with the expected settings.",
        },
        references=(
            "https://www.postfix.org/postconf.1.html",
            "https://doc.dovecot.org/latest/core/man/doveconf.1.html",
        ),
    ),
)
