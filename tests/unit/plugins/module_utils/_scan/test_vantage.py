# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Routes of a Linux host, and who shares a subnet with it."""

from __future__ import annotations

import ipaddress
import sys

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._scan import vantage

IPV4 = """\
Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0
eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
eth1 006433C6 00000000 0001 0 0 0 00FFFFFF 0 0 0
eth1 0C6433C6 350200C0 0007 0 0 0 FFFFFFFF 0 0 0
eth1 007100CB 00000000 0003 0 0 0 00FFFFFF 0 0 0
eth1 000612C6 00000000 0001 0 0 0 FEFFFFFF 0 0 0
"""
IPV6 = """\
20010db8002500000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth1
20010db80bad00000000000000000000 40 00000000000000000000000000000000 00 20010db8002500000000000000000053 00000400 00000001 00000000 00000003 eth1
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001 lo
"""  # noqa: E501
little_endian = pytest.mark.skipif(
    sys.byteorder != "little", reason="the table was taken from such a machine"
)


def words(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()]


@little_endian
def test_parse_routes() -> None:
    assert [
        (str(network), direct) for network, direct in vantage.parse_routes(words(IPV4), words(IPV6))
    ] == [
        ("0.0.0.0/0", False),
        ("192.0.2.0/24", True),
        ("198.51.100.0/24", True),
        ("198.51.100.12/32", False),
        ("203.0.113.0/24", False),
        ("198.18.6.0/31", True),
        ("2001:db8:25::/64", True),
        ("2001:db8:bad::/64", False),
    ]


@little_endian
@pytest.mark.parametrize(
    ("address", "direct"),
    [
        ("192.0.2.99", True),
        ("198.51.100.13", True),
        ("198.51.100.12", False),
        ("198.18.6.1", True),
        ("203.0.113.1", False),
        ("203.0.112.1", False),
        ("2001:db8:25::9", True),
        ("2001:db8:bad::9", False),
        ("2001:db8:ffff::1", None),
    ],
)
def test_on_link(address: str, direct: bool | None) -> None:
    assert vantage.on_link(address, vantage.parse_routes(words(IPV4), words(IPV6))) is direct


@pytest.mark.parametrize(
    ("route", "address", "direct"),
    [
        ("0.0.0.0/0", "192.0.2.99", False),
        ("128.0.0.0/1", "192.0.2.99", False),
        ("192.0.0.0/7", "192.0.2.99", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("192.0.2.99/32", "192.0.2.99", True),
        ("::/0", "2001:db8::1", False),
        ("2000::/3", "2001:db8::1", False),
        ("2001:db8::/32", "2001:db8::1", True),
    ],
)
def test_on_link_counts_prefixes_that_can_be_a_subnet(
    route: str, address: str, direct: bool
) -> None:
    table: list[tuple[vantage.Network, bool]] = [(ipaddress.ip_network(route), True)]
    assert vantage.on_link(address, table) is direct


def test_without_a_table_nothing_is_known() -> None:
    assert vantage.on_link("192.0.2.1", None) is None
    assert vantage.on_link("192.0.2.1", []) is None


def test_facts() -> None:
    assert vantage.facts("192.0.2.1", "192.0.2.1", None) == {
        "source": "192.0.2.1",
        "same_host": True,
        "loopback": False,
        "on_link": None,
    }
    assert vantage.facts("::1", "::1", [])["loopback"]
    assert not vantage.facts("", "192.0.2.1", [])["same_host"]


def test_this_host_has_routes_or_says_that_it_does_not_know() -> None:
    table = vantage.routes()
    assert table is None or all(isinstance(direct, bool) for _network, direct in table)
