# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Compares what is true of the animals with what was planted, what the audit says and what other
tools say.

score.py FOLDER: reads animals-*.json, truth.json, audit.json and, where there is one, peers.json.
Prints a line for each animal, the score of each tool, and the figure last; fails unless every
animal was judged rightly.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

RELAY = "relays"
#: Which fact has to be true for a check to fail. A check that fails without its fact is a false
#: alarm.
PROVES = {
    "no_starttls": ("starttls_offered",),
    "no_handshake": ("starttls_works",),
    "login_offered": (
        "auth_hidden_before_tls",
        "imap_login_disabled",
        "pop3_capabilities",
        "sieve_sasl_hidden",
    ),
    "clear_login": (
        "auth_refused_before_tls",
        "imap_login_refused",
        "imap_authenticate_refused",
        "pop3_user_refused",
        "sieve_authenticate_refused",
    ),
    "auth_on_25": ("no_auth_on_port_25",),
    "mail_in_clear": ("mail_refused_before_tls",),
    "demands_tls": ("mx_takes_cleartext",),
    "old_tls": ("tls_versions",),
    "weak_suite": ("tls_cipher_suites",),
    "untrusted": ("certificate_trusted",),
    "wrong_name": ("certificate_name",),
    "expires": ("certificate_expiry",),
    "clear_on_tls_port": ("implicit_tls_only",),
    "tells_users": ("users_not_disclosed",),
    "soft_refusal": ("relay_refusal_is_permanent",),
}
FACT_OF = {check: fact for fact, checks in PROVES.items() for check in checks}


#: Checks that ground_truth.py proves neither way.
UNPROVEN = (
    *(
        "relay_backscatter",
        "relay_xforward",
        "relay_subdomains",
        "relay_xclient",
        "relay_proxy_header",
    ),
    *("relay_data_path", "relay_after_cancelled_login"),
)


def judged(check: str) -> bool:
    """Whether there is a fact to hold a check against."""
    return check not in UNPROVEN and (check in FACT_OF or check.startswith("relay_"))


class Row(NamedTuple):
    """One animal: its plan, what is true of it, and what the audit says, by status."""

    animal: dict[str, Any]
    facts: dict[str, list[str]]
    said: dict[str, set[str]]

    @property
    def flaws(self) -> set[str]:
        """What is wrong with it, in truth."""
        return {fact for fact in self.facts if fact in PROVES or fact == RELAY}

    def named(self) -> set[str]:
        """The flaws that the audit fails a check for."""
        return {fact_of(check) for check in self.said["fail"]}


def fact_of(check: str) -> str:
    """The fact that has to be true where a check fails."""
    return FACT_OF.get(check, RELAY if check.startswith("relay_") else check)


def faults(row: Row) -> list[str]:
    """Everything that is not as it should be: the plan, the truth and the audit have to agree."""
    planted = {fact_of(check) for check in row.animal.get("fail", ()) if judged(check)} | set(
        row.animal.get("flaws", ())
    )
    untold = row.animal.get("untold") or row.animal.get("unknown")
    found = [f"NOT TRUE: {fact} was planted" for fact in sorted(planted - row.flaws)]
    found += [
        f"NOT PLANTED: {fact} ({'; '.join(row.facts[fact][:2])})"
        for fact in sorted(row.flaws - planted)
    ]
    if "not_reached" in row.facts and not untold:
        found.append(f"truth was not seen: {row.facts['not_reached'][0]}")
    found += [
        f"{'NOT TOLD' if row.said['unknown'] else 'MISSED'}: {fact}"
        for fact in sorted(row.flaws - row.named())
        if not untold
    ]
    found += [
        f"MISSED: {fact}"
        for fact in sorted(row.flaws - row.named())
        if untold and not row.said["unknown"]
    ]
    found += [
        f"FALSE ALARM: {check}"
        for check in sorted(row.said["fail"])
        if fact_of(check) not in row.flaws
    ]
    if not row.flaws and not untold:
        found += [f"NOT TOLD: {check}" for check in sorted(row.said["unknown"])]
    return found if row.said else [*found, "not audited"]


def kind(row: Row) -> str:
    """How an animal counts: a flaw named or missed, a sound one cleared or accused, or neither."""
    if row.named() - row.flaws:
        return "accused"
    if row.flaws - row.named():
        return "untold" if row.said["unknown"] else "missed"
    if row.flaws:
        return "named"
    return "untold" if row.said["unknown"] else "cleared"


def read(folder: Path) -> list[Row]:
    """Everything that is known, by animal."""
    animals = [
        animal
        for path in sorted(folder.glob("animals-*.json"))
        for animal in json.loads(path.read_text(encoding="utf-8"))
    ]
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for verdict in json.loads((folder / "audit.json").read_text(encoding="utf-8"))["verdicts"]:
        if judged(verdict["check"]):
            said[verdict["target"]][verdict["status"]].add(verdict["check"])
    return [Row(animal, truth[animal["host"]], said[animal["host"]]) for animal in animals]


def peers(folder: Path, rows: list[Row]) -> None:
    """The score of each other tool, on the animals and questions that it was asked about."""
    path = folder / "peers.json"
    if not path.exists():
        return
    flaws = {row.animal["host"]: row.flaws for row in rows}
    for tool, answer in json.loads(path.read_text(encoding="utf-8")).items():
        counts: Counter[str] = Counter()
        for host, said in answer["said"].items():
            for fact in answer["asked"]:
                blind = fact in said["blind"] or "*" in said["blind"]
                true, told = fact in flaws[host], fact in said["flaws"]
                counts[
                    "untold"
                    if blind and not told
                    else ("named" if told else "missed")
                    if true
                    else "alarms"
                    if told
                    else "cleared"
                ] += 1
        print(f"{tool:10} {score(counts, len(answer['said']), ', '.join(answer['asked']))}")


def score(counts: Counter[str], animals: int, asked: str) -> str:
    """One line of the table of tools."""
    flaws = counts["named"] + counts["missed"]
    return (
        f"{int(animals):3} animals: {counts['named']} of {flaws} flaws named, {counts['alarms']} "
        f"false alarms, {counts['untold']} not told ({asked})"
    )


def main() -> int:
    """Print the table; 0 when nothing in it is wrong."""
    folder = Path(sys.argv[1])
    rows = read(folder)
    wrong = 0
    for row in rows:
        found = faults(row)
        wrong += bool(found)
        shown = "; ".join(found) or ", ".join(sorted(row.said["fail"])) or "sound"
        print(
            f"{'WRONG' if found else 'right'} {kind(row):8} {row.animal['host']:44} true: "
            f"{', '.join(sorted(row.flaws)) or '-':28} {shown}"
        )
    counts = Counter(kind(row) for row in rows)
    print()
    flawed = sum(bool(row.flaws) for row in rows)
    print(
        f"audit      {len(rows):3} animals: {counts['named']} of {flawed} flawed ones named, "
        f"{counts['missed']} missed, {counts['cleared']} of {len(rows) - flawed} sound ones "
        f"cleared, {counts['accused']} accused, {counts['untold']} not told"
    )
    peers(folder, rows)
    different = len({row.animal["name"] for row in rows})
    print(
        f"zoo: {len(rows) - wrong} of {len(rows)} right ({different} different ones), "
        f"{counts['accused']} false alarms, {counts['missed']} missed, {counts['untold']} not "
        "told"
    )
    return int(bool(wrong) or len(rows) == 0)


if __name__ == "__main__":
    sys.exit(main())
