# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The comparison with other scanners: a finding is matched, a known difference, or unexplained."""

from __future__ import annotations

from typing import Any

import compare
import pytest
import scanners
import yaml

MATCHED, KNOWN = (
    yaml.safe_load((scanners.HERE / name).read_text(encoding="utf-8"))
    for name in ("matched.yml", "known_differences.yml")
)
HOST = scanners.Host("mx1", "mx1.example.org", ["198.18.0.1"], [25], "outsider.test", {}, "")


def verdict(check: str, port: int, status: str = "fail") -> dict[str, Any]:
    evidence = {"status": status, "subject": "", "port": port, "sentence": "TLSv1 was accepted."}
    return {"target": "mx1", "check": check, "evidence": [evidence]}


def finding(tool: str, what: str, detail: str = "", port: int = 25) -> scanners.Finding:
    return scanners.Finding(tool, "mx1", port, what, detail)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (finding("testssl", "TLS1"), compare.MATCHED),
        (finding("testssl", "TLS1", port=587), compare.UNEXPLAINED),
        (finding("sslyze", "weak suite accepted", "TLS_DH_anon_X"), compare.KNOWN),
        (finding("sslyze", "weak suite accepted", "TLS_DH_anon_X", 587), compare.UNEXPLAINED),
        (finding("nmap", "open relay"), compare.UNEXPLAINED),
        (finding("nmap", scanners.NO_RESULT), compare.UNEXPLAINED),
    ],
)
def test_classify_finding_by_failed_checks_of_its_port(found: Any, kind: str) -> None:
    assert compare.classify(found, [verdict("tls_versions", 25)], MATCHED, KNOWN)[0] == kind


def test_classify_finding_of_a_passed_check_is_unexplained() -> None:
    passed = [verdict("tls_versions", 25, "pass")]
    found = compare.classify(finding("testssl", "TLS1"), passed, MATCHED, KNOWN)
    assert found[0] == compare.UNEXPLAINED


def test_not_found_flaw_of_the_file_is_listed() -> None:
    path = str(scanners.HERE / "insecure_host.yml")
    missing = compare.not_found(path, [HOST], [verdict("tls_versions", 25)])
    assert "mx1: AUTH is accepted in clear (auth_refused_before_tls on port 587)" in missing
    assert not any("TLS 1.0" in line for line in missing)


def test_scanners_are_given_the_name_in_the_certificate() -> None:
    session = {
        "probe": "smtp_session",
        "target": "mx1",
        "address": "198.18.0.1",
        "port": 25,
        "params": {"sender": "<a@outsider.test>"},
        "facts": {"extensions": {}},
    }
    named = {**verdict("tls_versions", 25), "name": "mx1.example.org"}
    assert compare.audited({"verdicts": [named], "observations": [session]}) == {
        "mx1": {
            "name": "mx1.example.org",
            "addresses": ["198.18.0.1"],
            "ports": {25},
            "stranger": "outsider.test",
        }
    }
