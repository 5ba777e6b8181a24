# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What nmap, sslyze and testssl.sh say of the same animals: other_scanners.py FOLDER CA_FILE
TOOL... writes FOLDER/peers.json.

Asks each tool only what it can answer, and only about animals on the registered ports. testssl.sh
takes a minute or more for each port and so looks at the first port of those with a flaw in TLS, and
of one sound animal of each daemon.
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
#: What a finding of a tool means, by a regular expression for its name; what each tool is asked.
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
BLIND = {"smtp-open-relay": "relays", "smtp-commands": "no_starttls"}


def said(tool: str, findings: list[scanners.Finding]) -> dict[str, list[str]]:
    """The flaws that a tool's findings name, and the questions that it could not answer."""
    flaws, blind = set(), set()
    for finding in findings:
        if finding.what.startswith("blind"):
            blind.add(next((fact for name, fact in BLIND.items() if name in finding.what), "*"))
        for pattern, fact in MEANS[tool].items():
            if re.fullmatch(pattern, finding.what):
                flaws.add(fact)
    return {"flaws": sorted(flaws), "blind": sorted(blind)}


def look(tool: str, animal: dict[str, Any], ca_file: str) -> tuple[str, dict[str, list[str]]]:
    """Run one tool against one animal."""
    ports = [PORTS[service] for service in animal["target"]["services"] if service in PORTS]
    host = scanners.Host(
        animal["host"], animal["target"]["addresses"], ports, "outsider.test", {}, ca_file
    )
    if tool == "nmap":
        return animal["host"], said(tool, scanners.nmap(host, 300))
    found = scanners.sslyze_at(host, 300) if tool == "sslyze" else scanners.testssl_at(host, 400)
    return animal["host"], said(tool, found)


def chosen(tool: str, animals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that a tool looks at."""
    usual = [
        animal
        for animal in animals
        if not animal["target"].get("ports") and animal.get("kind") != "mute"
    ]
    if tool == "nmap":
        return usual
    usual = [
        animal
        for animal in usual
        if set(animal["target"]["services"]) & set(PORTS)
        and "no_starttls" not in animal.get("flaws", ())
    ]
    if tool == "sslyze":
        return usual
    return [
        animal
        for animal in usual
        if TLS_FACTS & set(animal.get("flaws", ())) or animal["name"].endswith("-sound")
    ]


def main() -> None:
    """Ask every tool about its animals, four at a time."""
    folder, ca_file = Path(sys.argv[1]), sys.argv[2]
    animals = [
        animal
        for path in sorted(folder.glob("animals-*.json"))
        for animal in json.loads(path.read_text(encoding="utf-8"))
    ]
    answers = {}
    for tool in sys.argv[3:]:
        mine = chosen(tool, animals)
        with ThreadPoolExecutor(4) as pool:
            found = dict(pool.map(lambda animal, tool=tool: look(tool, animal, ca_file), mine))
        answers[tool] = {"asked": list(dict.fromkeys(MEANS[tool].values())), "said": found}
        (folder / "peers.json").write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
