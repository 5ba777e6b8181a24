# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a service overrides is put in place wherever main.cf names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_expansion import (
    expanded,
    overridden,
)

VALUES = {"x": "1", "empty": "", "y": "$x", "loop": "$loop"}


@pytest.mark.parametrize(
    ("text", "written_out"),
    [
        ("a $x, ${y}, $(x)", "a 1, 1, 1"),
        ("${x?yes}${x:no}", "yes"),
        ("${empty?yes}${empty:no}", "no"),
        ("${x?{a b}:{c}} ${empty?{a}:{c ${y}}}", "a b c 1"),
        ("$unknown ${unknown} ${{$x} == {1} ? {a} : {b}}", None),
        ("${x", "1"),
    ],
)
def test_expanded_writes_out_what_is_known(text: str, written_out: str | None) -> None:
    assert expanded(text, VALUES) == (text if written_out is None else written_out)


@given(st.text(alphabet="${}()?:xyloop emt"))
def test_expanded_ends_for_any_text(text: str) -> None:
    assert isinstance(expanded(text, VALUES), str)


def test_overridden_reaches_parameters_that_name_the_overridden_one() -> None:
    main = {"policy": "reject", "lists": "$policy", "smtpd_relay_restrictions": "$lists"}
    effective = {"smtpd_relay_restrictions": "reject", "mynetworks": "127.0.0.0/8"}
    found = overridden(main, effective, {"policy": "permit"})
    assert found["smtpd_relay_restrictions"] == "permit"
    assert found["mynetworks"] == "127.0.0.0/8"
    assert overridden(main, effective, {})["smtpd_relay_restrictions"] == "reject"
