# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whether the MX record of the canary's domain leads to this vantage."""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import mx_check
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow.smtp_sink import Sink
from ansible_collections.airtight.mail.plugins.module_utils._protocols import dns_mx

DOMAIN = "canary.example"


@pytest.mark.parametrize(
    ("hosts", "greetings", "words"),
    [
        ([], {}, "canary.example has no MX record"),
        (["mx"], {}, r"\(mx\) does not lead to this vantage"),
        (["mx"], {"192.0.2.1": ""}, r"\(192.0.2.1\) does not lead"),
        (
            ["mx"],
            {"192.0.2.1": "220 sink 00\r\n", "192.0.2.2": "220 other\r\n"},
            "leads to 192.0.2.2, where another server answers",
        ),
        (dns_mx.DnsError("too long"), {}, "cannot be looked up: too long"),
    ],
)
def test_mail_that_does_not_come_here(
    monkeypatch: pytest.MonkeyPatch, hosts: t.Any, greetings: dict[str, str], words: str
) -> None:
    with pytest.raises(mx_check.NoWayBackError, match=words):
        comes_here(monkeypatch, hosts, greetings)


def test_mail_that_comes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    comes_here(monkeypatch, ["mx"], {"192.0.2.1": "220 sink 00\r\n", "2001:db8::1": ""})


def comes_here(monkeypatch: pytest.MonkeyPatch, hosts: t.Any, greetings: dict[str, str]) -> None:
    def exchangers(_domain: str) -> list[str]:
        if isinstance(hosts, Exception):
            raise hosts
        return list(hosts)

    async def resolve(_name: str) -> list[str]:
        return list(greetings)

    async def greeting(address: str) -> str:
        return greetings[address]

    for name, double in (
        ("_exchangers", exchangers),
        ("resolve", resolve),
        ("_greeting", greeting),
    ):
        monkeypatch.setattr(mx_check, name, double)
    asyncio.run(check_home())


async def check_home() -> None:
    await mx_check.verify_mx(Sink(DOMAIN, "sink 00"))
