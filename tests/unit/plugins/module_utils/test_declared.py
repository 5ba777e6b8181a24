# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ports and networks that are declared of a host are read, and errors name the option."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._declared import ports, relays_for


@pytest.mark.parametrize(
    ("data", "expected"),
    [({}, (25,)), ({"x": []}, ()), ({"x": ["587", 465, 587]}, (587, 465))],
)
def test_ports_are_numbers_each_once(data: dict[str, t.Any], expected: tuple[int, ...]) -> None:
    assert ports(data, "x", [25]) == expected


@pytest.mark.parametrize("port", ["0", "65536", "smtp", "²", "\uff12\uff15"])
def test_ports_reject_what_is_no_port(port: str) -> None:
    with pytest.raises(ValueError, match=f"^x: '{port}' is not a port number; write one from"):
        ports({"x": [port]}, "x")


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (None, {}),
        (["10.0.0.1/8"], {"smtp": ("10.0.0.0/8",)}),
        ({"submission": "192.0.2.1"}, {"submission": ("192.0.2.1/32",)}),
    ],
)
def test_relays_for_is_by_service(option: t.Any, expected: dict[str, tuple[str, ...]]) -> None:
    assert relays_for({"relays_for": option}) == expected


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["home"], "relays_for: 'home' is neither an address nor a network"),
        ({"imap": []}, "relays_for: 'imap' is not one of smtp, submission, submissions."),
        (["0.0.0.0/0"], "relays_for: 0.0.0.0/0 is almost everybody"),
        (["fe80::1%eth0"], "relays_for: 'fe80::1%eth0' is neither an address nor a network"),
    ],
)
def test_relays_for_rejects_other_values(option: t.Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        relays_for({"relays_for": option})
