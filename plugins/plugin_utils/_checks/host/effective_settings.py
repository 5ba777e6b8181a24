# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges whether the daemons run with what was decided.

Reads stored facts only; opens nothing.

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
from .base import Truth, host_fact

HIDDEN = "(hidden)"
_SAME = {"yes": "yes", "true": "yes", "on": "yes", "no": "no", "false": "no", "off": "no"}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?$")


def _word(word: str) -> str:
    if _NUMBER.match(word):
        return f"{float(word):g}" if len(word) < 7 else word
    return _SAME.get(word.lower(), word)


def words(value: t.Any) -> list[str]:
    """A value without what makes no difference: commas, spaces, quotes, leading zeros, other words
    for yes and no.
    """
    if isinstance(value, (list, tuple)):
        return sorted(" ".join(words(one)) for one in value)
    text = str(value).strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace("\\\\", "\\").replace('\\"', '"')
    return [_word(word) for word in re.split(r"[,\s]+", text) if word]


def same(daemon: str, decided: t.Any, found: t.Any) -> bool:
    """Whether a value in force is the one that was decided."""
    if HIDDEN in (decided, found) or str(found).startswith("# hidden"):
        return True
    if isinstance(found, list) and not isinstance(decided, list):
        found = found[-1]  # the last one counts
    want, have = words(decided), words(found)
    if daemon == "dovecot" and any(word.startswith("$") for word in want):
        return {word for word in want if not word.startswith("$")} <= set(have)
    if daemon == "opendkim" and want in (["yes"], ["no"]) and have in (["1"], ["0"]):
        have = ["yes" if have == ["1"] else "no"]
    return want == have


def _told(value: t.Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _row(row: t.Mapping[str, t.Any]) -> Finding | None:
    """What is wrong with one setting; None when it is in force."""
    name = " ".join(filter(None, (row["daemon"], row["service"], row["name"])))
    if row["found"] is None:
        return Finding(
            FAIL,
            (
                f"{name} is not set. Decided was: {_told(row['decided']) or 'nothing'}. "
                f"{row['why']}"
            ).strip(),
            subject=name,
        )
    if same(row["daemon"], row["decided"], row["found"]):
        return None
    values = (
        name,
        _told(row["found"]) or "nothing",
        _told(row["decided"]) or "nothing",
        row["why"],
    )
    return Finding(FAIL, ("%s is: %s. Decided was: %s. %s" % values).strip(), subject=name)


def settings_in_force(seen: Truth) -> t.Iterator[Finding]:
    rows = seen.facts.get("in_force", [])
    unread = dict.fromkeys(row["daemon"] for row in rows if row.get("unread"))
    yield from (
        Finding(UNKNOWN, f"What {daemon} runs with could not be read.", subject=daemon)
        for daemon in unread
    )
    wrong = [finding for finding in (_row(row) for row in rows if not row.get("unread")) if finding]
    yield from wrong
    if rows and not wrong and not unread:
        yield Finding(PASS, f"All {len(rows)} settings that were decided are in force.")


CHECKS = (
    Check(
        id="settings_in_force",
        title="Effective settings (postconf, doveconf, ...) equal the expected settings",
        title_failed="Effective setting differs from the expected setting",
        group="host",
        severity="medium",
        evaluate=host_fact(
            settings_in_force,
            "Nobody said what was decided for this host (expected of mail_host_info).",
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
