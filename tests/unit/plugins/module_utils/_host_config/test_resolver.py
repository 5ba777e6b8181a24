# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The resolvers of the host, and the settings of Unbound."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import reader, resolver
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import run


def test_read_settings_follows_includes(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("remote-control:\n  control-enable: no\n", encoding="utf-8")
    main = tmp_path / "unbound.conf"
    text = (
        'server: # all\n  interface: 127.0.0.1\n  interface: ::1\n  module-config: "validator '
        'iterator"\n'
    )
    main.write_text(
        text + f'  local-zone: "test." nodefault\ninclude-toplevel: "{tmp_path}/*ore.conf"\n',
        encoding="utf-8",
    )
    found: dict[str, list[str]] = {}
    resolver.read_settings(reader.Host(run), str(main), found)
    assert found == {
        "server/interface": ["127.0.0.1", "::1"],
        "server/module-config": ["validator iterator"],
        "server/local-zone": ['"test." nodefault'],
        "remote-control/control-enable": ["no"],
    }


def test_validates_without_an_answer_is_unknown() -> None:
    assert resolver.validates("127.0.0.254") is None
    assert resolver.query("", 6)[2:] == bytes.fromhex("012000010000000000000000060001")


ROOT, UNSIGNED, MISSIGNED = b"\0", b"\4home\4arpa\0", b"\15dnssec-failed\3org\0"
#: Flags of a response, with AD, and with the code SERVFAIL.
PLAIN, AD, SERVFAIL = 0x8180, 0x81A0, 0x8182
SOUND = {ROOT: (AD, 1), UNSIGNED: (PLAIN, 1), MISSIGNED: (SERVFAIL, 0)}


@contextlib.contextmanager
def resolver_of(answers: t.Mapping[bytes, tuple[int, int]]) -> t.Iterator[int]:
    """The port of a resolver on loopback that gives flags and a number of records by name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked, client = server.recvfrom(512)
                    if asked[12:-4] not in answers:
                        continue
                    flags, records = answers[asked[12:-4]]
                    reply = asked[:2] + struct.pack("!5H", flags, 1, records, 0, 0) + asked[12:]
                    server.sendto(reply, client)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({ROOT: (PLAIN, 1)}, False),
        ({ROOT: (SERVFAIL, 0)}, None),
        ({ROOT: (AD, 0)}, None),
        ({UNSIGNED: (AD, 1)}, False),
        ({UNSIGNED: (AD, 0)}, False),
        ({MISSIGNED: (AD, 1)}, False),
        ({MISSIGNED: (PLAIN, 2)}, False),
        ({UNSIGNED: (SERVFAIL, 0), MISSIGNED: (PLAIN, 0)}, True),
    ],
)
def test_validates_only_if_nothing_false_is_marked(
    changes: dict[bytes, tuple[int, int]], expected: bool | None
) -> None:
    with resolver_of({**SOUND, **changes}) as port:
        assert resolver.validates("127.0.0.1", port) is expected


@pytest.mark.parametrize("silent", [ROOT, UNSIGNED, MISSIGNED])
@pytest.mark.parametrize(("changes", "expected"), [({}, None), ({ROOT: (PLAIN, 1)}, False)])
def test_validates_is_unknown_where_a_control_got_no_answer(
    monkeypatch: pytest.MonkeyPatch,
    silent: bytes,
    changes: dict[bytes, tuple[int, int]],
    expected: bool | None,
) -> None:
    monkeypatch.setattr(resolver, "TIMEOUT", 0.05)
    answers = {**SOUND, **changes}
    del answers[silent]
    with resolver_of(answers) as port:
        assert resolver.validates("127.0.0.1", port) is (None if silent == ROOT else expected)


def test_validates_asks_again_what_takes_a_resolver_a_while() -> None:
    asked: list[bytes] = []

    class Slow(t.Dict[bytes, t.Tuple[int, int]]):
        """Knows a name only when it is asked for it again."""

        def __contains__(self, name: object) -> bool:
            asked.append(t.cast("bytes", name))
            return asked.count(asked[-1]) > 1

    with pytest.MonkeyPatch.context() as patch, resolver_of(Slow(SOUND)) as port:
        patch.setattr(resolver, "TIMEOUT", 0.1)
        assert resolver.validates("127.0.0.1", port) is True
    assert [asked.count(name) for name in SOUND] == [2, 2, 2]
