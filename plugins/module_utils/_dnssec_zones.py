# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones of the public DNS that show whether a resolver validates DNSSEC.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

#: A zone that is never signed (RFC 8375 section 4). A resolver that sets AD on it without
#: signatures validates nothing.
UNSIGNED = "home.arpa"
#: A zone whose signatures are wrong on purpose; a validating resolver gives no record of it.
MISSIGNED = "dnssec-failed.org"
