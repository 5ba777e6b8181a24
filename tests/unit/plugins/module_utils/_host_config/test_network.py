# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Sockets and addresses are read as the kernel writes them."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._host_config import network


def test_sockets_reads_listening_ones() -> None:
    text = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode\n"
        "   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 4711 1 x\n"
        "   1: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 4712 1 x\n"
        "   2: 0100007F:A001 0100007F:0019 01 00000000:00000000 00:00000000 00000000     0        "
        "0 4713 1 x\n"
    )
    assert network.sockets(text) == [("0.0.0.0", 25, "4711"), ("127.0.0.1", 53, "4712")]
    assert network.decoded_address("0" * 24 + "01000000") == "::1"


def test_local_addresses_leaves_out_loopback_and_link_local() -> None:
    trie = (
        "Local:\n  +-- 0.0.0.0/0 2 0 2\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- "
        "192.0.2.25\n        /32 host LOCAL\n"
    )
    inet6 = (
        "20010db8000000000000000000000025 02 40 00 80 eth0\n00000000000000000000000000000001 01 "
        "80 10 80 lo\n"
    )
    inet6 += "fe800000000000000000000000000001 02 40 20 80 eth0\n"
    assert network.local_addresses(trie, inet6) == ["192.0.2.25", "2001:db8::25"]
