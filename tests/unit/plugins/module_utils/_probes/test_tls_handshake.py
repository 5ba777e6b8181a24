# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The TLS probes against scripts, and their hello against a real TLS server, which shows that the
control works.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.airtight.mail.plugins.module_utils._probes import plan_tls
from ansible_collections.airtight.mail.plugins.module_utils._probes import tls_handshake as probes
from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    tls_client_hello,
    tls_server_hello,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, TIMEOUT, Item, play

HANDSHAKE = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "certificate": "3000",
    "early_bytes": 0,
}
SERVER_HELLO = bytes.fromhex("160303002a02000026 0303") + b"r" * 32 + bytes.fromhex("00 c02f 00")
RESET = WireError("closed", "the connection broke: reset by peer")
STARTTLS: dict[str, list[Item]] = {
    "smtp": [b"220 hi\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"220 go\r\n"],
    "imap": [b"* OK hi\r\n", b"t1 OK go\r\n"],
    "pop3": [b"+OK hi\r\n", b"+OK go\r\n"],
    "sieve": [b'"STARTTLS"\r\nOK\r\n', b"OK go\r\n"],
}


def params(protocol: str = "smtp", implicit_tls: bool = True, **more: t.Any) -> dict[str, t.Any]:
    names = {
        "helo": "me.example.net",
        "server_name": "mx1.example.org",
        "max_version": "TLSv1.2",
        "suites": "all",
    }
    return {"protocol": protocol, "implicit_tls": implicit_tls, **names, **more}


@pytest.mark.parametrize("protocol", STARTTLS)
def test_every_protocol_comes_to_the_handshake(protocol: str) -> None:
    played = play(probes.certificate, params(protocol, False), [*STARTTLS[protocol], HANDSHAKE])
    assert played.error is None
    assert played.facts == HANDSHAKE
    implicit = play(probes.certificate, params(protocol), [HANDSHAKE])
    assert implicit.facts == HANDSHAKE
    assert implicit.sent == []


def test_certificate_of_a_failed_handshake() -> None:
    played = play(probes.certificate, params(), [WireError("tls", "no shared cipher")])
    assert played.error is not None
    assert played.error.kind == "tls"
    assert played.facts == {}


def test_protocols_are_agreed_to_or_refused() -> None:
    asked = params(alpn=["http/1.1"])
    assert play(probes.alpn, asked, [{**HANDSHAKE, "alpn": "http/1.1"}]).facts["alpn"] == "http/1.1"
    refused = play(
        probes.alpn,
        asked,
        [WireError("tls", "the TLS handshake failed: TLSV1_ALERT_NO_APPLICATION_PROTOCOL")],
    )
    assert (refused.error, list(refused.facts)) == (None, ["refused"])
    lost = play(probes.alpn, asked, [TIMEOUT])
    assert lost.error is not None
    assert lost.facts == {}


def test_trust() -> None:
    assert play(probes.trust, params(), [HANDSHAKE]).facts == {**HANDSHAKE, "trusted": True}
    untrusted = play(probes.trust, params(), [WireError("certificate", "self-signed certificate")])
    assert untrusted.error is None
    assert untrusted.facts == {"trusted": False, "verify_error": "self-signed certificate"}
    broken = play(probes.trust, params(), [WireError("tls", "broken")])
    assert broken.error is not None
    assert broken.facts == {}


HELLOS: dict[str, tuple[list[Item], dict[str, t.Any], str]] = {
    "accepted": (
        [SERVER_HELLO[:20], SERVER_HELLO[20:]],
        {
            "answer": "hello",
            "version": "TLSv1.2",
            "suite": 0xC02F,
            "compression": 0,
            "extensions": [],
            "suite_name": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "suite_classes": ["aead", "aes", "ecdhe", "fs", "good"],
        },
        "ServerHello: TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    "alert": (
        [b"\x15\x03\x01\x00\x02\x02\x46"],
        {"answer": "alert", "alert": "protocol_version", "alert_level": 2},
        "Alert: protocol_version",
    ),
    "closed": (
        [EOF],
        {"answer": "closed"},
        "answered by the end of the connection: the server closed the connection",
    ),
    "reset": (
        [RESET],
        {"answer": "closed"},
        "answered by the end of the connection: " + RESET.text,
    ),
    "text": (
        [b"554 what?\r\n"],
        {"answer": "plain", "said": "554 what?"},
        "No TLS, but in clear: 554 what?",
    ),
    "SSL 2.0": (
        [b"\x80\x0e\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x00\x01\x00\x80"],
        {
            "answer": "hello",
            "version": "SSLv2",
            "suite": 0x010080,
            "suite_classes": ["md5"],
            "suite_name": "SSL2_RC4_128_WITH_MD5",
        },
        "ServerHello: SSLv2 SSL2_RC4_128_WITH_MD5",
    ),
    "SSL 2.0 with a suite of its own": (
        [b"\x80\x0e\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x00\xff\x00\x01"],
        {
            "answer": "hello",
            "version": "SSLv2",
            "suite": 0xFF0001,
            "suite_classes": ["md5"],
            "suite_name": "SSL2_0xFF0001",
        },
        "ServerHello: SSLv2 SSL2_0xFF0001",
    ),
}


@pytest.mark.parametrize(("script", "facts", "line"), HELLOS.values(), ids=HELLOS)
def test_hello(script: list[Item], facts: dict[str, t.Any], line: str) -> None:
    for protocol, before in (("smtp", STARTTLS["smtp"]), ("imap", STARTTLS["imap"])):
        played = play(probes.hello, params(protocol, False), [*before, *script])
        assert played.error is None
        assert played.facts == facts
        assert played.transcript[-2:] == [
            ["*", "ClientHello: up to TLSv1.2, 64 cipher suites"],
            ["*", line],
        ]


def test_silence_answers_a_hello_of_ssl_2_alone() -> None:
    played = play(probes.hello, params(max_version="SSLv2"), [TIMEOUT])
    assert (played.error, played.facts) == (None, {"answer": "silence"})


@pytest.mark.parametrize(
    ("implicit_tls", "script", "kind"),
    [
        (True, [TIMEOUT], "timeout"),
        (True, [b"\0\0\0\0\0"], "garbled"),
        (False, [EOF], "closed"),
        (False, [b"220 hi\r\n", b"250 mx1\r\n"], "tls"),
        (False, [b"220 hi\r\n", b"250-mx1\r\n250 STARTTLS\r\n", EOF], "closed"),
    ],
)
def test_hello_without_an_answer(implicit_tls: bool, script: list[Item], kind: str) -> None:
    played = play(probes.hello, params(implicit_tls=implicit_tls), script)
    assert played.error is not None
    assert played.error.kind == kind
    assert played.facts == {}


@pytest.mark.parametrize("probe", [probes.hello, probes.plain_on_tls])
def test_client_that_is_turned_away_in_clear_sees_nothing_of_tls(probe: t.Any) -> None:
    played = play(probe, params(), [b"421 4.7.0 too many connections\r\n"])
    assert played.error is not None
    assert played.error.kind == "busy"
    assert played.facts == {}


def test_hello_offers_what_was_asked_for() -> None:
    played = play(probes.hello, params(suites=["idea", 0x0005], exclude=[0x0021]), [EOF])
    assert b"\x00\x06\x00\x07\x00\x25\x00\x05\x01\x00" in played.sent[0]
    newest = play(probes.hello, params(suites=["tls13"], max_version="TLSv1.3"), [EOF])
    assert newest.transcript[0] == ["*", "ClientHello: up to TLSv1.3, 11 cipher suites"]
    oldest = play(probes.hello, params(max_version="SSLv2"), [EOF])
    assert oldest.sent[0][:5] == b"\x80\x31\x01\x00\x02"
    with pytest.raises(ValueError, match="no class of cipher suites"):
        play(probes.hello, params(suites=["strong"]), [])


def message(kind: int, body: bytes) -> bytes:
    return (
        b"\x16\x03\x03"
        + (len(body) + 4).to_bytes(2, "big")
        + bytes([kind])
        + len(body).to_bytes(3, "big")
        + body
    )


CHAIN = message(11, bytes.fromhex("00000a 000002 3000 000002 3001"))
EXCHANGE = message(12, b"\3\0\x1d\x20" + b"p" * 32 + b"\x08\x04" + b"\0\2si")
DONE = message(14, b"")


def test_hello_with_what_follows_it() -> None:
    played = play(probes.hello, params(flight=True), [SERVER_HELLO + CHAIN, EXCHANGE + DONE])
    found = {
        key: played.facts[key] for key in ("certificate", "chain", "stapled", "group", "family")
    }
    assert found == {
        "certificate": "3000",
        "chain": ["3001"],
        "stapled": False,
        "group": "x25519",
        "family": "rsa",
    }
    assert played.transcript[-1] == ["*", "then 2 certificates (rsa), group x25519"]
    for lost in (EOF, TIMEOUT, b"\x17\x03\x03\x00\x01x"):
        cut = play(probes.hello, params(flight=True), [SERVER_HELLO + CHAIN, lost, EOF])
        assert (cut.error, cut.facts["answer"], "certificate" in cut.facts) == (
            None,
            "hello",
            False,
        )


def test_hello_after_words_that_nobody_asked_for() -> None:
    before = [*STARTTLS["smtp"][:2], b"220 go\r\n250 welcome\r\n"]
    played = play(probes.hello, params("smtp", False), [*before, SERVER_HELLO])
    assert (played.facts["early"], played.facts["answer"]) == ("250 welcome\r\n", "hello")


def test_hello_offers_what_few_do() -> None:
    curious = {
        "compression": True,
        "heartbeat": True,
        "staple": True,
        "alpn": ["http/1.1"],
        "fallback": True,
        "groups": "weak_first",
    }
    data = play(probes.hello, params(suites=["good"], without=["ecdsa"], **curious), [EOF]).sent[0]
    assert b"\x56\x00\x02\x01\x00" in data
    assert b"\x00\x0f\x00\x01\x01" in data
    assert b"\x00\x05\x00\x05\x01\0\0\0\0" in data
    assert b"\x00\x10\x00\x0b\x00\x09\x08http/1.1" in data
    assert b"\x04\x03\x05\x03\x06\x03" not in data
    hybrid = play(
        probes.hello, params(max_version="TLSv1.3", groups="hybrid_first", share=False), [EOF]
    ).sent[0]
    assert b"\x00\x33\x00\x02\x00\x00" in hybrid
    assert b"\x11\xec\x00\x1d\x00\x17" in hybrid


def test_first_planned_hello_can_be_made() -> None:
    played = play(probes.hello, params(**plan_tls.FIRST), [SERVER_HELLO, EOF])
    assert played.error is None
    assert len(played.sent[0]) > 200


@pytest.mark.parametrize(
    ("protocol", "script", "kind", "said"),
    [
        (
            "smtp",
            [b"220 mx1 ESMTP\r\n", b"250 mx1\r\n", TIMEOUT],
            "mail",
            "220 mx1 ESMTP\r\n250 mx1\r\n",
        ),
        ("smtp", [b"220 mx1 ESMTP\r\n", RESET], "mail", "220 mx1 ESMTP\r\n"),
        ("imap", [b"* OK Dovecot\r\n", EOF], "mail", "* OK Dovecot\r\n"),
        ("imap", [b"a1 BAD\r\n", EOF], "mail", "a1 BAD\r\n"),
        ("pop3", [b"-ERR\r\n", EOF], "mail", "-ERR\r\n"),
        ("imap", [b"\x15\x03\x01\x00\x02\x02\x46", EOF], "alert", "\x15\x03\x01\x00\x02\x02F"),
        ("pop3", [EOF], "nothing", ""),
        ("pop3", [TIMEOUT], "nothing", ""),
        ("smtp", [RESET], "nothing", ""),
        (
            "smtp",
            [b"HTTP/1.1 400 Bad Request\r\n" * 20, EOF],
            "other",
            "HTTP/1.1 400 Bad Request\r\n" * 7 + "HTTP/1.1 400 Bad R",
        ),
    ],
)
def test_plain_on_tls(protocol: str, script: list[Item], kind: str, said: str) -> None:
    played = play(probes.plain_on_tls, params(protocol), script)
    assert played.error is None
    assert played.facts == {"kind": kind, "said": said}
    assert played.sent[0] in (b"EHLO me.example.net\r\n", b"a1 CAPABILITY\r\n", b"CAPA\r\n")


@pytest.fixture(scope="module")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx1.example.org")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pkcs8, clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path: Path = tmp_path_factory.mktemp("tls") / "pair.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, clear) + pem)
    return path


