# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The two ends of a sound host that loses its settings: a program on it, and one on the outsider
that looks at it.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from mutations import DAEMONS, ROOT, Mutation

sys.path.insert(0, str(ROOT / ".cache/collections"))

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base,
    catalogue,
    evaluate,
    policy,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import scan

HERE = Path(__file__).resolve().parent
CHECKS = {check.id: check for check in catalogue.CATALOGUE}
OPT_IN = ("login", "smuggle")
#: Groups that ask the DNS, which knows nothing of these hosts.
ELSEWHERE = ("dns", "dnsbl")
#: The group that asks the host itself.
TRUTH = "host"
IN_FORCE = "settings_in_force"
ASKED = [
    check
    for check in catalogue.CATALOGUE
    if check.group not in ELSEWHERE and check.opt_in in ("", *OPT_IN)
]


class Agent:
    """A program on another host that answers a line of JSON with a line of JSON."""

    def __init__(self, login: str, *programs: str) -> None:
        self.ssh = [
            "ssh",
            "-o",
            "ConnectTimeout=10",
            "-o",
            "ServerAliveInterval=15",
            *shlex.split(login),
        ]
        places = ["-C", str(HERE), *programs, "-C", str(ROOT / "plugins"), "module_utils"]
        packed = subprocess.run(
            ["tar", "--create", "--exclude=__pycache__", *places], capture_output=True, check=True
        ).stdout
        made = subprocess.run(
            [*self.ssh, "d=$(mktemp -d) && tar -x -C $d && echo $d"],
            input=packed,
            capture_output=True,
            check=True,
            timeout=60,
        )
        self.folder = made.stdout.decode().strip()
        self.process = subprocess.Popen(
            [*self.ssh, f"python3 -B {self.folder}/{programs[0]}; rm -r {self.folder}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: Any) -> Any:
        """Send one request and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.ssh[-1]} went away while asked: {json.dumps(request)[:200]}")
        return json.loads(line)

    def close(self) -> None:
        """End it; it puts back what it changed."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Host:
    """A sound host that loses one setting at a time."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.name, self.target, self.stranger = facts["host"], facts["target"], facts["stranger"]
        self.expected = facts["expected"]
        self.inside = Agent(facts["ssh"], "agent_host.py", "config_edit.py")
        self.outside = Agent(facts["outside"], "agent_probe.py")
        about = self.inside.ask(["about"])
        self.release, self.authority = about["release"], about["authority"]
        self.postfix = (
            DAEMONS["postfix"].unit12 if self.release == "12" else DAEMONS["postfix"].unit
        )
        self.stale: set[str] = set()

    def verdicts(self, chosen: list[Any], daemon: str = "") -> dict[str, dict[str, Any]]:
        """What some checks say of the host as it is now; the host is asked about one daemon only,
        or about everything.
        """
        seen = self.look_outside([check for check in chosen if check.group != TRUTH])
        if [check.id for check in chosen] == [IN_FORCE]:
            seen.append(self.inside.ask(["in_force", self.target["name"], daemon, self.expected]))
        elif any(check.group == TRUTH for check in chosen):
            seen.append(self.inside.ask(["info", self.target["name"], self.expected]))
            seen += scan.look(
                [_model.target(self.target)],
                {},
                scan.options(scan.DECLINED, validated=False, trust_anchors=""),
            )
        view = base.AuditContext(
            _model.target(self.target),
            tuple(seen),
            policy.policy(),
            evaluate.moment(),
            tuple(self.target["addresses"]),
            False,
            OPT_IN,
        )
        return {verdict["check"]: verdict for verdict in evaluate.evaluate(view, chosen)}

    def look_outside(self, chosen: list[Any]) -> list[dict[str, Any]]:
        """What the outsider sees, as far as some checks ask for it."""
        if not chosen:
            return []
        options = {
            "targets": [self.target],
            "observe": sorted({check.group for check in chosen}),
            "stranger_domain": self.stranger,
            "opt_in": sorted({check.opt_in for check in chosen if check.opt_in}),
            "trust_anchors": self.authority,
            "reply_timeout": 8.0,
        }
        return list(self.outside.ask(options)["observations"])

    def without(self, mutation: Mutation, chosen: list[Any]) -> dict[str, dict[str, Any]]:
        """What some checks say of the host without a setting; LookupError when it could not be
        taken away.
        """
        edited = self.inside.ask(
            ["edit", mutation.daemon.path, mutation.name, mutation.listener, list(mutation.lines)]
        )
        if "error" in edited:
            raise LookupError(edited["error"])
        try:
            if any(check.group != TRUTH for check in chosen):
                self.restart(chosen, mutation.unit(self.release))
                self.stale = {mutation.unit(self.release)}
            return self.verdicts(chosen, mutation.speaks)
        finally:
            self.inside.ask(["restore"])

    def restart(self, chosen: list[Any], *units: str) -> None:
        """Start afresh what changed, and what counts connections and failed logins of clients."""
        counting = {
            self.postfix,
            *(["dovecot"] if any(check.opt_in == "login" for check in chosen) else []),
        }
        self.inside.ask(["restart", sorted(counting | self.stale | set(units))])
        self.stale = set()

    def sound(self, needed: set[str]) -> list[str]:
        """What the sound host is red for, of all that can be asked; nothing, if all is well."""
        self.restart(ASKED)
        found = self.verdicts(ASKED).values()
        good = {True: ("pass",), False: ("pass", "not_applicable")}
        return [
            (
                f"{self.name}: sound, but {verdict['check']} says {verdict['status']}: "
                f"{verdict['sentence']}"
            )
            for verdict in found
            if verdict["status"] not in good[verdict["check"] in needed]
        ]

    def close(self) -> None:
        """Leave it as it was."""
        self.inside.close()
        self.outside.close()
