# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The self-test of the role vantage, on loopback."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import threading
import types
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles/vantage/files/vantage_test.py"
LOOPBACK = "127.0.0.1"


def loaded() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("vantage_test", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SELF_TEST = loaded()


def run(*words: str) -> dict[str, t.Any]:
    """What the script prints."""
    command = [sys.executable, str(SCRIPT), *words]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=60)
    return dict(json.loads(found.stdout))


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def greeter(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that says one thing to whoever connects, once."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            link, _peer = server.accept()
            with link:
                link.sendall(request.param)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize("greeter", [b"220 mx1.example.org ESMTP\r\n"], indirect=True)
def test_a_host_that_greets_shows_that_outgoing_connections_work(greeter: int) -> None:
    found = run("look", str(greeter), LOOPBACK)["outgoing_port_25"]
    assert found == {"works": True, "text": f"{LOOPBACK} greeted with 220 mx1.example.org ESMTP"}


@pytest.mark.parametrize("greeter", [b"HTTP/1.1 403 Forbidden\r\n", b""], indirect=True)
def test_what_does_not_greet_like_a_mail_server_shows_nothing(greeter: int) -> None:
    assert SELF_TEST.outgoing(greeter, [LOOPBACK])["works"] is False


def test_outgoing_connections_that_are_refused_do_not_work() -> None:
    assert SELF_TEST.outgoing(free_port(), [LOOPBACK])["works"] is False


def test_without_a_host_to_connect_to_nothing_is_known() -> None:
    assert run("look", "25")["outgoing_port_25"]["works"] is None


def test_a_listener_answers_its_token_once() -> None:
    port = free_port()
    assert run("listen", str(port), "token")["works"] is True
    assert run("connect", LOOPBACK, str(port), "token")["works"] is True


def test_another_program_on_the_port_is_told_apart() -> None:
    port = free_port()
    assert run("listen", str(port), "other")["works"] is True
    assert run("connect", LOOPBACK, str(port), "token")["works"] is False


def test_a_port_that_is_taken_cannot_be_listened_on() -> None:
    with socket.create_server(("", 0)) as server:
        assert SELF_TEST.listen(server.getsockname()[1], "token")["works"] is False


def test_a_refused_connection_is_known_and_an_impossible_one_is_not() -> None:
    assert SELF_TEST.connect(LOOPBACK, free_port(), "token")["works"] is False
    assert SELF_TEST.connect("name.invalid", 25, "token")["works"] is None


@pytest.mark.parametrize(("flags", "works"), [(0x8180, True), (0x8182, False), (0x8185, False)])
def test_a_resolver_works_where_it_answers_without_an_error(
    flags: int, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = SELF_TEST.ROOT_QUERY[:2] + flags.to_bytes(2, "big") + SELF_TEST.ROOT_QUERY[4:]

    class Link:
        def __enter__(self) -> t.Any:
            return self

        def __exit__(self, *_exc: object) -> None:
            pass

        def settimeout(self, _seconds: float) -> None:
            pass

        def sendto(self, *_args: object) -> None:
            pass

        def recv(self, _size: int) -> bytes:
            return answer

    monkeypatch.setattr(SELF_TEST.socket, "socket", lambda *_args: Link())
    assert SELF_TEST.dns(["192.0.2.53"])["works"] is works
    assert SELF_TEST.dns([])["works"] is False


@pytest.mark.parametrize(
    ("source", "works"), [("2600::1", True), ("fe80::1%eth0", False), ("fd00::2", False)]
)
def test_ipv6_works_from_a_public_address(
    source: str, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Probe:
        def __enter__(self) -> t.Any:
            return self

        def __exit__(self, *_exc: object) -> None:
            pass

        def connect(self, _address: object) -> None:
            pass

        def getsockname(self) -> tuple[str, int]:
            return source, 0

    monkeypatch.setattr(SELF_TEST.socket, "socket", lambda *_args: Probe())
    assert SELF_TEST.ipv6()["works"] is works
