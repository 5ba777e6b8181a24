# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Batches of hosts, and domains of which one batch holds all hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.filter.batch_errors import batch_errors

DEFAULT = [1, "25%"]


def errors(batches: Any, *domains: list[str]) -> list[str]:
    """The errors for as many hosts as lists of domains."""
    hosts = [f"mx{number}" for number in range(len(domains))]
    hostvars = {host: {"mail_domains": own} for host, own in zip(hosts, domains, strict=True)}
    return batch_errors(hosts, hostvars, batches)


@pytest.mark.parametrize(
    ("batches", "domains"),
    [
        (DEFAULT, [["a"]]),
        (DEFAULT, [["a"]] * 2),
        (DEFAULT, [["a"]] * 9),
        ("100%", [["a"], ["b"]]),
        ([2], [["a"], ["b"], ["a"]]),
        (1, [["a"]] * 5),
        (DEFAULT, [[], []]),
        (DEFAULT, []),
    ],
)
def test_one_host_of_each_domain_always_takes_mail(batches: Any, domains: list[list[str]]) -> None:
    assert errors(batches, *domains) == []


@pytest.mark.parametrize(
    ("batches", "domains", "names"),
    [
        ("100%", [["a"], ["a"]], ["2 hosts of a (mx0, mx1)"]),
        (0, [["a"], ["a"]], ["2 hosts of a (mx0, mx1)"]),
        ([1, 2], [["b"], ["a"], ["a", "b"]], ["2 hosts of a (mx1, mx2)"]),
        (
            DEFAULT,
            [["b"], *[["a"]] * 2, *[["c"]] * 5],
            ["2 hosts of a (mx1, mx2)"],
        ),
        (["2"], [["a", "b"], ["a", "b"]], ["2 hosts of a (mx0, mx1)", "2 hosts of b (mx0, mx1)"]),
    ],
)
def test_batch_with_all_hosts_of_a_domain_is_refused(
    batches: Any, domains: list[list[str]], names: list[str]
) -> None:
    assert errors(batches, *domains) == [
        f"site_batches: one batch has all {name}, and nobody takes its mail meanwhile; take "
        "smaller batches, such as -e site_batches=1."
        for name in names
    ]


def test_host_without_domains_counts_for_none() -> None:
    assert batch_errors(["a", "b"], {"a": {}, "b": {"mail_domains": None}}, "100%") == []
