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


@pytest.mark.parametrize(
    ("text", "written_out"),
    [
        ("", ""),
        ("$x$x,$(y)${y}z", "11,11z"),
        ("$(unknown) $ $( ${} ${x y}", "$(unknown) $ $( ${} ${x y}"),
        ("${ x } ${x }", "1 1"),
        ("${unknown?yes}${unknown:no}", "no"),
        ("${empty?yes}", ""),
        ("${x:no}", ""),
        ("${x ? {a} : {b}} ${empty ? { a } : { b }}!", "a b!"),
        ("${x?a {b}} ${empty:{ a } }!", "a {b} a!"),
        ("${empty?{a}: b} ${empty?{a}} ${x?{a {b} c}:{d}}", "b  a {b} c"),
        ("${x?{${empty?{a}:{b}}}:{c}}", "b"),
        ("${x?\na\n}", "a\n"),
        ("${empty?{a}bc}", ""),
        ("${x?$y", "1"),
    ],
)
def test_expanded_chooses_the_branches_that_postfix_chooses(text: str, written_out: str) -> None:
    assert expanded(text, VALUES) == written_out


@pytest.mark.parametrize("form", ["${}", "$({})", "${{{}}}"])
def test_expanded_leaves_what_is_named_too_deeply(form: str) -> None:
    values = {f"v{number}": form.format(f"v{number + 1}") for number in range(1, 12)}
    values["v12"] = "end"
    assert expanded(form.format("v2"), values) == "end"
    assert expanded(form.format("v1"), values) == form.format("v12")


def test_expanded_leaves_branches_that_are_too_deep() -> None:
    text = "end"
    for _level in range(11):
        text = f"${{x?{{{text}}}}}"
    assert expanded(text, VALUES) == "end"
    assert expanded(f"${{x?{{{text}}}}}", VALUES) == "${x?{end}}"


def test_overridden_keeps_what_names_nothing_that_is_overridden() -> None:
    main = {
        **{f"v{number}": f"$v{number + 1}" for number in range(1, 15)},
        "v15": "${ policy ? {a} : {b}}",
        "other": "$unset",
        "policy": "x",
        "two": "$other $v14",
    }
    effective = {**dict.fromkeys(main, "effective"), "default": "y"}
    found = overridden(main, effective, {"policy": "", "v1": "own $policy", "added": "$v15"})
    assert found == {
        **{f"v{number}": "b" for number in range(5, 16)},
        "v4": "${ policy ? {a} : {b}}",
        **{f"v{number}": f"$v{number + 12}" for number in range(2, 4)},
        "v1": "own $policy",
        "other": "effective",
        "policy": "",
        "default": "y",
        "added": "$v15",
        "two": "$unset b",
    }


NAMES = st.sampled_from(["x", "y", "z", "loop"])
PARAMETERS = st.dictionaries(NAMES, st.text(alphabet="${}()?:xyz loop", max_size=12))


@given(PARAMETERS, PARAMETERS, PARAMETERS)
def test_overridden_ends_for_parameters_that_name_one_another(
    main: dict[str, str], effective: dict[str, str], own: dict[str, str]
) -> None:
    assert overridden(main, effective, own).keys() == {*main, *effective, *own}
