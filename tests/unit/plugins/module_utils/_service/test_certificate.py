# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that a port serves is compared with the one in a file."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._service.certificate import (
    first_certificate,
    stale_ports,
)


def issue(folder: pathlib.Path, name: str) -> str:
    """A self-signed certificate with its key, in one file."""
    path = folder / f"{name}.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", str(folder / "key"), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (folder / "key").read_text())
    return str(path)


def _greet(plain: socket.socket) -> None:
    """SMTP up to STARTTLS."""
    plain.sendall(b"220 mx ESMTP\r\n")
    plain.recv(1024)
    plain.sendall(b"250-mx\r\n250 STARTTLS\r\n")
    plain.recv(1024)
    plain.sendall(b"220 go\r\n")


def serve(listener: socket.socket, certificate: str, starttls: bool) -> None:
    """Answer one client on a listening socket."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain, _address = listener.accept()
    with plain, contextlib.suppress(OSError):  # the client leaves after the handshake
        if starttls:
            _greet(plain)
        with context.wrap_socket(plain, server_side=True) as channel:
            channel.recv(1)


@pytest.fixture(name="listener", params=["localhost", "127.0.0.2"])
def listening_socket(request: pytest.FixtureRequest) -> t.Iterator[socket.socket]:
    with socket.create_server((request.param, 0)) as listener:
        yield listener


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize("on_disk", ["served", "other"])
def test_port_that_serves_another_certificate_is_stale(
    tmp_path: pathlib.Path, listener: socket.socket, starttls: bool, on_disk: str
) -> None:
    files = {name: issue(tmp_path, name) for name in ("served", "other")}
    thread = threading.Thread(target=serve, args=(listener, files["served"], starttls))
    thread.start()
    port = listener.getsockname()[1]
    found = stale_ports(files[on_disk], [{"port": port, "starttls": starttls}])
    thread.join()
    assert found == ([] if on_disk == "served" else [port])


def test_port_that_does_not_answer_is_not_compared(
    tmp_path: pathlib.Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    listener.close()
    path = issue(tmp_path, "a")
    assert stale_ports(path, [{"port": port, "starttls": True}]) == []


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\n", "x"])
def test_file_without_a_certificate_is_not_compared(
    tmp_path: pathlib.Path, content: str | None
) -> None:
    path = tmp_path / "chain.pem"
    if content is not None:
        path.write_text(content)
    assert first_certificate(str(path)) is None
    assert stale_ports(str(path), [{"port": 1, "starttls": False}]) == []
