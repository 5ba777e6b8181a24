# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes that several STARTTLS checks share.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

UPDATE_PROXY = (
    "Update the proxy, firewall or load balancer that does STARTTLS, or disable STARTTLS in it."
)
UPDATE_ROLES = "Update Postfix and Dovecot (apt upgrade); no setting of the roles causes this."