def ask(context: ssl.SSLContext, hello: bytes) -> tls_server_hello.Answer:
    """What a real server on an ephemeral loopback port says to a hello."""

    def serve(listener: socket.socket) -> None:
        connection, _peer = listener.accept()
        connection.settimeout(5)
        with connection:
            try:
                context.wrap_socket(connection, server_side=True).close()
            except (ssl.SSLError, OSError):
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with socket.create_connection(listener.getsockname(), 5) as client:
            client.sendall(hello)
            buffer, found = b"", None
            while found is None:
                data = client.recv(4096)
                assert data, f"closed after {buffer!r}"
                buffer += data
                found = tls_server_hello.server_answer(buffer)
        thread.join(5)
    return t.cast("tls_server_hello.Answer", found[0])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("lowest", "offered", "answer"),
    [
        (None, "TLSv1.3", "TLSv1.3"),
        (None, "TLSv1.2", "TLSv1.2"),
        (None, "TLSv1.1", "protocol_version"),
        (None, "TLSv1", "protocol_version"),
        (ssl.TLSVersion.TLSv1, "TLSv1.2", "TLSv1.2"),
        (ssl.TLSVersion.TLSv1, "TLSv1.1", "TLSv1.1"),
        (ssl.TLSVersion.TLSv1, "TLSv1", "TLSv1"),
        (ssl.TLSVersion.TLSv1, "SSLv3", "handshake_failure"),
        (ssl.TLSVersion.TLSv1, "SSLv2", "protocol_version"),
    ],
)
@pytest.mark.parametrize("shape", [None, "TLSv1.3"])
def test_hello_to_a_real_server(
    key_pair: Path, lowest: ssl.TLSVersion | None, offered: str, answer: str, shape: str | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key_pair)
    context.minimum_version = lowest or ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=0" if lowest else "DEFAULT")
    hello = play(
        probes.hello,
        params(max_version=offered, suites=["good", "cbc_sha1"], shape=shape),
        [EOF],
    ).sent[0]
    found = ask(context, hello)
    assert (found.alert_name or tls_client_hello.VERSION_NAMES[found.version]) == answer
