# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Compares the ground truth of the targets with the seeded misconfigurations, the audit and other
scanners.

score.py FOLDER: reads targets-*.json, ground_truth.json, audit.json and, if it is there,
other_scanners.json. Prints a line for each target, the score of each scanner, and the figures last;
fails unless every target was evaluated correctly.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

RELAY = "relays"
TRUE_POSITIVE, FALSE_POSITIVE = "true positive", "false positive"
TRUE_NEGATIVE, FALSE_NEGATIVE = "true negative", "false negative"
INCONCLUSIVE = "inconclusive"
#: The audit's wall time may be so many times that of nmap.
MOST_OF_NMAP = 1.5
#: The checks that must fail where a fact is true. One that fails without its fact is a false
#: positive.
CHECKS_OF = {
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
    "command_injection": ("starttls_command_injection",),
    "response_injection": ("starttls_response_injection",),
    "remembers": ("starttls_forgets_state",),
    "any_login": ("made_up_login_refused",),
}
FACT_OF = {check: fact for fact, checks in CHECKS_OF.items() for check in checks}
#: Checks for which ground_truth.py has no fact.
WITHOUT_FACT = (
    "relay_backscatter",
    "relay_xforward",
    "relay_subdomains",
    "relay_xclient",
    "relay_proxy_header",
    "relay_data_path",
    "relay_after_cancelled_login",
)
#: Checks whose fail another flaw explains: where any login is accepted, the login of
#: relay_after_failed_login does not fail, and a user may relay. Such a fail proves neither flaw.
EXPLAINED_BY = {"relay_after_failed_login": "any_login"}
#: Checks that do not apply where a fact says that the server does not offer what they ask about.
NOT_OFFERED = {"relay_after_starttls": "no_starttls", "relay_parameters": "no_parameters"}
#: A check without a fact whose fail counts all the same, as one of relaying.
PROVES_RELAYING = ("relay_proxy_header",)
#: What `relaying` means in must_be_unknown: nothing is known where a client is turned away.
RELAYING = (
    "relay_third_party",
    "relay_null_sender",
    "relay_after_starttls",
    "relay_address_forms",
    "relay_sender_forms",
    "relay_helo_names",
    "relay_role_addresses",
    "relay_every_address",
    "relay_parameters",
    "relay_delivery",
)


def counts(check: str, status: str = "") -> bool:
    """Whether the ground truth has a fact for a check, or for this verdict of it."""
    if check in WITHOUT_FACT:
        return check in PROVES_RELAYING and status == "fail"
    return check in FACT_OF or check.startswith("relay_")


def must_be_unknown(target: dict[str, Any]) -> set[str]:
    """The checks that the audit has no way to decide, by the entry."""
    named = set(target.get("must_be_unknown", ()))
    return named - {"relaying"} | (set(RELAYING) if "relaying" in named else set())


class Row(NamedTuple):
    """One target: its entry, its ground truth, and the checks of the audit by status."""

    target: dict[str, Any]
    facts: dict[str, list[str]]
    audit: dict[str, set[str]]

    @property
    def flaws(self) -> set[str]:
        """The flaws that it has according to the ground truth."""
        return {fact for fact in self.facts if fact in CHECKS_OF or fact == RELAY}

    @property
    def fails(self) -> set[str]:
        """The checks that fail and whose fail no other flaw explains."""
        return {check for check in self.audit["fail"] if EXPLAINED_BY.get(check) not in self.flaws}

    @property
    def failed(self) -> set[str]:
        """The flaws that the audit fails a check for."""
        return {fact_of(check) for check in self.fails}


def fact_of(check: str) -> str:
    """The fact that has to be true where a check fails."""
    return FACT_OF.get(check, RELAY if check.startswith("relay_") else check)


def errors(row: Row) -> list[str]:
    """Everything that is wrong: entry, ground truth and audit have to agree."""
    seeded = {fact_of(check) for check in row.target.get("fail", ()) if counts(check)}
    seeded |= set(row.target.get("flaws", ()))
    undecidable = must_be_unknown(row.target)
    excused = bool(undecidable.intersection(RELAYING)) or any(
        row.target.get(name) for name in ("inconclusive", "unknown")
    )
    found = [f"SEEDED, NOT SEEN: {fact}" for fact in sorted(seeded - row.flaws)]
    found += [
        f"SEEN, NOT SEEDED: {fact} ({'; '.join(row.facts[fact][:2])})"
        for fact in sorted(row.flaws - seeded)
    ]
    if "not_reached" in row.facts and not excused:
        found.append(f"NO GROUND TRUTH: {row.facts['not_reached'][0]}")
    for fact in sorted(row.flaws - row.failed):
        if not row.audit["unknown"]:
            found.append(f"FALSE NEGATIVE: {fact}")
        elif not excused:
            found.append(f"INCONCLUSIVE: {fact}")
    found += [
        f"FALSE POSITIVE: {check}" for check in sorted(row.fails) if fact_of(check) not in row.flaws
    ]
    if not row.flaws and not excused:
        unknown = row.audit["unknown"] - undecidable
        found += [f"INCONCLUSIVE: {check}" for check in sorted(unknown)]
    found += [
        f"{status.upper()}, BUT CANNOT BE KNOWN: {check}"
        for check in sorted(undecidable)
        for status in ("pass", "not_applicable")
        if check in row.audit[status]
        and not (status == "not_applicable" and NOT_OFFERED.get(check) in row.facts)
    ]
    return found if row.audit else [*found, "NOT AUDITED"]


