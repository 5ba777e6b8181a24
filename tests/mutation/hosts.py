# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A correct host that loses one setting at a time: a program on it, and one on the external client
that probes it.
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

from ansible_collections.airtight.mail.plugins.module_utils import _target
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
#: Groups of DNS checks: these hosts have no records.
DNS_GROUPS = ("dns", "dnsbl")
#: The group that reads the host's configuration.
HOST_GROUP = "host"
IN_FORCE = "settings_in_force"
APPLICABLE = [
    check
    for check in catalogue.CATALOGUE
    if check.group not in DNS_GROUPS and check.opt_in in ("", *OPT_IN)
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
            raise SystemExit(
                f"{self.ssh[-1]} disconnected at the request {json.dumps(request)[:200]}"
            )
        return json.loads(line)

    def close(self) -> None:
        """End the program, which puts the correct files back."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Host:
    """A correct host that loses one setting at a time."""

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
        """The verdicts of some checks on the host as it is now. Its configuration is read of one
        daemon only, or as a whole.
        """
        observations = self.probe([check for check in chosen if check.group != HOST_GROUP])
        if [check.id for check in chosen] == [IN_FORCE]:
            observations.append(
                self.inside.ask(["effective", self.target["name"], daemon, self.expected])
            )
        elif any(check.group == HOST_GROUP for check in chosen):
            observations.append(self.inside.ask(["info", self.target["name"], self.expected]))
            observations += scan.observe_targets(
                [_target.target(self.target)],
                {},
                scan.options(scan.DECLINED, validated=False, trust_anchors=""),
            )
        context = base.AuditContext(
            _target.target(self.target),
            tuple(observations),
            policy.policy(),
            evaluate.moment(),
            tuple(self.target["addresses"]),
            False,
            OPT_IN,
        )
        return {verdict["check"]: verdict for verdict in evaluate.evaluate(context, chosen)}

    def probe(self, chosen: list[Any]) -> list[dict[str, Any]]:
        """The observations from outside that some checks need."""
        if not chosen:
            return []
        options = {
            "targets": [self.target],
            "observe": sorted({check.group for check in chosen}),
            "stranger_domain": self.stranger,
            "opt_in": sorted({check.opt_in for check in chosen if check.opt_in}),
            "trust_anchors": self.authority,
            "reply_timeout": 20.0,  # Dovecot delays the replies to a client whose logins failed
        }
        return list(self.outside.ask(options)["observations"])

    def without(self, mutation: Mutation, chosen: list[Any]) -> dict[str, dict[str, Any]]:
        """The verdicts of some checks on the host without a setting; LookupError if it could not
        be removed.
        """
        edited = self.inside.ask(
            ["edit", mutation.daemon.path, mutation.name, mutation.listener, list(mutation.lines)]
        )
        if "error" in edited:
            raise LookupError(edited["error"])
        try:
            if any(check.group != HOST_GROUP for check in chosen):
                self.restart(chosen, mutation.unit(self.release))
                self.stale = {mutation.unit(self.release)}
            return self.verdicts(chosen, mutation.facts_name)
        finally:
            self.inside.ask(["restore"])

    def restart(self, chosen: list[Any], *units: str) -> None:
        """Restart what changed, and what counts connections and failed logins of clients."""
        counting = {
            self.postfix,
            *(["dovecot"] if any(check.opt_in == "login" for check in chosen) else []),
        }
        self.inside.ask(["restart", sorted(counting | self.stale | set(units))])
        self.stale = set()

    def errors_without_mutation(self, needed: set[str]) -> list[str]:
        """The checks that do not pass on the correct host; none, if all is well."""
        self.restart(APPLICABLE)
        found = self.verdicts(APPLICABLE).values()
        accepted = {True: ("pass",), False: ("pass", "not_applicable")}
        return [
            (
                f"{self.name}: correct, but {verdict['check']} says {verdict['status']}: "
                f"{verdict['sentence']}"
            )
            for verdict in found
            if verdict["status"] not in accepted[verdict["check"] in needed]
        ]

    def close(self) -> None:
        """End both programs."""
        self.inside.close()
        self.outside.close()
