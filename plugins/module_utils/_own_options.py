# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a run that one of several targets may have for itself. They are documented where
the run has them.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ._target_options import VANTAGE, Option, argument_spec

#: Those of what is observed, which the vantage is told, and those of how it is evaluated.
OBSERVING_OPTIONS = (
    Option("opt_in", {"type": "list", "elements": "str"}, (), variables=("audit_opt_in",)),
    Option("stranger_domain", {"type": "str"}, (), variables=("audit_stranger_domain",)),
    Option("backup_domain", {"type": "str"}, (), variables=("audit_backup_domain",)),
    Option("helo_name", {"type": "str"}, (), variables=("audit_helo_name",)),
    Option("trust_anchors", {"type": "str"}, (), variables=("audit_trust_anchors",)),
)
EVALUATING_OPTIONS = (
    Option(
        "checks",
        {"type": "list", "elements": "str"},
        (),
        variables=("audit_checks",),
        empty_counts=True,
    ),
    Option(
        "groups",
        {"type": "list", "elements": "str"},
        (),
        variables=("audit_groups",),
        empty_counts=True,
    ),
    Option("policy", {"type": "str"}, (), variables=("audit_policy",)),
    Option("policy_changes", {"type": "dict"}, (), variables=("audit_policy_changes",)),
    Option(
        "waivers",
        {"type": "list", "elements": "dict"},
        (),
        variables=("audit_waivers",),
    ),
    Option("vantage_untrusted", {"type": "bool"}, (), variables=("audit_vantage_untrusted",)),
)


def own_options(place: str) -> tuple[Option, ...]:
    """The options of the run that one of several targets may have for itself."""
    return OBSERVING_OPTIONS + (() if place == VANTAGE else EVALUATING_OPTIONS)


def each_spec(place: str) -> dict[str, dict[str, t.Any]]:
    """The same for one of several targets, which needs a name and has options of its own."""
    own = {option.name: dict(option.spec) for option in own_options(place)}
    found = {**argument_spec(place), **own}
    found["name"]["required"] = True
    return found
