# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The options of a run: none that cannot be used gets as far as a connection."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _run_options
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey
from ansible_collections.airtight.mail.tests.unit.helpers.refusals import (
    is_one_sentence_about,
    refusal,
)


@pytest.mark.parametrize("option", sorted(_run_options.RULES))
@given(text=st.text(max_size=60))
def test_text_is_refused_by_the_name_of_its_option(option: str, text: str) -> None:
    assert is_one_sentence_about(refusal(_run_options.validated, {option: text}), f"{option}: ")


def test_every_default_of_a_survey_is_valid() -> None:
    defaults = {name: spec.get("default") for name, spec in survey.ARGUMENT_SPEC.items()}
    assert _run_options.validated(defaults) == defaults
    typed = {name for name, spec in survey.ARGUMENT_SPEC.items() if spec["type"] != "list"}
    assert typed <= set(_run_options.RULES)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"backup_domain": "exam ple.com"}, "backup_domain: 'exam ple.com' is not a domain name;"),
        ({"canary_port": 99999}, "canary_port: 99999 is not a port number;"),
        ({"canary_listen": ["localhost"]}, "canary_listen: 'localhost' is not an IP address; lea"),
        ({"connect_timeout": -1}, "connect_timeout: -1 is not a time;"),
        ({"target_connections": 0}, "target_connections: 0 is not a whole number from 1 to"),
    ],
)
def test_refusal_names_option_value_and_way_out(params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        _run_options.validated(params)
    assert str(caught.value).startswith(words)


def test_a_stranger_is_not_the_target() -> None:
    params = {"stranger_domain": "example.org"}
    _run_options.refuse_own_domains(params, ("example.net",))
    with pytest.raises(ModelError, match=r"^stranger_domain: 'example.org' is a domain of the t"):
        _run_options.refuse_own_domains(params, ("example.org",))
