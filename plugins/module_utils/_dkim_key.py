# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DKIM key: its file, and the DNS record that publishes it.

Knows no Ansible. A private key goes to the openssl program on its standard input only.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ._config_files.diff import diff
from ._config_files.files import DesiredFile, read_state
from ._config_files.transaction import write_file

if t.TYPE_CHECKING:
    from ._openssl import OpenSSL

#: The longest string of a TXT record (RFC 1035, section 3.3).
STRING_LENGTH = 255


def strings(value: str) -> list[str]:
    """A text in strings that a TXT record can hold."""
    return [value[start : start + STRING_LENGTH] for start in range(0, len(value), STRING_LENGTH)]


def record(domain: str, selector: str, public: str) -> dict[str, str]:
    """The TXT record that publishes a public key."""
    name, value = f"{selector}._domainkey.{domain}", f"v=DKIM1; h=sha256; k=rsa; p={public}"
    quoted = " ".join(f'"{string}"' for string in strings(value))
    return {
        "name": name,
        "type": "TXT",
        "value": value,
        "zone_line": f"{name}. IN TXT ( {quoted} )",
    }


def ensure_key(options: t.Mapping[str, t.Any], openssl: OpenSSL, dry_run: bool) -> dict[str, t.Any]:
    """Create the key where there is none, and correct its owner; returns what the module returns.

    The record of a key that a dry run does not create is not known.
    """
    result: dict[str, t.Any] = {}
    private = read_state(options["path"]).content
    if private is None and not dry_run:
        private = openssl.new_rsa_key(options["bits"]).encode("ascii")
    if private is not None:
        public = openssl.public_key(private.decode("utf-8", errors="replace"))
        result["record"] = record(options["domain"], options["selector"], public)
    desired = DesiredFile(
        options["path"], private or b"", options["owner"], options["group"], 0o600, secret=True
    )
    changes = write_file(desired, dry_run)
    return {**result, "changed": bool(changes), "diff": diff(changes)}
