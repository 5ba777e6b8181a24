# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Stored observations: any data is evaluated or refused in one sentence."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils import _stored_observations
from ansible_collections.airtight.mail.tests.unit.helpers.filtered_verdicts import seen
from ansible_collections.airtight.mail.tests.unit.helpers.refusals import refusal

DATA = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["schema", "probe", "a"]), inner, max_size=3),
    ),
)


@given(data=DATA)
def test_any_data_is_read_or_refused_in_one_sentence(data: Any) -> None:
    words = refusal(_stored_observations.stored, data)
    assert words is None or len(words.splitlines()) == 1


def test_a_dictionary_names_the_vantages() -> None:
    stored = _stored_observations.stored({"a": seen(), "b": seen()})
    found = _stored_observations.by_vantage(stored)
    assert {name: len(entries) for name, entries in found.items()} == {
        "a": len(seen()),
        "b": len(seen()),
    }
