# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a report links to: the page of a check, the row and the page of a host.

Pure: names in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

HOME = "https://github.com/airtight-mail/airtight.mail"
_NOT_IN_FILE_NAMES = re.compile(r"[^a-z0-9.-]+")
#: How long a name in an address may be, and how much of its digest makes it unique.
_MAX_NAME, _DIGEST = 80, 8


def check_page(check: str) -> str:
    """Where a check is described."""
    return f"{HOME}/blob/main/docs/reference/checks.md#{quote(check)}"


def host_id(name: str) -> str:
    """A name of a host for a file or an anchor: the name itself where it can be, else what is left
    of it and a digest.
    """
    plain = _NOT_IN_FILE_NAMES.sub("-", name.lower()).strip(".-")[:_MAX_NAME]
    if plain and plain == name:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain}-{digest[:_DIGEST]}"


def host_page(name: str, folder: str) -> str:
    """The address of the page of a host; empty where there are no such pages."""
    return f"{folder}/{host_id(name)}.html" if folder else ""
