# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixes of a check, in the order in which a reader needs them.

Pure: a verdict in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .grouping import Verdict

ROLES = "roles"
#: The key of a fix for software that has none of its own.
ANY = "any"
#: Names that are not their key with a capital.
_NAMES = {
    ANY: "any software",
    "dns": "DNS",
    "opendkim": "OpenDKIM",
    "opensmtpd": "OpenSMTPD",
    "spamassassin": "SpamAssassin",
}
#: What answers on a mail port. Where it is known, the fixes of the others are left out.
MAIL_SERVERS = ("postfix", "exim", "sendmail", "opensmtpd", "dovecot", "courier", "cyrus")


class Fix(t.NamedTuple):
    """What to set, and in which software."""

    software: str
    text: str

    @property
    def label(self) -> str:
        """How a table of findings names it."""
        return f"Fix ({self.software})"

    @property
    def sentence(self) -> str:
        """The fix in one line."""
        return f"{self.software}: {self.text}"


def fixes(verdict: Verdict) -> list[Fix]:
    """The fix for the software that answered, then that of the roles, then the others.

    Where the software is known, the fixes of other mail servers are left out, and so is the
    general one if it has one of its own.
    """
    software, texts = verdict["software"], verdict["fix"]
    specific = [key for key in texts if key not in (ROLES, ANY)]
    shown = [key for key in dict.fromkeys([software, ROLES, *specific, ANY]) if key in texts]
    if software:
        shown = [key for key in shown if key == software or key not in MAIL_SERVERS]
    if software in texts:
        shown = [key for key in shown if key != ANY]
    return [Fix(_name(key), texts[key]) for key in shown]


def fixes_of_all(verdicts: t.Iterable[Verdict]) -> list[Fix]:
    """The fixes for hosts that may run different software, each once."""
    return list(dict.fromkeys(fix for verdict in verdicts for fix in fixes(verdict)))


def _name(key: str) -> str:
    return _NAMES.get(key) or (key.capitalize() if key in MAIL_SERVERS else key)
