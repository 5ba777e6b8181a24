# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The formats of a report by name."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import RUN, mixed


@pytest.mark.parametrize("name", formats.FILES)
def test_each_format_takes_no_verdict_and_verdicts_in_any_order(name: str) -> None:
    nobody = formats.render(name, [], RUN, [], verbose=True)
    assert nobody.endswith("\n") or (name, nobody) == ("jsonl", "")
    in_order, reverse = mixed(), list(reversed(mixed()))
    assert formats.render(name, in_order, RUN, [], verbose=True) == formats.render(
        name, reverse, RUN, [], verbose=True
    )


def test_each_format_has_its_own_file_and_folder() -> None:
    names = [*formats.FILES.values(), *formats.FOLDERS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", formats.FILES)
def test_format_has_pages_for_many_hosts_if_it_has_a_folder(name: str) -> None:
    many = [item for number in range(201) for item in mixed(f"mx{number}")]
    assert bool(list(formats.pages(name, many, RUN))) == (name in formats.FOLDERS)
    assert list(formats.pages(name, mixed(), RUN)) == []


def test_pages_of_a_host_seen_from_two_vantages_differ() -> None:
    hosts = [{**mixed()[0], "target": f"mx{number}"} for number in range(101)]
    found = [{**item, "vantage": vantage} for item in hosts for vantage in ("office", "internet")]
    pages = dict(formats.pages("html", found, RUN))
    assert len(pages) == len(found)
    assert "Audit of mx7 (from office)" in "".join(pages.values())


def test_another_format_is_an_error() -> None:
    with pytest.raises(KeyError):
        formats.render("pdf", [], RUN, [], verbose=False)


def test_verdicts_of_this_schema_are_taken() -> None:
    assert formats.checked_verdicts(iter(mixed())) == mixed()
    assert formats.checked_verdicts([]) == []


@pytest.mark.parametrize("schema", [1, 3, None])
def test_verdicts_of_another_schema_are_refused_in_one_sentence(schema: int | None) -> None:
    old = [*mixed(), {**mixed()[0], "schema": schema}]
    expected = (
        f"verdicts of schema {schema} cannot be rendered, only those of schema 2; audit again"
    )
    with pytest.raises(formats.ReportError, match=expected):
        formats.checked_verdicts(old)


@pytest.mark.parametrize("data", [{"verdicts": []}, "verdicts", ["verdict"], [1]])
def test_what_is_no_list_of_verdicts_is_refused(data: t.Any) -> None:
    with pytest.raises(formats.ReportError, match="give a list of verdicts"):
        formats.checked_verdicts(data)
