# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts and checks of a fleet as a table: a row for hosts that are alike, a column for each
check that is not passed everywhere.

Pure: verdicts in, data for the template out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    PASS,
    SEVERITIES,
    UNKNOWN,
    WAIVED,
)

from .causes import cause_groups
from .escaping import visible, visible_data
from .grouping import OPEN, Verdict, kind, status_counts, verdicts_by_host, worst_status
from .html_parts import Data, Found, anchor, badge, cause_anchor
from .links import host_id, host_page

#: What is unknown for a cause that another cell of the row names.
FOLLOWS = "follows"
#: What a cell says where that is not its status; one that passed is empty.
WORDS = {PASS: "", FOLLOWS: UNKNOWN, NOT_APPLICABLE: "n/a", "": "-"}
#: Where the waived checks are listed.
WAIVED_ANCHOR = "waived"
#: A table with more columns than these is too wide for paper.
MAX_PRINTED = 12


class Column(t.NamedTuple):
    """A check, or a cause that is no check, and the finding that its head leads to."""

    name: str
    severity: str
    anchor: str


class Row(t.NamedTuple):
    """Hosts that are alike in every column and count.

    cells: a kind of verdict for each column, empty where the check was not made. silent: whether
    nothing is known of them.
    """

    hosts: list[str]
    status: str
    cells: tuple[str, ...]
    counts: dict[str, int]
    silent: bool


def columns(found: Found) -> list[Column]:
    """The causes and checks that fail, are unknown or are waived on some host, gravest first."""
    listed = [
        *(
            Column(group.first.name, group.severity, cause_anchor(group))
            for group in cause_groups(found.causes)
        ),
        *(
            Column(group.check, str(group.first["severity"]), anchor(group.first))
            for group in found.groups
        ),
        *(
            Column(str(item["check"]), str(item["severity"]), WAIVED_ANCHOR)
            for item in found.items
            if item["status"] == WAIVED
        ),
    ]
    by_name: dict[str, Column] = {}
    for column in listed:
        by_name.setdefault(column.name, column)
    return sorted(by_name.values(), key=lambda column: SEVERITIES.index(column.severity))


def rows(found: Found, heads: t.Sequence[Column]) -> list[Row]:
    """The hosts that are alike together; first those with the gravest findings."""
    caused: dict[str, dict[str, str]] = {}
    for cause in found.causes:
        caused.setdefault(cause.target, {})[cause.name] = UNKNOWN
    for members in found.followed.values():
        for item in members:
            caused.setdefault(item["target"], {})[item["check"]] = FOLLOWS
    causes = {cause.name: PASS for cause in found.causes}
    alike: dict[t.Any, Row] = {}
    by_host = verdicts_by_host(found.items)
    for host in sorted(by_host, key=lambda name: (_rank(by_host[name]), name)):
        kinds = {item["check"]: kind(item) for item in by_host[host]}
        kinds = {**causes, **kinds, **caused.get(host, {})}
        cells = tuple(kinds.get(column.name, "") for column in heads)
        counts, silent = status_counts(by_host[host]), host in found.silent
        row = Row([], worst_status(by_host[host]), cells, counts, silent)
        alike.setdefault((cells, *counts.values(), silent), row).hosts.append(host)
    return list(alike.values())


def _rank(verdicts: t.Sequence[Verdict]) -> list[int]:
    """How many findings there are of each severity and status, most of the gravest first."""
    ranks = {(severity, status): 0 for severity in SEVERITIES for status in OPEN}
    for item in verdicts:
        if item["status"] in OPEN:
            ranks[item["severity"], item["status"]] -= 1
    return list(ranks.values())


def matrix(heads: t.Sequence[Column], listed: t.Sequence[Row], folder: str) -> Data:
    """The table for the template. folder: where the pages of the hosts are; empty without them."""
    return {
        "severities": [
            {"severity": severity, "count": len(list(members))}
            for severity, members in itertools.groupby(heads, lambda column: column.severity)
        ],
        "columns": [visible_data(column._asdict()) for column in heads],
        "printed": len(heads) <= MAX_PRINTED,
        "alike": any(len(row.hosts) > 1 for row in listed),
        "rows": [_row(row, heads, folder) for row in listed],
    }


def _row(row: Row, heads: t.Sequence[Column], folder: str) -> Data:
    first, *others = [_host(name, folder) for name in row.hosts]
    return {
        **first,
        "badge": badge(row.status, first["name"]),
        "others": others,
        "counts": row.counts,
        "silent": row.silent,
        "cells": [
            {"kind": cell, "severity": column.severity, "word": WORDS.get(cell, cell)}
            for cell, column in zip(row.cells, heads, strict=True)
        ],
    }


def _host(name: str, folder: str) -> Data:
    return {"id": host_id(name), "name": visible(name), "page": host_page(name, folder)}


def entries(hosts: t.Container[str], listed: t.Sequence[Row], folder: str) -> list[Data]:
    """Some hosts as rows of the table: the first of each, and how many are like it."""
    return [
        {**_host(row.hosts[0], folder), "others": len(row.hosts) - 1}
        for row in listed
        if row.hosts[0] in hosts
    ]
