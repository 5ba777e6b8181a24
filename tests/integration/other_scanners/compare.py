# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Compares what other tools find on audited hosts with the audit's report; see
docs/development/other_scanners.md.

Fails when a tool finds something that the report does not name and known_differences.yml does not
explain, or when the report does not name what --must-name lists.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from scanners import HERE, JUDGES, SSLYZE, STARTTLS, Finding, Host, route_guard

Rows = list[dict[str, Any]]

CA_FILE = "/etc/ssl/mail/private-ca.pem"
NAMED, EXPLAINED, UNEXPLAINED = "named", "explained", "UNEXPLAINED"


def audited(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the report knows of each target: addresses, ports that answered, the stranger's domain."""
    found: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"addresses": [], "ports": set(), "stranger": "example.com"}
    )
    for seen in report["observations"]:
        if seen["probe"] not in ("smtp_session", "mailstore_session"):
            continue
        entry = found[seen["target"]]
        if seen["address"] not in entry["addresses"]:
            entry["addresses"].append(seen["address"])
        if seen["facts"]:
            entry["ports"].add(seen["port"])
        if seen["params"].get("sender"):
            entry["stranger"] = seen["params"]["sender"].strip("<>").rpartition("@")[2]
    return {
        name: {**entry, "addresses": sorted(entry["addresses"], key=lambda text: ":" in text)}
        for name, entry in found.items()
    }


def inventory(path: str, group: str) -> dict[str, dict[str, Any]]:
    """The variables of the hosts of a group, by the address that Ansible connects to."""
    argv = ["ansible-inventory", "-i", path, "--list", "--limit", group]
    listed = subprocess.run(argv, capture_output=True, check=True, encoding="utf-8")
    hosts = json.loads(listed.stdout)["_meta"]["hostvars"]
    return {
        variables.get("ansible_host", name): {**variables, "inventory_hostname": name}
        for name, variables in hosts.items()
    }


def free_port() -> int:
    """A local port that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def tunnel(variables: dict[str, Any], ports: list[int]) -> Iterator[dict[int, int]]:
    """Local ports that lead to the same ports of a host's loopback, for as long as the context
    lasts.
    """
    forwards = {port: free_port() for port in ports}
    argv = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes"]
    argv += shlex.split(str(variables.get("ansible_ssh_common_args", "")))
    if "ansible_ssh_private_key_file" in variables:
        argv += ["-i", variables["ansible_ssh_private_key_file"]]
    for port, local in forwards.items():
        argv += ["-L", f"127.0.0.1:{local}:127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*argv, f"{variables.get('ansible_user', 'root')}@{variables['ansible_host']}"]
    )
    try:
        await_tunnel(process, list(forwards.values()))
        yield forwards
    finally:
        process.terminate()
        process.wait()


def await_tunnel(process: subprocess.Popen[bytes], ports: list[int], limit: float = 30) -> None:
    """Return when every port takes connections."""
    deadline = time.monotonic() + limit
    for port in ports:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("peers: no ssh tunnel, so sslyze and testssl cannot look.")
            time.sleep(0.2)


def authority(path: str, name: str) -> str:
    """The host's private authority as a local file; empty when it has none."""
    folder = Path(".cache/peers/ca").absolute()
    arguments = {
        "src": CA_FILE,
        "dest": f"{folder}/{name}.pem",
        "flat": True,
        "fail_on_missing": False,
    }
    argv = ["ansible", name, "-i", path, "-m", "ansible.builtin.fetch", "-a", json.dumps(arguments)]
    Path(str(arguments["dest"])).unlink(missing_ok=True)
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return str(arguments["dest"]) if os.path.exists(str(arguments["dest"])) else ""


def look(options: argparse.Namespace, report: dict[str, Any]) -> tuple[list[Host], list[Finding]]:
    """Run every judge against every host, two at a time; findings in the order of the judges."""
    reachable, seen = inventory(options.inventory, options.group), audited(report)
    with contextlib.ExitStack() as stack:
        hosts = []
        for name, entry in seen.items():
            variables = next(
                (reachable[address] for address in entry["addresses"] if address in reachable), None
            )
            if variables is None:
                continue
            route_guard.require(entry["addresses"])
            ports = sorted(port for port in entry["ports"] if port in STARTTLS)
            inside = {"sslyze", "testssl", "testssl-quick"}.intersection(options.judges)
            forwards = stack.enter_context(tunnel(variables, ports)) if inside else {}
            ca_file = (
                authority(options.inventory, variables["inventory_hostname"]) if inside else ""
            )
            hosts.append(
                Host(name, entry["addresses"], ports, entry["stranger"], forwards, ca_file)
            )
        with ThreadPoolExecutor(max_workers=4) as pool:
            started = [
                pool.submit(JUDGES[judge], host, options.limit)
                for judge in options.judges
                for host in hosts
            ]
            return hosts, [finding for future in started for finding in future.result()]


