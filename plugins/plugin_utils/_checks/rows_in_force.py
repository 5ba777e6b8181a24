# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The row of the catalogue about what was decided: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .host.effective_settings import judge_in_force

ROWS = (
    Check(
        "settings_in_force",
        ("HT-03",),
        "The daemons run with what was decided",
        "host",
        "medium",
        judge_in_force,
        "Somebody chose each setting for a reason. A change by hand in a hurry, a file in conf.d that is read later, or a new version with other names "
        "takes it back, and nobody is told. Many settings cannot be seen from outside until somebody needs them.",
        "Run the role again: it writes the files as a whole. Put what you want otherwise into postfix_settings, dovecot_settings and their like, so that it "
        "is decided too.",
        "Postfix: compare postconf -n and postconf -P with what you meant. Dovecot: doveconf -n. Unbound: unbound-checkconf -o NAME. Then ask who changed "
        "it, and why.",
        ("https://www.postfix.org/postconf.1.html", "https://doc.dovecot.org/latest/core/man/doveconf.1.html"),
    ),
)
