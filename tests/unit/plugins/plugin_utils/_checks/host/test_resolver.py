# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A resolver has to validate, and has to be on the host where Postfix relies on it for DANE."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
    postfix,
)


@pytest.mark.parametrize(
    ("server", "validated", "level", "status", "shown"),
    [
        ("127.0.0.1", True, "dane", PASS, "yes"),
        ("192.0.2.53", True, "may", PASS, "yes"),
        ("192.0.2.53", True, "dane", FAIL, "yes"),
        ("127.0.0.1", False, "may", FAIL, "no"),
        ("127.0.0.1", None, "may", UNKNOWN, "no answer"),
    ],
)
def test_resolver_validates_shows_the_nameserver(
    server: str, validated: bool | None, level: str, status: str, shown: str
) -> None:
    resolver = {"nameservers": {server: validated}}
    facts = {**postfix(smtp_tls_security_level=level), "resolver": resolver}
    [item] = findings("resolver_validates", facts)
    line = f"/etc/resolv.conf: nameserver {server}, root validated: {shown}"
    assert (item.status, decisive_text(item)) == (status, [line])


def test_resolver_validates_without_a_nameserver_is_unknown() -> None:
    [item] = findings("resolver_validates", {"resolver": {"nameservers": {}}})
    assert (item.status, item.sentence) == (
        UNKNOWN,
        "Not read: /etc/resolv.conf names no resolver.",
    )
