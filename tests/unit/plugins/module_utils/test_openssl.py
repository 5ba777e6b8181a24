# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates made by the openssl program, judged by another implementation of X.509."""

from __future__ import annotations

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
    return OPENSSL.sign(str(authority), OPENSSL.request(key, NAMES[0]), NAMES, 20)


@pytest.mark.parametrize("key_type", ["ecdsa", "rsa"])
def test_a_strict_verifier_takes_the_certificate(
    authority: pathlib.Path, tmp_path: pathlib.Path, key_type: str
) -> None:
    key = str(tmp_path / "key.pem")
    core.write_private(key, OPENSSL.new_key(key_type))
    leaf = x509.load_pem_x509_certificate(
        OPENSSL.sign(str(authority), OPENSSL.request(key, "x"), NAMES, 20).encode()
    )
    anchor = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    builder = verification.PolicyBuilder().store(verification.Store([anchor]))
    for name in NAMES:
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, [])
    with pytest.raises(verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("example.org")).verify(leaf, [])


def test_a_private_key_is_for_its_owner_only(key: str) -> None:
    path = pathlib.Path(key)
    path.chmod(0o644)
    core.write_private(key, path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_type_of_a_key_is_known(key: str) -> None:
    assert (OPENSSL.key_is(key, "ecdsa"), OPENSSL.key_is(key, "rsa")) == (True, False)
    assert not OPENSSL.key_is(f"{key}.none", "ecdsa")


def test_a_sound_certificate_is_not_due(
    authority: pathlib.Path, key: str, certificate: str
) -> None:
    assert (
        OPENSSL.why_due(certificate, key, reversed(NAMES), 10, (authority / "ca.pem").read_text())
        == ""
    )
    assert OPENSSL.why_due(certificate, key, NAMES, 10, "") == ""


def test_a_certificate_is_due_for_a_reason(
    authority: pathlib.Path, key: str, certificate: str, tmp_path: pathlib.Path
) -> None:
    other = str(tmp_path / "ca.key")
    core.write_private(other, OPENSSL.new_key("ecdsa"))
    stranger = OPENSSL.new_authority(other, "test authority", 30)
    issuer = (authority / "ca.pem").read_text()
    assert OPENSSL.why_due("", key, NAMES, 10, issuer) == "there is none"
    assert (
        OPENSSL.why_due(certificate, key, NAMES[:1], 10, issuer)
        == "it names mail.example.org, mx1.example.org"
    )
    assert OPENSSL.why_due(certificate, other, NAMES, 10, issuer) == "it belongs to another key"
    assert OPENSSL.why_due(certificate, key, NAMES, 21, issuer) == "it ends in less than 21 days"
    assert (
        OPENSSL.why_due(certificate, key, NAMES, 10, stranger)
        == "it is not from this certificate authority"
    )
    assert OPENSSL.why_due(issuer, key, NAMES, 10, issuer) == "it names nobody"


def test_what_openssl_refuses_is_said_in_one_line() -> None:
    with pytest.raises(core.CertificateError, match="openssl x509 ended with 1 and said: "):
        OPENSSL.names_in("no certificate")


def test_a_missing_program_is_one_sentence() -> None:
    def nothing(_argv: list[str], **_how: object) -> tuple[int, str, str]:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(
        core.CertificateError, match=r"^openssl cannot be run: No such file or directory\.$"
    ):
        core.OpenSSL(nothing).new_key("ecdsa")
