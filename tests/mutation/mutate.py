#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Takes each setting of sound hosts away, one after the other, and asks the check that its table
names whether it notices.

Prints what was not noticed, and on the last line how many were.
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

from hosts import ASKED, CHECKS, IN_FORCE, Host
from mutations import Mutation, mutations

PRINTING = threading.Lock()


def say(text: str) -> None:
    """One line of progress, whole."""
    with PRINTING:
        print(text, flush=True)


#: Changes that change nothing, which no check may notice.
IDLE = (
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


def noticed(host: Host, mutation: Mutation) -> str:
    """Why a mutation was not noticed by the check that its setting names; nothing if it was."""
    try:
        verdict = host.without(mutation, [CHECKS[mutation.check]])[mutation.check]
    except LookupError as exc:
        return str(exc)
    named = [seen["subject"] for seen in verdict["evidence"] if seen["status"] == "fail"]
    if (
        mutation.check == IN_FORCE
        and named
        and not any(mutation.meant(subject) for subject in named)
    ):
        return f"{mutation.check} names {', '.join(named)} instead"
    return (
        ""
        if verdict["status"] == "fail"
        else f"{mutation.check} says {verdict['status']}: {verdict['sentence']}"
    )


def idle(host: Host, mutation: Mutation) -> list[str]:
    """What is wrong with this test itself, as told by a change that changes nothing: it must be
    made, and not be noticed.
    """
    why = noticed(host, mutation)
    if why.startswith(f"{mutation.check} says pass"):
        return []
    return [
        (
            f"{host.name}: the change of {mutation.title} that changes nothing: "
            f"{why or mutation.check + ' notices it'}"
        )
    ]


def subset(planned: list[Mutation]) -> list[Mutation]:
    """One mutation for each check that settings name."""
    return list({mutation.check: mutation for mutation in reversed(planned)}.values())


def run(host: Host, options: argparse.Namespace) -> dict[str, Any]:
    """All mutations of one host, between two looks at the sound one."""
    everything = [
        one for one in mutations(host.release) if not options.only or one.name in options.only
    ]
    planned = [one for one in everything if one.check]
    if options.subset:
        decided = [
            " ".join(filter(None, (entry["daemon"], entry.get("service"), entry["name"])))
            for entry in host.expected
        ]
        planned = subset([one for one in planned if any(map(one.meant, decided))])
    needed = {one.check for one in planned}
    missed = host.sound(needed)
    missed += [line for one in IDLE for line in idle(host, one)]
    lost = []
    for one in planned:
        started = time.monotonic()
        why = noticed(host, one)
        lost += [f"{host.name}: {one.title}: {why}"] if why else []
        words = "MISSED " if why else "noticed"
        say(
            (
                f"{host.name}  {time.monotonic() - started:5.1f} s  {words}  {one.title}  "
                f"{one.check}  {why}"
            ).rstrip()
        )
    missed += lost + host.sound(needed)
    silent = len([one for one in everything if not one.check])
    return {
        "asked": len(planned),
        "killed": len(planned) - len(lost),
        "missed": missed,
        "unnoticed": silent,
    }


def explore(host: Host, options: argparse.Namespace) -> dict[str, Any]:
    """Which checks notice settings, asked of all that can be asked."""
    checks = [check for check in ASKED if options.group in ("", check.group)]
    host.restart(checks)
    before = {name: verdict["status"] for name, verdict in host.verdicts(checks).items()}
    say(
        f"{host.name}: sound host: "
        f"{[name + ' ' + status for name, status in before.items() if status != 'pass']}"
    )
    for one in mutations(host.release):
        if options.only and one.name not in options.only:
            continue
        try:
            after = host.without(one, checks)
        except LookupError as exc:
            say(f"{host.name}  {one.title}: {exc}")
            continue
        red = [
            f"{name} {verdict['status']}"
            for name, verdict in after.items()
            if verdict["status"] != before[name]
        ]
        say(f"{host.name}  {one.title}  [{one.check}]  {', '.join(red) or 'nobody notices'}")
    return {"asked": 0, "killed": 0, "missed": [], "unnoticed": 0}


def main() -> int:
    """Everything, on all mail hosts at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path, help="where facts.yml wrote down what it saw")
    parser.add_argument("--host", help="one of them")
    parser.add_argument("--subset", action="store_true", help="one setting for each check only")
    parser.add_argument(
        "--explore",
        action="store_true",
        help="ask every check about each setting, whatever the tables say",
    )
    parser.add_argument("--group", default="", help="explore with the checks of one group only")
    parser.add_argument("--only", nargs="*", default=[], help="settings by name")
    options = parser.parse_args()
    found = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(options.facts.glob("*.json"))
    ]
    hosts = [Host(facts) for facts in found if options.host in (None, facts["host"])]
    try:
        with ThreadPoolExecutor(len(hosts)) as pool:
            results = list(
                pool.map(lambda host: (explore if options.explore else run)(host, options), hosts)
            )
    finally:
        for host in hosts:
            host.close()
    missed = [line for result in results for line in result["missed"]]
    print(*missed, sep="\n")
    asked, killed, silent = (
        sum(result[key] for result in results) for key in ("asked", "killed", "unnoticed")
    )
    print(
        f"mutation: {killed} of {asked} settings taken away were noticed by the check that they "
        f"name; {silent} say why nothing can"
    )
    return int(bool(missed) or killed != asked)


if __name__ == "__main__":
    sys.exit(main())