def result(row: Row) -> str:
    """How a target counts."""
    if row.failed - row.flaws:
        return FALSE_POSITIVE
    if row.flaws - row.failed:
        return INCONCLUSIVE if row.audit["unknown"] else FALSE_NEGATIVE
    if row.flaws:
        return TRUE_POSITIVE
    return INCONCLUSIVE if row.audit["unknown"] else TRUE_NEGATIVE


def read(folder: Path) -> list[Row]:
    """Everything that is known, by target."""
    targets = [
        target
        for path in sorted(folder.glob("targets-*.json"))
        for target in json.loads(path.read_text(encoding="utf-8"))
    ]
    truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    audit: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for verdict in json.loads((folder / "audit.json").read_text(encoding="utf-8"))["verdicts"]:
        if counts(verdict["check"], verdict["status"]):
            audit[verdict["target"]][verdict["status"]].add(verdict["check"])
    return [Row(target, truth[target["host"]], audit[target["host"]]) for target in targets]


def answer(fact: str, flaws: set[str], found: dict[str, list[str]]) -> str:
    """How the answer of another scanner to one question counts."""
    if fact in found["flaws"]:
        return TRUE_POSITIVE if fact in flaws else FALSE_POSITIVE
    if fact in found["no_result"] or "*" in found["no_result"]:
        return INCONCLUSIVE
    return FALSE_NEGATIVE if fact in flaws else TRUE_NEGATIVE


def print_other_scanners(folder: Path, rows: list[Row]) -> None:
    """The score of each other scanner, on the targets and questions that it was given."""
    path = folder / "other_scanners.json"
    if not path.exists():
        return
    flaws = {row.target["host"]: row.flaws for row in rows}
    for tool, answers in json.loads(path.read_text(encoding="utf-8")).items():
        score = Counter(
            answer(fact, flaws[host], found)
            for host, found in answers["found"].items()
            for fact in answers["asked"]
        )
        seen = score[TRUE_POSITIVE] + score[FALSE_NEGATIVE]
        print(
            f"{tool:10} {len(answers['found']):3} targets: {score[TRUE_POSITIVE]} of {seen} flaws "
            f"found, {score[FALSE_POSITIVE]} false positives, {score[INCONCLUSIVE]} inconclusive "
            f"({', '.join(answers['asked'])})"
        )


def print_wall_time(folder: Path) -> None:
    """How long the audit took for all targets, and for those of nmap beside one nmap."""
    path = folder / "wall_time.json"
    seconds = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if "audit" in seconds:
        print(f"wall time  the audit of all targets: {seconds['audit']:.0f} s")
    if "same" in seconds and "nmap" in seconds:
        ratio = seconds["same"] / seconds["nmap"]
        print(
            f"wall time  {seconds['targets']} targets: the audit {seconds['same']:.0f} s, nmap "
            f"{seconds['nmap']:.0f} s, {ratio:.2f} times as long; at most {MOST_OF_NMAP} is "
            f"demanded: {'held' if ratio <= MOST_OF_NMAP else 'MISSED'}"
        )


def main() -> int:
    """Print the table; 0 if nothing in it is wrong."""
    folder = Path(sys.argv[1])
    rows = read(folder)
    wrong = 0
    for row in rows:
        found = errors(row)
        wrong += bool(found)
        shown = "; ".join(found) or ", ".join(sorted(row.audit["fail"])) or "no fail"
        print(
            f"{'WRONG' if found else 'right'} {result(row):14} {row.target['host']:44} flaws: "
            f"{', '.join(sorted(row.flaws)) or '-':28} {shown}"
        )
    score = Counter(result(row) for row in rows)
    with_flaws = sum(bool(row.flaws) for row in rows)
    print(
        f"\naudit      {len(rows):3} targets: {score[TRUE_POSITIVE]} of {with_flaws} with flaws "
        f"found, {score[FALSE_NEGATIVE]} missed, {score[TRUE_NEGATIVE]} of "
        f"{len(rows) - with_flaws} correct ones passed, {score[FALSE_POSITIVE]} false positives, "
        f"{score[INCONCLUSIVE]} inconclusive"
    )
    print_other_scanners(folder, rows)
    print_wall_time(folder)
    different = len({row.target["name"] for row in rows})
    print(
        f"zoo: {len(rows) - wrong} of {len(rows)} targets right ({different} different ones), "
        f"{score[FALSE_POSITIVE]} false positives, {score[FALSE_NEGATIVE]} missed, "
        f"{score[INCONCLUSIVE]} inconclusive"
    )
    return int(bool(wrong) or len(rows) == 0)


if __name__ == "__main__":
    sys.exit(main())
