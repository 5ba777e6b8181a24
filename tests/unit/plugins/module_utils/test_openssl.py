# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates made by the openssl program, verified by another implementation of X.509."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
from cryptography import x509
from cryptography.x509 import verification

from ansible_collections.airtight.mail.plugins.module_utils import _openssl as core


def run(argv: list[str], data: str, **_how: bool) -> tuple[int, str, str]:
    done = subprocess.run(argv, input=data, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


OPENSSL = core.OpenSSL(run)
NAMES = ["mx1.example.org", "mail.example.org"]


@pytest.fixture(name="authority", scope="module")
def private_authority(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("ca")
    core.write_private(str(directory / "ca.key"), OPENSSL.new_key("ecdsa"))
    (directory / "ca.pem").write_text(
        OPENSSL.new_authority(str(directory / "ca.key"), "test authority", 30)
    )
    return directory


@pytest.fixture(name="key", scope="module")
def host_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("host") / "deep" / "privkey.pem")
    core.write_private(path, OPENSSL.new_key("ecdsa"))
    return path


@pytest.fixture(name="certificate", scope="module")
def signed(authority: pathlib.Path, key: str) -> str:
    return OPENSSL.sign(str(authority), OPENSSL.signing_request(key, NAMES[0]), NAMES, 20)


@pytest.mark.parametrize("key_type", ["ecdsa", "rsa"])
def test_signed_certificate_satisfies_a_strict_verifier(
    authority: pathlib.Path, tmp_path: pathlib.Path, key_type: str
) -> None:
    key = str(tmp_path / "key.pem")
    core.write_private(key, OPENSSL.new_key(key_type))
    leaf = x509.load_pem_x509_certificate(
        OPENSSL.sign(str(authority), OPENSSL.signing_request(key, "x"), NAMES, 20).encode()
    )
    anchor = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    builder = verification.PolicyBuilder().store(verification.Store([anchor]))
    for name in NAMES:
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, [])
    with pytest.raises(verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("example.org")).verify(leaf, [])


def test_write_private_closes_the_file(key: str) -> None:
    path = pathlib.Path(key)
    path.chmod(0o644)
    core.write_private(key, path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600


def test_has_key_knows_the_type_of_a_key(key: str) -> None:
    assert (OPENSSL.has_key(key, "ecdsa"), OPENSSL.has_key(key, "rsa")) == (True, False)
    assert not OPENSSL.has_key(f"{key}.none", "ecdsa")


def test_renewal_reason_of_a_compliant_certificate_is_empty(
    authority: pathlib.Path, key: str, certificate: str
) -> None:
    issuer = (authority / "ca.pem").read_text()
    assert OPENSSL.renewal_reason(certificate, key, reversed(NAMES), 10, issuer) == ""
    assert OPENSSL.renewal_reason(certificate, key, NAMES, 10, "") == ""


def test_renewal_reason_says_what_is_wrong(
    authority: pathlib.Path, key: str, certificate: str, tmp_path: pathlib.Path
) -> None:
    other_key = str(tmp_path / "ca.key")
    core.write_private(other_key, OPENSSL.new_key("ecdsa"))
    other_issuer = OPENSSL.new_authority(other_key, "test authority", 30)
    issuer = (authority / "ca.pem").read_text()
    cases = [
        (("", key, NAMES, 10, issuer), "there is no certificate"),
        (
            (certificate, key, NAMES[:1], 10, issuer),
            "its DNS names are mail.example.org, mx1.example.org",
        ),
        ((certificate, other_key, NAMES, 10, issuer), "it was issued for another key"),
        ((certificate, key, NAMES, 21, issuer), "it expires in less than 21 days"),
        (
            (certificate, key, NAMES, 10, other_issuer),
            "it was issued by another certificate authority",
        ),
        ((issuer, key, NAMES, 10, issuer), "its DNS names are (none)"),
    ]
    assert [OPENSSL.renewal_reason(*arguments) for arguments, _reason in cases] == [
        reason for _arguments, reason in cases
    ]


def test_call_reports_a_failure_in_one_line() -> None:
    with pytest.raises(core.OpenSSLError, match="openssl x509 failed: exit code 1, output: "):
        OPENSSL.dns_names("no certificate")


def test_call_reports_a_missing_program() -> None:
    def missing(_argv: list[str], **_how: object) -> tuple[int, str, str]:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(
        core.OpenSSLError, match=r"^openssl cannot be run: No such file or directory\.$"
    ):
        core.OpenSSL(missing).new_key("ecdsa")


def test_public_key_passes_the_private_key_on_standard_input_only() -> None:
    calls = []

    def answer(argv: list[str], data: str, **_how: object) -> tuple[int, str, str]:
        calls.append((argv, data))
        return 0, "-----BEGIN PUBLIC KEY-----\nMIIB\nIjAN\n-----END PUBLIC KEY-----\n", ""

    assert core.OpenSSL(answer).public_key("PRIVATE") == "MIIBIjAN"
    assert calls == [(["openssl", "pkey", "-pubout"], "PRIVATE")]


def test_new_rsa_key_has_the_length() -> None:
    assert "PRIVATE KEY" in OPENSSL.new_rsa_key(2048)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "mx1.example.org\n[x]",
        "mx1.example.org,IP:192.0.2.1",
        "$ENV::HOME",
        "a..b",
        "*",
        "a.*.org",
        "\u00fc.example",
        "x" * 64,
        "a." * 130,
    ],
)
def test_what_is_not_one_name_goes_into_no_certificate(name: str) -> None:
    for call in (
        lambda: OPENSSL.signing_request("/nonexistent", name),
        lambda: OPENSSL.sign("/nonexistent", "", ["mx1.example.org", name], 1),
    ):
        with pytest.raises(core.OpenSSLError, match="cannot be a name in a certificate"):
            call()


@pytest.mark.parametrize("name", ["", "a\nb", "a\n[ca]\nbasicConstraints = CA:TRUE", "$x", "a\\"])
def test_name_of_an_authority_is_one_text(name: str) -> None:
    with pytest.raises(core.OpenSSLError, match="cannot be a name in a certificate"):
        OPENSSL.new_authority("/nonexistent", name, 1)


@pytest.mark.parametrize("content", ["", "-----BEGIN PRIVATE KEY-----\nMIGH"])
def test_part_of_a_key_is_no_key_and_is_replaced(tmp_path: pathlib.Path, content: str) -> None:
    path = tmp_path / "privkey.pem.new"
    path.write_text(content)
    assert not OPENSSL.has_sound_key(str(path), "ecdsa")
    core.write_private(str(path), OPENSSL.new_key("ecdsa"))
    assert OPENSSL.has_sound_key(str(path), "ecdsa")
    assert path.stat().st_mode & 0o777 == 0o600


def test_key_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(core.OpenSSLError, match="cannot be written: No space left"):
        core.write_private(str(tmp_path / "key"), "secret")
    assert list(tmp_path.iterdir()) == []
