# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each check names its control, and each finding that is not applicable gives its reason, which is
never that nothing is offered where a connection was made.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    Observation,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded

if TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base

ROOT = Path(__file__).resolve().parents[3]
EVALUATORS = sorted(ROOT.glob("plugins/plugin_utils/_checks/**/*.py"))
NAME = "NOT_APPLICABLE"


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.id)
def test_check_names_its_control_and_how_it_could_pass_wrongly(check: base.Check) -> None:
    sentences = (check.control, check.false_pass)
    assert [text for text in sentences if not text.endswith(".")] == []
    assert not check.control.startswith("None needed") or check.control.startswith("None needed: ")


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.id)
def test_finding_that_is_not_applicable_gives_its_reason(check: base.Check) -> None:
    bare = [
        (status, found.sentence)
        for status, entry in recorded(check.id).items()
        for seen in (entry["observations"], [])
        for found in check.evaluate(context_of(entry, seen))
        if found.status == _model.NOT_APPLICABLE and found.reason not in _model.REASONS
    ]
    assert bare == []


#: What becomes of a connection that was made: the server leaves, or says nothing for too long.
ENDS = (CLOSED, {"kind": "timeout", "text": "no reply within 15 s"})


def broken_off(observations: list[Observation], chance: random.Random) -> list[Observation]:
    """The observations, of which most connections were made and ended before all was said."""
    for seen in observations:
        if seen["probe"] in ("dns", "host_config"):
            continue
        seen["source"] = "203.0.113.66"
        if not chance.randrange(3):
            continue
        kept = chance.sample(sorted(seen["facts"]), chance.randint(0, len(seen["facts"])))
        seen["facts"] = {key: seen["facts"][key] for key in kept}
        seen["error"] = seen["error"] or chance.choice(ENDS)
    return observations


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(one.id, name) for one in CATALOGUE for name in recorded(one.id)]),
    st.randoms(use_true_random=False),
)
def test_service_that_took_a_connection_is_never_not_offered(
    recording: tuple[str, str], chance: random.Random
) -> None:
    check_id, status = recording
    entry = recorded(check_id)[status]
    context = context_of(entry, broken_off(copy.deepcopy(entry["observations"]), chance))
    declared = dataclasses.replace(context.target, services=("sieve",))
    context = dataclasses.replace(context, target=declared)
    found = evaluate.evaluate(context, evaluate.choose([check_id]))[0]
    if found["status"] == _model.NOT_APPLICABLE:
        assert found["reason"] in set(_model.REASONS) - {_model.NOT_OFFERED}, found["sentence"]


def calls_without_reason(path: Path) -> Iterator[str]:
    """The calls that make a finding that is not applicable and pass no reason."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    replaced = {
        node.func.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_replace"
        and any(keyword.arg == "reason" for keyword in node.keywords)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or node in replaced:
            continue
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        named = any(
            isinstance(part, ast.Name) and part.id == NAME
            for argument in arguments
            if isinstance(argument, (ast.Name, ast.IfExp))
            for part in (argument, *ast.iter_child_nodes(argument))
        )
        if named and not any(keyword.arg == "reason" for keyword in node.keywords):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_call_that_makes_a_finding_not_applicable_passes_a_reason() -> None:
    assert EVALUATORS
    assert [place for path in EVALUATORS for place in calls_without_reason(path)] == []
