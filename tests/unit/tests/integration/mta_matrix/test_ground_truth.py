# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The facts that the ground truth reads from what a server of the MTA matrix does."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ground_truth
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from target_endpoint import Endpoint, unverified_context

HOST = "127.0.0.1"
NAME = "mx1.example.org"


@pytest.fixture(name="certificate", scope="module")
def make_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate behind its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    )
    path = tmp_path_factory.mktemp("tls") / "mx1.pem"
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signed = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(key.private_bytes(*form) + signed)
    return path


@contextlib.contextmanager
def tls_server(certificate: Path, version: ssl.TLSVersion) -> Iterator[Endpoint]:
    """A TLS port of IMAP that has one version alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_ciphers("HIGH:!aNULL:!3DES:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _peer = listener.accept()
                with contextlib.suppress(OSError), context.wrap_socket(link, server_side=True):
                    pass

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        ca = certificate.read_text(encoding="ascii").partition("-----END PRIVATE KEY-----\n")[2]
        ports = {"imaps": listener.getsockname()[1]}
        yield Endpoint({"host": NAME, "ca": ca, "audit": {"ports": ports}}, "imaps", HOST)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def any_version(ciphers: str = "ALL:@SECLEVEL=0") -> ssl.SSLContext:
    """As on a host whose OpenSSL sets no minimum of its own."""
    context = unverified_context(ciphers)
    context.minimum_version = ssl.TLSVersion.TLSv1
    return context


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "facts"),
    [
        (ssl.TLSVersion.TLSv1, {"old_tls"}),
        (ssl.TLSVersion.TLSv1_3, set()),
    ],
)
def test_tls_facts_version_that_no_client_of_today_has_is_a_fact(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, version: ssl.TLSVersion, facts: set[str]
) -> None:
    monkeypatch.setattr(ground_truth, "unverified_context", any_version)
    with tls_server(certificate, version) as endpoint:
        assert {fact for fact, _how in ground_truth.tls_facts(endpoint)} == facts


class Client:
    """An SMTP session in clear text that answers every command so, and offers no AUTH."""

    def __init__(self, answers: dict[str, tuple[int, bytes]]) -> None:
        self.answers = answers

    def docmd(self, command: str, *_words: str) -> tuple[int, bytes]:
        return self.answers.get(command.split(maxsplit=1)[0], (503, b"no"))

    def rset(self) -> None:
        """Forget the transaction."""

    def has_extn(self, _name: str) -> bool:
        return False


@pytest.mark.parametrize(
    ("service", "mail", "recipient", "facts"),
    [
        ("submissions", (250, b"Ok"), (550, b"a login is required"), {"mail_in_clear"}),
        ("submission", (250, b"Ok"), (550, b"a login is required"), {"mail_in_clear"}),
        ("submissions", (250, b"Ok"), (550, b"TLS is required"), set()),
        ("submissions", (530, b"Must issue STARTTLS"), (503, b"no"), set()),
        ("smtp", (250, b"Ok"), (250, b"Ok"), set()),
    ],
)
def test_clear_mail_is_a_fact_on_every_submission_port(
    service: str, mail: tuple[int, bytes], recipient: tuple[int, bytes], facts: set[str]
) -> None:
    endpoint = Endpoint({"host": NAME, "password": "secret", "audit": {}}, service, HOST)
    client: Any = Client({"MAIL": mail, "RCPT": recipient})
    assert {fact for fact, _how in ground_truth._clear(endpoint, client)} == facts
