# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A recorded fixture is minimal, has no name or address of the host, and gives its status again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate

ROOT = Path(__file__).resolve().parents[3]
_spec = importlib.util.spec_from_file_location("record", ROOT / "tools/record.py")
assert _spec is not None
assert _spec.loader is not None
record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(record)

CHECK = evaluate.choose(["auth_refused_before_tls"])[0]
TARGET = {
    "name": "debian13.lab.test",
    "addresses": ["10.99.1.12", "fd99::12"],
    "domains": ["debian13.test"],
}


def session(service: str, port: int, code: int, address: str = "10.99.1.12") -> dict[str, Any]:
    reply = {"code": code, "enhanced": "", "text": "debian13.lab.test says so"}
    return {
        "schema": 2,
        "probe": "smtp_session",
        "target": "debian13.lab.test",
        "service": service,
        "address": address,
        "port": port,
        "params": {"helo": "outsider.lab.test", "recipient": "<postmaster@debian13.test>"},
        "facts": {"auth_in_clear": reply, "mechanisms_in_clear": {"LOGIN": reply}},
        "error": None,
        "transcript": [["S", "220 debian13.lab.test[10.99.1.12]"], ["S", "outsider[10.99.9.66]"]],
        "source": "10.99.9.66",
        "started": "2026-11-29T18:00:00.000+00:00",
        "seconds": 0.1,
        "vantage": {"source": "10.99.9.66", "same_host": False},
    }


def entry(*observations: dict[str, Any]) -> dict[str, Any]:
    return {
        "recorded_from": "A host.",
        "vantage_untrusted": False,
        "opt_in": [],
        "now": "2026-11-29T18:00:00.000+00:00",
        "target": TARGET,
        "observations": list(observations),
    }


def test_minimise_keeps_what_the_verdict_needs() -> None:
    kept = record.minimise([1, 2, 3, 4], lambda fewer: {2, 4} <= set(fewer))
    assert kept == [2, 4]


def test_fixture_failing_host_keeps_the_failing_session_only() -> None:
    passed, failed = session("submission", 587, 530), session("smtp", 25, 334)
    status, recorded = record.fixture(CHECK, entry(passed, failed, session("smtp", 25, 502)))
    assert status == "fail"
    assert [item["port"] for item in recorded["observations"]] == [25]
    assert recorded["observations"][0]["facts"]["auth_in_clear"]["code"] == 334


def test_fixture_names_and_addresses_are_those_of_documentation() -> None:
    _status, recorded = record.fixture(CHECK, entry(session("smtp", 25, 334)))
    text = json.dumps(recorded)
    assert not [name for name in ("lab", "debian13", "10.99", "fd99", "outsider.") if name in text]
    assert recorded["target"] == {
        "name": "mx1.example.org",
        "addresses": ["198.18.0.25", "2001:db8:18::25"],
        "domains": ["example.org"],
    }
    observation = recorded["observations"][0]
    assert observation["params"]["recipient"] == "<postmaster@example.org>"
    assert observation["transcript"][0] == ["S", "220 mx1.example.org[198.18.0.25]"]
    assert observation["vantage"]["source"] == observation["source"] == "198.18.0.1"


def test_fixture_recorded_entry_gives_its_status_again() -> None:
    for code, status in ((334, "fail"), (502, "pass"), (454, "unknown")):
        found, recorded = record.fixture(CHECK, entry(session("smtp", 25, code)))
        assert found == status
        assert record.verdict(CHECK, recorded, recorded["observations"])[0] == status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx.test", "HOST"),
        ("a.mx.test.", "a.HOST."),
        ("250-mx.test", "250-HOST"),
        ("amx.test", "amx.test"),
        ("mx.test-2", "mx.test-2"),
        ("[192.0.2.1]:25", "[ADDRESS]:25"),
        ("192.0.2.10", "192.0.2.10"),
        ("1.192.0.2.1", "1.192.0.2.1"),
    ],
)
def test_replace_whole_names_and_addresses_only(text: str, expected: str) -> None:
    known = {"mx.test": "HOST", "192.0.2.1": "ADDRESS"}
    assert record.replace({text: [text]}, known) == {expected: [expected]}


def test_address_map_reverse_names_follow_and_loopback_stays() -> None:
    known = record.address_map(["127.0.0.1", "10.0.0.7", "10.0.0.8"], record.TARGETS)
    assert known["10.0.0.8"] == "198.18.0.26"
    assert known["7.0.0.10.in-addr.arpa"] == "25.0.18.198.in-addr.arpa"
    assert "127.0.0.1" not in known


def test_merge_one_status_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "check.json"
    record.merge(path, "unknown", {"observations": [{"a": 1}]})
    record.merge(path, "pass", {"recorded_from": "x", "observations": []})
    record.merge(path, "unknown", {"observations": [{"a": 2}]})
    assert list(json.loads(path.read_text(encoding="utf-8")).items()) == [
        ("pass", {"recorded_from": "x", "observations": []}),
        ("unknown", {"observations": [{"a": 2}]}),
    ]


def test_dump_fixture_of_the_repository_is_written_as_it_is() -> None:
    path = record.FIXTURES / "auth_refused_before_tls.json"
    text = path.read_text(encoding="utf-8")
    assert record.dump(json.loads(text)) == text


def test_entries_account_loses_its_password() -> None:
    account = {"address": "alice@debian13.test", "password": "not-to-be-kept"}
    seen = {"targets": [{**TARGET, "account": account}], "observations": [session("smtp", 25, 334)]}
    found = record.entries(CHECK, seen, "")
    assert found[0]["target"]["account"] == "alice@debian13.test"
    assert "not-to-be-kept" not in json.dumps(found)
