# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The key is created once, and the record follows from its public part."""

from __future__ import annotations

import base64
import shutil
import subprocess
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._dkim_key import (
    ensure_key,
    record,
    strings,
)
from ansible_collections.airtight.mail.plugins.module_utils._openssl import OpenSSL, OpenSSLError
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import GROUP, OWNER

if t.TYPE_CHECKING:
    import pathlib

PUBLIC = "-----BEGIN PUBLIC KEY-----\nMIIB\nIjAN\n-----END PUBLIC KEY-----\n"


def answer(argv: list[str], **how: t.Any) -> tuple[int, str, str]:
    """The openssl program: a private key, or the public part of one."""
    if argv[1] == "genpkey":
        return 0, "PRIVATE", ""
    if "-text_pub" in argv and how["data"] == "PRIVATE":
        return 0, "Public-Key: (2048 bit)\nModulus:\n    00:c1\n", ""
    return (0, PUBLIC, "") if how["data"] == "PRIVATE" else (1, "", "no key\n found here\n")


OPENSSL = OpenSSL(answer)


def options(path: pathlib.Path) -> dict[str, t.Any]:
    return {
        "path": str(path),
        "domain": "example.org",
        "selector": "mail",
        "bits": 2048,
        "types": ["rsa", "ed25519"],
        "owner": OWNER,
        "group": GROUP,
    }


def test_ensure_key_creates_a_key_once(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    result = ensure_key(options(path), OPENSSL, dry_run=False)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("PRIVATE", 0o600)
    assert (result["changed"], result["record"]) == (
        True,
        record("example.org", "mail", "MIIBIjAN"),
    )
    assert "PRIVATE" not in str(result)
    assert ensure_key(options(path), OPENSSL, dry_run=False)["changed"] is False


def test_ensure_key_in_a_dry_run_has_no_record_without_a_key(tmp_path: pathlib.Path) -> None:
    result = ensure_key(options(tmp_path / "key"), OPENSSL, dry_run=True)
    assert (result["changed"], "record" in result) == (True, False)
    assert not (tmp_path / "key").exists()


def test_ensure_key_reports_a_file_that_holds_no_key(tmp_path: pathlib.Path) -> None:
    (tmp_path / "key").write_text("SECRET")
    sentence = "^openssl pkey failed: exit code 1, output: no key found here$"
    with pytest.raises(OpenSSLError, match=sentence):
        ensure_key(options(tmp_path / "key"), OPENSSL, dry_run=False)


@pytest.mark.parametrize(
    ("length", "lengths"),
    [(0, []), (255, [255]), (256, [255, 1]), (600, [255, 255, 90])],
)
def test_strings_have_at_most_255_characters(length: int, lengths: list[int]) -> None:
    assert [len(string) for string in strings("x" * length)] == lengths


def test_record_has_a_line_for_a_zone_file() -> None:
    found = record("example.org", "mail", "A" * 300)
    assert found["name"] == "mail._domainkey.example.org"
    assert found["type"] == "TXT"
    assert found["value"] == "v=DKIM1; h=sha256; k=rsa; p=" + "A" * 300
    rest = 300 - (255 - len("v=DKIM1; h=sha256; k=rsa; p="))
    assert found["zone_line"].startswith(
        'mail._domainkey.example.org. IN TXT ( "v=DKIM1; h=sha256; k=rsa; p=AAA'
    )
    assert found["zone_line"].endswith(f'" "{"A" * rest}" )')


def run(argv: list[str], **how: t.Any) -> tuple[int, str, str]:
    done = subprocess.run(
        argv, input=how.get("data"), capture_output=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout, done.stderr


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
MADE = {
    "rsa 512": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"],
    "rsa 1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "ed25519": ["-algorithm", "ed25519"],
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
}


def with_key(path: pathlib.Path, kind: str, **changes: t.Any) -> dict[str, t.Any]:
    """What ensure_key returns for a key of the openssl program."""
    path.write_text(OpenSSL(run).call("genpkey", *MADE[kind]))
    return ensure_key({**options(path), **changes}, OpenSSL(run), dry_run=True)


@needs_openssl
@pytest.mark.parametrize(
    ("kind", "types", "sentence"),
    [
        ("rsa 512", ["rsa"], "holds an RSA key of 512 bits, and receivers accept no signature by"),
        ("ed25519", ["rsa"], "holds a key that is Ed25519, and not RSA; remove the file or choose"),
        ("ec", ["rsa", "ed25519"], "holds a key that is of another type, and not RSA or Ed25519"),
        ("rsa 1024", ["ed25519"], "holds a key that is RSA, and not Ed25519"),
    ],
)
def test_key_that_cannot_sign_is_refused(
    tmp_path: pathlib.Path, kind: str, types: list[str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        with_key(tmp_path / "key", kind, types=types)


@needs_openssl
def test_record_of_a_key_has_its_type(tmp_path: pathlib.Path) -> None:
    value = with_key(tmp_path / "key", "rsa 1024")["record"]["value"]
    assert value.startswith("v=DKIM1; h=sha256; k=rsa; p=MI")
    value = with_key(tmp_path / "key", "ed25519")["record"]["value"]
    kind, key = value.replace("v=DKIM1; h=sha256; ", "").split("; p=")
    assert (kind, len(base64.b64decode(key))) == ("k=ed25519", 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "example.org\nevil"},
        {"domain": 'example.org" ) x'},
        {"domain": ""},
        {"domain": "a..b"},
        {"domain": "b\u00fccher.example"},
        {"selector": "mail._domainkey.example.org. IN"},
        {"selector": "x" * 64},
        {"path": "key"},
    ],
)
def test_odd_options_are_refused(tmp_path: pathlib.Path, changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"not a name in the DNS|from the root directory"):
        ensure_key({**options(tmp_path / "key"), **changes}, OPENSSL, dry_run=False)
    assert list(tmp_path.iterdir()) == []
