# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The table of hosts and checks."""

from __future__ import annotations

import random
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._report import html_matrix, html_parts
from ansible_collections.airtight.mail.tests.unit.helpers import sample_fleet
from ansible_collections.airtight.mail.tests.unit.helpers.sample_verdicts import (
    BAD,
    CHECKS,
    GOOD,
    mixed,
    verdicts,
)

Verdicts = list[dict[str, t.Any]]


def table(found: Verdicts) -> tuple[list[html_matrix.Column], list[html_matrix.Row]]:
    shown = html_parts.found_in(found)
    heads = html_matrix.columns(shown)
    return heads, html_matrix.rows(shown, heads)


def failing(name: str, *checks: str) -> Verdicts:
    """A host on which these checks fail, and one more passes."""
    failed = sample_fleet.templates(_model.FAIL)
    sound = sample_fleet.templates(_model.PASS)["certificate_name"]
    return [{**failed[check], "target": name} for check in checks] + [{**sound, "target": name}]


def test_columns_are_the_checks_that_are_not_passed_everywhere_gravest_first() -> None:
    heads, rows = table(mixed("mx1.example.org"))
    assert [tuple(head) for head in heads] == [
        ("relay_third_party", "critical", "finding-fail-relay_third_party"),
        ("pop3_capabilities", "high", "finding-fail-pop3_capabilities"),
        ("imap_login_disabled", "high", "finding-unknown-imap_login_disabled"),
        ("auth_hidden_before_tls", "high", "waived"),
    ]
    assert rows[0].cells == ("fail", "fail", "unknown", "waived")


def test_hosts_that_are_alike_share_a_row() -> None:
    _heads, rows = table([*mixed("b"), *failing("c", "relay_third_party"), *mixed("a")])
    assert [row.hosts for row in rows] == [["a", "b"], ["c"]]


def test_hosts_of_a_row_are_alike_in_each_column_and_every_host_has_one_row() -> None:
    found = sample_fleet.fleet(40)
    heads, rows = table(found)
    statuses = {(item["target"], item["check"]): item["status"] for item in found}
    assert sorted(host for row in rows for host in row.hosts) == sorted(
        {item["target"] for item in found}
    )
    for row in rows:
        for host in row.hosts:
            assert tuple(statuses[host, head.name] for head in heads) == row.cells
    assert [len(row.hosts) for row in rows if len(row.hosts) > 1] == [32]


def test_open_relay_stands_above_many_lesser_failures() -> None:
    lesser = ("certificate_name", "tls_versions", "no_version_told", "unknown_users_refused")
    found = [*failing("a", *lesser), *failing("b", "relay_third_party")]
    assert [row.hosts for row in table(found)[1]] == [["b"], ["a"]]


def test_check_that_was_not_made_on_a_host_is_no_pass() -> None:
    heads, rows = table([*failing("a", "relay_third_party"), *failing("b", "tls_versions")])
    assert [head.name for head in heads] == ["relay_third_party", "tls_versions"]
    assert [row.cells for row in rows] == [("fail", ""), ("", "fail")]
    words = [cell["word"] for cell in html_matrix.matrix(heads, rows, "")["rows"][0]["cells"]]
    assert words == ["fail", "-"]


def test_only_a_pass_is_an_empty_cell() -> None:
    kinds = [*_model.STATUSES, "suspected", html_matrix.FOLLOWS, ""]
    words = {kind: html_matrix.WORDS.get(kind, kind) for kind in kinds}
    assert [kind for kind, word in words.items() if not word] == [_model.PASS]
    assert words[html_matrix.FOLLOWS] == _model.UNKNOWN


def test_silent_host_has_its_reason_and_no_column() -> None:
    quiet = verdicts("quiet.example.org", CHECKS, [])
    heads, rows = table([*mixed("mx1"), *quiet])
    assert "mx_takes_cleartext" not in [head.name for head in heads]
    assert {tuple(row.hosts): row.silent for row in rows} == {
        ("mx1",): False,
        ("quiet.example.org",): True,
    }


def test_what_follows_from_a_cause_is_unknown_beneath_it() -> None:
    blocked = {
        "status": _model.UNKNOWN,
        "caused_by": "port_25_unreachable",
        "probe": "",
        "transcript": [],
    }
    item = verdicts("mx1", CHECKS[:1], GOOD)[0]
    unseen = {**item, "status": _model.UNKNOWN, "evidence": [{**item["evidence"][0], **blocked}]}
    heard = {**verdicts("mx1", CHECKS[1:2], BAD)[0], "status": _model.PASS}
    heads, rows = table([unseen, heard, *failing("mx2", "relay_third_party")])
    cells = {
        row.hosts[0]: dict(zip((head.name for head in heads), row.cells, strict=True))
        for row in rows
    }
    assert cells["mx1"] == {"port_25_unreachable": "unknown", "relay_third_party": "follows"}
    assert cells["mx2"] == {"port_25_unreachable": "pass", "relay_third_party": "fail"}


@pytest.mark.parametrize("folder", ["", "pages"])
def test_finding_lists_its_hosts_by_row(folder: str) -> None:
    _heads, rows = table([*mixed("b"), *failing("c", "relay_third_party"), *mixed("a")])
    entries = html_matrix.entries({"a", "b"}, rows, folder)
    assert entries == [
        {"id": "a", "name": "a", "page": "pages/a.html" if folder else "", "others": 1}
    ]


def test_order_of_the_hosts_does_not_matter() -> None:
    hosts = [sample_fleet.host(number) for number in range(30)]
    shuffled = random.Random(1).sample(hosts, len(hosts))
    tables = [table([item for host in order for item in host]) for order in (hosts, shuffled)]
    assert tables[0] == tables[1]
