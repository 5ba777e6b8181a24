# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Where reports link to."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.plugins.plugin_utils._report import links
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import NASTY

ROOT = Path(__file__).resolve().parents[5]
NAMES = st.one_of(st.text(max_size=100), st.sampled_from([*NASTY, "mx1.example.org", "MX1", ".."]))


def test_each_check_has_a_page() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    documented = (ROOT / "docs/reference/checks.md").read_text(encoding="utf-8")
    for check in CATALOGUE:
        address, _hash, heading = links.check_page(check.id).partition("#")
        assert address == f"{galaxy['repository']}/blob/main/docs/reference/checks.md"
        assert f"\n### {heading}\n" in documented


def test_id_of_a_host_is_its_name_where_it_can_be() -> None:
    assert links.host_id("mx1.example.org") == "mx1.example.org"
    assert links.host_id("2001-db8--1") == "2001-db8--1"
    assert re.fullmatch(
        r"mx1-example-from-office-[0-9a-f]{8}", links.host_id("mx1 example (from office)")
    )


@given(name=NAMES)
def test_id_of_a_host_is_a_file_name_and_an_anchor(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9-][a-z0-9.-]{0,90}", links.host_id(name))


@given(one=NAMES, other=NAMES)
def test_hosts_with_other_names_have_other_ids(one: str, other: str) -> None:
    assert (links.host_id(one) == links.host_id(other)) == (one == other)


def test_host_has_a_page_where_there_is_a_folder() -> None:
    assert links.host_page("mx1.example.org", "pages") == "pages/mx1.example.org.html"
    assert links.host_page("mx1.example.org", "") == ""
