# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The filter guarded_settings lists what a role refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.filter.guarded_settings import guarded_settings

GUARDED = {"tls_auth_only": ["yes"], "level": ["3.6", 4], "networks": []}


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, []),
        ({"other": "anything"}, []),
        ({"tls_auth_only": "yes", "level": "4"}, []),
        ({"tls_auth_only": True, "level": 3.6}, []),
        ({"tls_auth_only": False}, ["tls_auth_only = no"]),
        ({"tls_auth_only": None}, ["tls_auth_only = null"]),
        ({"networks": "0.0.0.0/0", "level": "2"}, ["networks = 0.0.0.0/0", "level = 2"]),
        ({"networks": ["::/0"]}, ["networks"]),
    ],
)
def test_value_that_is_not_permitted_is_refused(
    settings: dict[str, Any], refused: list[str]
) -> None:
    assert guarded_settings(settings, GUARDED) == refused


def test_list_of_names_permits_no_value() -> None:
    assert guarded_settings(
        {"ssl": "required", "service a": {"port": 0}}, ["ssl", "service a"]
    ) == [
        "ssl = required",
        "service a",
    ]


def test_name_in_allow_insecure_may_have_any_value() -> None:
    assert guarded_settings({"networks": "::/0", "tls_auth_only": "no"}, GUARDED, ["networks"]) == [
        "tls_auth_only = no"
    ]
