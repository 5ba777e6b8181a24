# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._dkim_key import (
    DkimError,
    generate,
    public_key,
    record,
    split,
)

PUBLIC = "-----BEGIN PUBLIC KEY-----\nMIIB\nIjAN\n-----END PUBLIC KEY-----\n"


class OpenSsl:
    """Answers like the program, and writes down what it was asked."""

    def __init__(self, code: int = 0, out: str = "", err: str = "") -> None:
        self.answer = (code, out, err)
        self.asked: list[tuple[list[str], str]] = []

    def __call__(self, argv: list[str], given: str) -> tuple[int, str, str]:
        self.asked.append((argv, given))
        return self.answer


def test_the_private_key_is_no_argument() -> None:
    openssl = OpenSsl(out=PUBLIC)
    assert public_key(openssl, "PRIVATE") == "MIIBIjAN"
    assert openssl.asked == [(["openssl", "pkey", "-pubout"], "PRIVATE")]


def test_a_key_of_the_wanted_length_is_made() -> None:
    openssl = OpenSsl(out="PRIVATE")
    assert generate(openssl, 2048) == "PRIVATE"
    assert "rsa_keygen_bits:2048" in openssl.asked[0][0]


def test_what_openssl_says_is_told() -> None:
    with pytest.raises(
        DkimError, match=r"cannot read the private key, it ended with 1 and said: no key found here"
    ):
        public_key(OpenSsl(1, "PRIVATE", "no key\n found here\n"), "PRIVATE")
    with pytest.raises(DkimError, match=r"\(nothing\)"):
        generate(OpenSsl(127), 2048)


@pytest.mark.parametrize(
    ("length", "pieces"),
    [(0, []), (255, [255]), (256, [255, 1]), (600, [255, 255, 90])],
)
def test_split(length: int, pieces: list[int]) -> None:
    assert [len(piece) for piece in split("x" * length)] == pieces


def test_record() -> None:
    found = record("example.org", "mail", "A" * 300)
    assert found["name"] == "mail._domainkey.example.org"
    assert found["type"] == "TXT"
    assert found["value"] == "v=DKIM1; h=sha256; k=rsa; p=" + "A" * 300
    rest = 300 - (255 - len("v=DKIM1; h=sha256; k=rsa; p="))
    assert found["zone_line"].startswith(
        'mail._domainkey.example.org. IN TXT ( "v=DKIM1; h=sha256; k=rsa; p=AAA'
    )
    assert found["zone_line"].endswith(f'" "{"A" * rest}" )')
