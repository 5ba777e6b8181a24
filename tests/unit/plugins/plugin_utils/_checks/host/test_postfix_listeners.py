# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Listeners are the services of master.cf that speak SMTP, with their ports and addresses."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_listeners import (
    port_number,
    postfix_listeners,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import config, postfix


@pytest.mark.parametrize(
    ("service", "interfaces", "port", "on_loopback"),
    [
        ("smtp/inet", "all", 25, False),
        ("smtp/inet", "loopback-only", 25, True),
        ("127.0.0.1:10026/inet", "all", 10026, True),
        ("192.0.2.25:submissions/inet", "loopback-only", 465, False),
    ],
)
def test_postfix_listeners_know_port_and_address(
    service: str, interfaces: str, port: int, on_loopback: bool
) -> None:
    facts = postfix({service: {}}, inet_interfaces=interfaces)
    [listener] = postfix_listeners(config(facts))
    assert (listener.port, listener.on_loopback) == (port, on_loopback)


def test_postfix_listeners_behind_postscreen_have_its_port() -> None:
    facts = postfix({"smtpd/pass": {}, "pickup/unix": {}})
    facts["postfix"]["services"]["smtp/inet"] = {"command": "postscreen", "parameters": {}}
    [listener] = postfix_listeners(config(facts))
    assert (listener.name, listener.port) == ("smtpd/pass", 25)


def test_port_number_of_neither_number_nor_service_is_0() -> None:
    assert [port_number(port) for port in ("2525", "urd", "x")] == [2525, 465, 0]