def matches(entry: dict[str, Any], finding: Finding) -> bool:
    """Whether a row of the data is about a finding."""
    return (
        finding.tool in entry["tools"]
        and re.fullmatch(entry["finding"], finding.what) is not None
        and re.search(entry.get("detail", ""), finding.detail) is not None
        and finding.port in entry.get("ports", [finding.port])
    )


def failures(verdicts: Rows, host: str, checks: Iterable[str], port: int) -> list[tuple[str, str]]:
    """Check and sentence of what the report holds against a port."""
    return [
        (item["check"], evidence["sentence"])
        for item in verdicts
        if item["target"] == host and item["check"] in checks
        for evidence in item["evidence"]
        if evidence["status"] == "fail" and evidence["subject"].endswith(f":{port}")
    ]


def verdict(finding: Finding, verdicts: Rows, named: Rows, explained: Rows) -> tuple[str, str]:
    """How the audit stands to a finding: named by which check, explained by what, or not."""
    checks = {check for entry in named if matches(entry, finding) for check in entry["checks"]}
    for check, _sentence in failures(verdicts, finding.host, checks, finding.port):
        return NAMED, check
    for entry in explained:
        if matches(entry, finding):
            return EXPLAINED, " ".join(entry["why"].split())
    return UNEXPLAINED, finding.detail


def must_name(path: str, hosts: list[Host], verdicts: Rows) -> list[str]:
    """What the report was to name, but does not."""
    missing = []
    for entry in yaml.safe_load(Path(path).read_text(encoding="utf-8")):
        for host in hosts:
            said = failures(verdicts, host.name, [entry["check"]], entry["port"])
            if not any(re.search(entry["says"], sentence) for _check, sentence in said):
                missing.append(
                    f"{host.name}: {entry['flaw']} ({entry['check']} on port {entry['port']})"
                )
    return missing


def show(findings: list[Finding], judged: list[tuple[str, str]]) -> None:
    """One line for each kind of finding, then why the explained ones are no flaws that were missed."""
    rows: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for finding, (status, words) in zip(findings, judged, strict=True):
        rows[(status, finding.tool, finding.what, words)].append(
            f"{finding.host.partition('.')[0]}:{finding.port}"
        )
    for status in (NAMED, EXPLAINED, UNEXPLAINED):
        for (kind, tool, what, words), places in rows.items():
            if kind == status:
                print(f"{status:12} {tool:8} {what} [{', '.join(dict.fromkeys(places))}]")
                print(
                    textwrap.fill(
                        words[:600], 118, initial_indent=" " * 13, subsequent_indent=" " * 13
                    )
                )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tests/integration/other_scanners/run", description=__doc__.splitlines()[0]
    )
    parser.add_argument("inventory")
    parser.add_argument("group", help="hosts of the inventory")
    parser.add_argument(
        "report", help="report.json of an audit of these hosts, with its observations"
    )
    parser.add_argument(
        "--judges",
        default="nmap,swaks,sslyze",
        type=lambda text: text.split(","),
        help=", ".join(JUDGES),
    )
    parser.add_argument(
        "--must-name",
        help=(
            "flaws that the report has to name, such as "
            "tests/integration/other_scanners/ordinary.yml"
        ),
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=600,
        help="seconds that a judge may take for a host (testssl: for a port)",
    )
    return parser.parse_args()


def main() -> int:
    """Look, compare, tell."""
    options = arguments()
    here = [
        judge
        for judge in options.judges
        if (SSLYZE.exists() if judge == "sslyze" else shutil.which(judge.partition("-")[0]))
    ]
    for judge in options.judges:
        if judge not in here:
            print(f"{judge} is not here and is left out.")
    options.judges = here
    report = json.loads(Path(options.report).read_text(encoding="utf-8"))
    started = time.monotonic()
    hosts, findings = look(options, report)
    if not hosts or not here:
        print("Nothing was compared: no host of the group is in the report, or no judge is here.")
        return 1
    data = [
        yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
        for name in ("matched.yml", "known_differences.yml")
    ]
    judged = [verdict(finding, report["verdicts"], *data) for finding in findings]
    show(findings, judged)
    missing = must_name(options.must_name, hosts, report["verdicts"]) if options.must_name else []
    for words in missing:
        print(f"NOT NAMED    {words}")
    counts = ", ".join(
        f"{sum((status == kind for status, _words in judged))} {kind}"
        for kind in (NAMED, EXPLAINED, UNEXPLAINED)
    )
    where = ", ".join(f"{host.name} ({' '.join(map(str, host.ports))})" for host in hosts)
    print(
        f"{', '.join(here)} on {where} in {time.monotonic() - started:.0f} s: {counts}; "
        f"{len(missing)} not named"
    )
    return int(bool(missing) or any(status == UNEXPLAINED for status, _words in judged))


if __name__ == "__main__":
    sys.exit(main())
