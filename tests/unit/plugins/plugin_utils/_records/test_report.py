# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The report of a run never fails: what is not known is a line in it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

pytest.importorskip("dns")
pytest.importorskip("cryptography")

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import resolver
from ansible_collections.airtight.mail.plugins.plugin_utils._records import forms, report
from ansible_collections.airtight.mail.tests.unit.helpers import dns_server, mail_records

HOSTS: dict[str, Any] = {"mx1": mail_records.few()}
RECORDS = mail_records.records_of(mail_records.few())
SERVED = mail_records.as_served(RECORDS)


def reported(**more: Any) -> dict[str, Any]:
    return report.report(list(HOSTS), HOSTS, **more)


def test_complete_zone_has_no_differences() -> None:
    with dns_server.serving(SERVED) as server:
        found = reported(dns_servers=[server])
    assert found.pop("publish") == forms.table(RECORDS).splitlines()
    assert [line[:10] for line in found.pop("left_out")] == [
        "No DKIM ke",
        "No TLSA fo",
        "No CAA for",
    ]
    assert all(line.endswith("lead to each other.") for line in found.pop("helo"))
    assert found == {"differences": [], "unknown": [], "complete": True}


def test_what_is_missing_is_a_line() -> None:
    served = {key: values for key, values in SERVED.items() if key != ("example.org", "MX")}
    with dns_server.serving(served) as server:
        found = reported(dns_servers=[server])
    assert found["differences"] == [f"missing: example.org MX: {server} lacks 10 mx1.example.org."]
    assert (found["unknown"], found["complete"]) == ([], False)


def test_resolver_that_does_not_answer_is_one_line() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        asked = "{}:{}".format(*silent.getsockname())
        found = reported(dns_resolver=asked, timeout=0.3)
    (line,) = found["unknown"]
    assert line.endswith("no answer within 0.3 s")
    assert (found["differences"], found["complete"]) == ([], False)


def test_zones_of_nobody_are_one_line() -> None:
    with dns_server.serving({}) as asked:
        (line,) = reported(dns_resolver=asked)["unknown"]
    assert line.endswith("no zone of it has name servers")


def test_servers_that_are_all_silent_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "TIMEOUTS", (0.2,))
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as two,
        dns_server.serving(SERVED) as answering,
    ):
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.2", 0))
        silent = ["{}:{}".format(*each.getsockname()) for each in (one, two)]
        (_line,) = reported(dns_servers=silent)["unknown"]
        assert len(reported(dns_servers=[*silent, answering])["unknown"]) == 2


@pytest.mark.parametrize(
    ("variables", "more", "line"),
    [
        ({}, {"dns_resolver": "none"}, "The name servers were not asked (none)."),
        (
            {},
            {"dns_resolver": "ns"},
            "What name servers have is unknown: dns_resolver: 'ns' is no a",
        ),
        (
            {"records_ttl": "1h"},
            {},
            "Which records are needed is unknown: mx1: records_ttl: '1h' is not a whole number",
        ),
    ],
)
def test_what_cannot_work_is_a_line(
    variables: dict[str, Any], more: dict[str, Any], line: str
) -> None:
    hosts = {"mx1": mail_records.few(**variables)}
    found = report.report(["mx1"], hosts, **more)
    (unknown,) = found["unknown"]
    assert unknown.startswith(line)
    assert not found["complete"]
    assert bool(found["publish"]) != bool(variables)
