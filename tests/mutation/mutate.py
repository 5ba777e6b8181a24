#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Removes each setting of correct hosts, one after the other, and expects the check that its table
names to fail.

Prints what was not noticed, and on the last line how many settings were.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hosts import APPLICABLE, CHECKS, IN_FORCE, Host
from mutations import Mutation, mutations

PRINTING = threading.Lock()


def print_line(text: str) -> None:
    """Print one line of progress without interruption."""
    with PRINTING:
        print(text, flush=True)


#: Changes without an effect, which no check may notice.
NO_EFFECT = (
    Mutation(
        "postfix",
        "disable_vrfy_command",
        "",
        "users_not_disclosed",
        "",
        ("disable_vrfy_command = $smtpd_helo_required",),
    ),
    Mutation(
        "postfix", "mynetworks", "", IN_FORCE, "", ("mynetworks =", "   127.0.0.0/8   [::1]/128")
    ),
    Mutation("dovecot", "auth_mechanisms", "", IN_FORCE, "", ("auth_mechanisms=  plain   login",)),
)


def reason_missed(host: Host, mutation: Mutation) -> str:
    """Why the check that a setting names missed the mutation; empty if it noticed it."""
    try:
        verdict = host.without(mutation, [CHECKS[mutation.check]])[mutation.check]
    except LookupError as exc:
        return str(exc)
    subjects = [seen["subject"] for seen in verdict["evidence"] if seen["status"] == "fail"]
    if (
        mutation.check == IN_FORCE
        and subjects
        and not any(mutation.is_subject(subject) for subject in subjects)
    ):
        return f"{mutation.check} names {', '.join(subjects)} instead"
    return (
        ""
        if verdict["status"] == "fail"
        else f"{mutation.check} says {verdict['status']}: {verdict['sentence']}"
    )


def errors_of_no_effect(host: Host, mutation: Mutation) -> list[str]:
    """Errors of this test itself: a change without an effect must be made, and not be noticed."""
    reason = reason_missed(host, mutation)
    if reason.startswith(f"{mutation.check} says pass"):
        return []
    return [
        (
            f"{host.name}: the change of {mutation.title} without an effect: "
            f"{reason or mutation.check + ' notices it'}"
        )
    ]


def one_for_each_check(planned: dict[str, list[Mutation]]) -> dict[str, list[Mutation]]:
    """By host, one mutation for each check that settings name, on one of the hosts that have it."""
    found: dict[str, list[Mutation]] = {name: [] for name in planned}
    for check in sorted({item.check for items in planned.values() for item in items}):
        firsts = {
            name: next((item for item in items if item.check == check), None)
            for name, items in planned.items()
        }
        having = [name for name in firsts if firsts[name]]
        chosen = min(having, key=lambda name: len(found[name]))
        found[chosen] += [item for item in [firsts[chosen]] if item]
    return found


def wanted(host: Host, options: argparse.Namespace) -> list[Mutation]:
    """The mutations of one host that were asked for."""
    everything = mutations(host.release)
    return [item for item in everything if not options.only or item.name in options.only]


def plan(host: Host, options: argparse.Namespace) -> list[Mutation]:
    """Those that a check has to notice."""
    planned = [item for item in wanted(host, options) if item.check]
    if not options.subset:
        return planned
    decided = [
        " ".join(filter(None, (entry["daemon"], entry.get("service"), entry["name"])))
        for entry in host.expected
    ]
    return [item for item in planned if any(map(item.is_subject, decided))]


def run(host: Host, planned: list[Mutation]) -> dict[str, Any]:
    """Some mutations of one host, and the checks on the correct host before and after."""
    needed = {item.check for item in planned}
    missed = host.errors_without_mutation(needed)
    missed += [line for item in NO_EFFECT for line in errors_of_no_effect(host, item)]
    lost = []
    for item in planned:
        started = time.monotonic()
        reason = reason_missed(host, item)
        lost += [f"{host.name}: {item.title}: {reason}"] if reason else []
        result = "MISSED " if reason else "noticed"
        print_line(
            (
                f"{host.name}  {time.monotonic() - started:5.1f} s  {result}  {item.title}  "
                f"{item.check}  {reason}"
            ).rstrip()
        )
    missed += lost + host.errors_without_mutation(needed)
    return {"asked": len(planned), "noticed": len(planned) - len(lost), "missed": missed}


def explore(host: Host, options: argparse.Namespace) -> dict[str, Any]:
    """Print which checks notice settings, of all that apply."""
    checks = [check for check in APPLICABLE if options.group in ("", check.group)]
    host.restart(checks)
    before = {name: verdict["status"] for name, verdict in host.verdicts(checks).items()}
    print_line(
        f"{host.name}: correct host: "
        f"{[name + ' ' + status for name, status in before.items() if status != 'pass']}"
    )
    for item in wanted(host, options):
        try:
            after = host.without(item, checks)
        except LookupError as exc:
            print_line(f"{host.name}  {item.title}: {exc}")
            continue
        red = [
            f"{name} {verdict['status']}"
            for name, verdict in after.items()
            if verdict["status"] != before[name]
        ]
        print_line(
            f"{host.name}  {item.title}  [{item.check}]  {', '.join(red) or 'no check notices'}"
        )
    return {"asked": 0, "noticed": 0, "missed": []}


def main() -> int:
    """Run on all mail hosts at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path, help="the folder that facts.yml wrote")
    parser.add_argument("--host", help="one of the hosts")
    parser.add_argument(
        "--subset", action="store_true", help="one setting for each check, on one host"
    )
    parser.add_argument(
        "--explore",
        action="store_true",
        help="run every check for each setting, whatever the tables name",
    )
    parser.add_argument("--group", default="", help="explore with the checks of one group only")
    parser.add_argument("--only", nargs="*", default=[], help="settings by name")
    options = parser.parse_args()
    found = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(options.facts.glob("*.json"))
    ]
    hosts = [Host(facts) for facts in found if options.host in (None, facts["host"])]
    planned = {host.name: plan(host, options) for host in hosts}
    if options.subset:
        planned = one_for_each_check(planned)

    def try_all(host: Host) -> dict[str, Any]:
        return explore(host, options) if options.explore else run(host, planned[host.name])

    try:
        with ThreadPoolExecutor(len(hosts)) as pool:
            results = list(pool.map(try_all, hosts))
    finally:
        for host in hosts:
            host.close()
    missed = [line for result in results for line in result["missed"]]
    print(*missed, sep="\n")
    asked, noticed = (sum(result[key] for result in results) for key in ("asked", "noticed"))
    silent = sum(not item.check for host in hosts for item in wanted(host, options))
    print(
        f"mutation: {noticed} of {asked} removed settings were noticed by the check that they "
        f"name; {silent} say why no check can"
    )
    return int(bool(missed) or noticed != asked)


if __name__ == "__main__":
    sys.exit(main())
