# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs nmap, sslyze and testssl.sh on the same targets: other_scanners.py FOLDER CA_FILE TOOL...
writes FOLDER/other_scanners.json, and adds nmap's wall time to FOLDER/wall_time.json.

Each scanner is asked only what it can answer, and only about targets on registered ports.
testssl.sh takes a minute or more for each port. So it scans the first port of the targets with a
flaw in TLS, and of one correct target of each daemon.
"""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "other_scanners"))
import scanners

PORTS = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
}
#: The fact that a scanner's finding stands for, by a regular expression for the finding's name.
MEANS = {
    "nmap": {
        "open relay": "relays",
        "login offered in clear": "login_offered",
        "no STARTTLS": "no_starttls",
        "users disclosed": "tells_users",
    },
    "sslyze": {
        r"(SSL|TLS) [\d.]+ accepted": "old_tls",
        "weak suite accepted": "weak_suite",
        "Mozilla: certificate_path.*": "untrusted",
    },
    "testssl": {
        "SSLv2|SSLv3|TLS1|TLS1_1": "old_tls",
        r"cipherlist_(NULL|aNULL|EXPORT|LOW|3DES_IDEA)": "weak_suite",
        "cert_chain_of_trust.*": "untrusted",
        "cert_(expirationStatus|notAfter).*": "expires",
    },
}
TLS_FACTS = {"old_tls", "weak_suite", "untrusted", "expires", "wrong_name"}
NO_RESULT = {"smtp-open-relay": "relays", "smtp-commands": "no_starttls"}


def facts_of(tool: str, findings: list[scanners.Finding]) -> dict[str, list[str]]:
    """The flaws that a scanner found, and the questions that it could not answer."""
    flaws, no_result = set(), set()
    for finding in findings:
        if finding.what.startswith(scanners.NO_RESULT):
            no_result.add(
                next((fact for name, fact in NO_RESULT.items() if name in finding.what), "*")
            )
        for pattern, fact in MEANS[tool].items():
            if re.fullmatch(pattern, finding.what):
                flaws.add(fact)
    return {"flaws": sorted(flaws), "no_result": sorted(no_result)}


def as_host(target: dict[str, Any], ca_file: str) -> scanners.Host:
    """A target as the scanners are given it."""
    ports = [PORTS[service] for service in target["audit"]["services"] if service in PORTS]
    name = target["host"]
    return scanners.Host(
        name, name, target["audit"]["addresses"], ports, "outsider.test", {}, ca_file
    )


def scan(tool: str, target: dict[str, Any], ca_file: str) -> tuple[str, dict[str, list[str]]]:
    """Run one scanner on one target."""
    host = as_host(target, ca_file)
    if tool == "nmap":
        return target["host"], facts_of(tool, scanners.nmap(host, 300))
    found = scanners.sslyze_at(host, 300) if tool == "sslyze" else scanners.testssl_at(host, 400)
    return target["host"], facts_of(tool, found)


def chosen(tool: str, targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The targets that a scanner is run on."""
    usual = [
        target
        for target in targets
        if not target["audit"].get("ports") and target.get("kind") != "silent"
    ]
    if tool == "nmap":
        return usual
    usual = [
        target
        for target in usual
        if set(target["audit"]["services"]) & set(PORTS)
        and "no_starttls" not in target.get("flaws", ())
    ]
    if tool == "sslyze":
        return usual
    return [
        target
        for target in usual
        if TLS_FACTS & set(target.get("flaws", ())) or target["name"].endswith("-correct")
    ]


def keep_wall_time(folder: Path, selected: list[dict[str, Any]]) -> None:
    """Add to wall_time.json how long one nmap takes for all of its targets, and how many these
    are; run writes the audit's.
    """
    path = folder / "wall_time.json"
    seconds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    seconds["nmap"] = scanners.nmap_wall_time([as_host(target, "") for target in selected], 3600)
    seconds["targets"] = len(selected)
    path.write_text(json.dumps(seconds), encoding="utf-8")


def main() -> None:
    """Run every scanner on its targets, four at a time."""
    folder, ca_file = Path(sys.argv[1]), sys.argv[2]
    targets = [
        target
        for path in sorted(folder.glob("targets-*.json"))
        for target in json.loads(path.read_text(encoding="utf-8"))
    ]
    answers = {}
    for tool in sys.argv[3:]:
        selected = chosen(tool, targets)
        with ThreadPoolExecutor(4) as pool:
            found = dict(pool.map(lambda target, tool=tool: scan(tool, target, ca_file), selected))
        if tool == "nmap":
            keep_wall_time(folder, selected)
        answers[tool] = {"asked": list(dict.fromkeys(MEANS[tool].values())), "found": found}
        (folder / "other_scanners.json").write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
