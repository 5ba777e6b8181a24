# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What decides a critical or high check is in scope: evaluators, what they call, and methods."""

from __future__ import annotations

import typing as t

import scope

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, catalogue
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import (
    attempts,
    controls,
    open_relay,
    proof,
)


def in_scope(function: t.Any, ids: t.Sequence[str]) -> bool:
    chosen = [check for check in catalogue.CATALOGUE if check.id in ids]
    return function.__code__ in scope.deciding(chosen)


def test_evaluator_is_in_scope_by_the_severity_of_its_check() -> None:
    assert in_scope(open_relay.relay_third_party, ["relay_third_party"])
    assert not in_scope(
        open_relay.relay_refusal_is_permanent, ["relay_third_party", "relay_refusal_is_permanent"]
    )


def test_functions_methods_and_properties_that_it_calls_are_in_scope() -> None:
    for function in (
        attempts.has_form,
        controls.signature,
        controls.is_weighed,
        proof.Controls.why_not,
        vars(proof.Controls)["_weighed"].func,
        base.AuditContext.sessions,
        base.per_endpoint,
    ):
        assert in_scope(function, ["relay_third_party"])
