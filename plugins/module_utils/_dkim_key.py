# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a DKIM key and the DNS record that publishes it.

Knows no Ansible and opens no file. A private key goes to the openssl program on its standard input
only.
PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import typing as t

# A program, what it reads on its standard input, and what it answers: exit code, output, errors.
Run = t.Callable[[t.List[str], str], t.Tuple[int, str, str]]

STRING_LENGTH = 255


class DkimError(Exception):
    """There is no usable key; the message says why and holds no secret."""


def _openssl(run: Run, arguments: list[str], given: str, purpose: str) -> str:
    code, out, err = run(["openssl", *arguments], given)
    if code != 0:
        said = " ".join(line.strip() for line in err.splitlines() if line.strip())
        raise DkimError(
            f"openssl cannot {purpose}, it ended with {code} and said: {said or '(nothing)'}"
        )
    return out


def generate(run: Run, bits: int) -> str:
    """A new private RSA key in PEM."""
    arguments = ["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
    return _openssl(run, arguments, "", f"make an RSA key of {bits} bits")


def public_key(run: Run, private: str) -> str:
    """The public half of a private key, in base64 on one line."""
    pem = _openssl(run, ["pkey", "-pubout"], private, "read the private key")
    return "".join(line.strip() for line in pem.splitlines() if not line.startswith("-----"))


def split(value: str) -> list[str]:
    """A text in the pieces that a TXT record may carry."""
    return [value[start : start + STRING_LENGTH] for start in range(0, len(value), STRING_LENGTH)]


def record(domain: str, selector: str, public: str) -> dict[str, str]:
    """The TXT record that publishes a public key."""
    name, value = f"{selector}._domainkey.{domain}", f"v=DKIM1; h=sha256; k=rsa; p={public}"
    strings = " ".join(f'"{part}"' for part in split(value))
    return {
        "name": name,
        "type": "TXT",
        "value": value,
        "zone_line": f"{name}. IN TXT ( {strings} )",
    }
