# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Verdicts of the filter verdicts on recorded observations of one host."""

from __future__ import annotations

from typing import Any

from ansible_collections.airtight.mail.plugins.filter.verdicts import verdicts

from . import recorded_checks

NOW = "2026-11-22T22:00:00+00:00"
HOST = {"name": "mx1.example.org", "domains": ["example.org"]}


def seen(check: str = "relay_third_party", status: str = "fail") -> list[dict[str, Any]]:
    """The recorded observations of a check with one status."""
    return recorded_checks.observations(check, status)


def evaluated(observations: Any = None, **options: Any) -> list[dict[str, Any]]:
    """The verdicts on some observations, by default of a host that relays."""
    settings = {"checks": ["relay_third_party"], "now": NOW, "vantage_untrusted": True, **options}
    return verdicts(seen() if observations is None else observations, HOST, **settings)
