# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The result of each host of a run."""

from __future__ import annotations

from typing import Any

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA
from ansible_collections.airtight.mail.plugins.plugin_utils._audit import hosts as _hosts
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import causes, evaluate

WHOLE = {"schema": SCHEMA, "severity": "high", "title": "x", "sentence": "y", "evidence": []}


def verdict(target: str, check: str, status: str, **more: Any) -> dict[str, Any]:
    return {**WHOLE, "target": target, "check": check, "status": status, **more}


def results(*verdicts: dict[str, Any], **given: str) -> dict[str, dict[str, Any]]:
    return _hosts.host_results(verdicts, given, allow_unknown=False)


def test_each_host_has_its_own_result() -> None:
    found = results(
        verdict("a", "tls_versions", "pass"),
        verdict("b", "tls_versions", "fail", severity="medium"),
        verdict("b", "relay_third_party", "fail", severity="critical"),
        verdict("b", "dnssec", "unknown"),
        verdict("c", "dnssec", "unknown"),
        verdict("c", "tls_versions", "pass"),
        evaluate.refused("d", "no host", "name: 'no host' is no host name."),
    )
    assert {host: result["compliant"] for host, result in found.items()} == {
        "a": True,
        "b": False,
        "c": False,
        "d": False,
    }
    assert [result["outcome"] for result in found.values()] == [
        "compliant",
        "fail",
        "unknown",
        "wrong_option",
    ]
    assert found["b"]["failed"] == ["relay_third_party", "tls_versions"]
    assert found["b"]["unknown"] == ["dnssec"]
    assert found["b"]["summary"]["fail"] == 2
    assert found["a"]["msg"] == "Nothing failed, and nothing is unknown."
    assert found["b"]["msg"] == (
        "2 checks failed: relay_third_party, tls_versions. 1 check unknown: dnssec."
    )


def test_domain_has_the_result_of_its_mx_hosts() -> None:
    found = results(
        verdict("mx1 (MX of d)", "tls_versions", "pass"),
        verdict("mx2 (MX of d)", "tls_versions", "fail"),
        **{"mx1 (MX of d)": "d", "mx2 (MX of d)": "d"},
    )
    assert (list(found), found["d"]["failed"]) == (["d"], ["tls_versions"])


def test_unknown_may_be_allowed_and_nothing_seen_never_is() -> None:
    verdicts = [
        verdict("a", "dnssec", "unknown"),
        verdict("a", "tls_versions", "pass"),
        verdict("b", "dnssec", "unknown"),
    ]
    found = _hosts.host_results(verdicts, {}, allow_unknown=True)
    assert (found["a"]["compliant"], found["b"]["compliant"]) == (True, False)


def test_host_that_was_not_seen_before_either_is_no_change() -> None:
    silent = verdict("a", "dnssec", "unknown", change="unchanged")
    assert results(silent)["a"]["compliant"] is True
    assert results({**silent, "change": "new"})["a"]["compliant"] is False


def test_host_whose_port_25_is_blocked_says_so_first() -> None:
    blocked = {
        "caused_by": causes.PORT_25_UNREACHABLE,
        "sentence": "timeout",
        "transcript": [],
        "status": "unknown",
        "service": "smtp",
        "address": "192.0.2.25",
        "port": 25,
    }
    found = results(
        verdict("a", "relay_third_party", "unknown", evidence=[blocked]),
        verdict("a", "tls_versions", "pass"),
    )
    assert found["a"]["msg"].startswith("Port 25 is not reachable from here, most likely blocked")
