# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DKIM key: its file, and the DNS record that publishes it.

Knows no Ansible. A private key goes to the openssl program on its standard input only.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import os
import re
import typing as t

from ._config_files.diff import diff
from ._config_files.files import ConfigError, DesiredFile, read_state
from ._config_files.transaction import write_file

if t.TYPE_CHECKING:
    from ._openssl import OpenSSL

#: The longest string of a TXT record (RFC 1035, section 3.3).
STRING_LENGTH = 255
#: Verifiers do not accept signatures by shorter RSA keys (RFC 8301, section 3.2).
MIN_BITS = 1024
TYPES = {"rsa": "RSA", "ed25519": "Ed25519"}
#: A name in the DNS, of which each label has its usual characters.
NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}([.][A-Za-z0-9_-]{1,63})*")


def strings(value: str) -> list[str]:
    """A text in strings that a TXT record can hold."""
    return [value[start : start + STRING_LENGTH] for start in range(0, len(value), STRING_LENGTH)]


def record(domain: str, selector: str, public: str, key_type: str = "rsa") -> dict[str, str]:
    """The TXT record that publishes a public key."""
    name, value = f"{selector}._domainkey.{domain}", f"v=DKIM1; h=sha256; k={key_type}; p={public}"
    quoted = " ".join(f'"{string}"' for string in strings(value))
    return {
        "name": name,
        "type": "TXT",
        "value": value,
        "zone_line": f"{name}. IN TXT ( {quoted} )",
    }


def check_options(options: t.Mapping[str, t.Any]) -> None:
    """Raises ConfigError for options that do not name one file and one record."""
    for name in ("domain", "selector"):
        if not NAME.fullmatch(options[name]):
            raise ConfigError(f"{name} is {options[name]!r}, which is not a name in the DNS.")
    if not os.path.isabs(options["path"]):
        raise ConfigError(f"path is {options['path']!r}; write it from the root directory on.")


def published(private: str, options: t.Mapping[str, t.Any], openssl: OpenSSL) -> dict[str, str]:
    """The record of a private key; raises ConfigError for a key that receivers do not accept."""
    path, kind, bits = options["path"], *openssl.public_facts(private)
    public = openssl.public_key(private)
    if kind == "rsa" and bits < MIN_BITS:
        raise ConfigError(
            f"{path} holds an RSA key of {bits} bits, and receivers accept no signature by less "
            f"than {MIN_BITS}; remove the file or choose another selector for a new key."
        )
    if kind not in options["types"]:
        wanted = " or ".join(TYPES[name] for name in options["types"])
        raise ConfigError(
            f"{path} holds a key that is {TYPES.get(kind, kind)}, and not {wanted}; remove the "
            "file or choose another selector for a new key."
        )
    if kind == "ed25519":  # the key itself, without the wrapping of RSA (RFC 8463, section 4)
        public = base64.b64encode(base64.b64decode(public)[-32:]).decode("ascii")
    return record(options["domain"], options["selector"], public, kind)


def ensure_key(options: t.Mapping[str, t.Any], openssl: OpenSSL, dry_run: bool) -> dict[str, t.Any]:
    """Create the key where there is none, and correct its owner; returns what the module returns.

    The record of a key that a dry run does not create is not known.
    """
    check_options(options)
    result: dict[str, t.Any] = {}
    private = read_state(options["path"]).content
    if private is None and not dry_run:
        private = openssl.new_rsa_key(options["bits"]).encode("ascii")
    if private is not None:
        text = private.decode("utf-8", errors="replace")
        result["record"] = published(text, options, openssl)
    desired = DesiredFile(
        options["path"], private or b"", options["owner"], options["group"], 0o600, secret=True
    )
    changes = write_file(desired, dry_run)
    return {**result, "changed": bool(changes), "diff": diff(changes)}
