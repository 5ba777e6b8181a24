# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port is asked where it is open."""

from __future__ import annotations

import socket
import sys

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._service.listening import (
    host_of,
    listeners,
)

#: Written by a machine with little end first.
LINES = [
    "0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0",
    "1: 076433C6:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0",
    "2: 086433C6:0019 00000000:0000 01 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0",
    "3: 096433C6:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0",
]


@pytest.mark.skipif(sys.byteorder != "little", reason="the table is of another machine")
def test_listeners_of_a_port_are_those_that_are_open() -> None:
    assert list(listeners(LINES, socket.AF_INET, 25)) == ["127.0.0.1", "198.51.100.7"]
    line = "0: B80D0120000000000000000025000000:0019 00:0000 0A"
    assert list(listeners([line], socket.AF_INET6, 25)) == ["2001:db8::25"]


@pytest.mark.parametrize(
    ("open_at", "asked_at"),
    [
        (["127.0.0.1"], "localhost"),
        (["0.0.0.0"], "localhost"),
        (["127.0.0.2"], "127.0.0.2"),
        (["127.0.0.2", "127.0.0.1"], "localhost"),
    ],
)
def test_port_is_asked_where_it_is_open(open_at: list[str], asked_at: str) -> None:
    with socket.create_server((open_at[0], 0)) as server:
        port = server.getsockname()[1]
        more = [socket.create_server((address, port)) for address in open_at[1:]]
        assert host_of(port) == asked_at
        for other in more:
            other.close()
    assert host_of(port) == "localhost"
