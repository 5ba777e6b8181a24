# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Compares the findings of other scanners on audited hosts with the audit's report; see
docs/development/other_scanners.md.

Fails when a scanner's finding is neither matched by a failed check of the report nor a known
difference, or when the report has not found what --must-find lists.
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
from scanners import HERE, SCANNERS, SSLYZE, STARTTLS, Finding, Host, route_guard

Rows = list[dict[str, Any]]

CA_FILE = "/etc/ssl/mail/private-ca.pem"
MATCHED, KNOWN, UNEXPLAINED = "matched", "known difference", "UNEXPLAINED"


def audited(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Host name, addresses, ports that answered and the untrusted domain of each target, from the
    report.
    """
    names = {verdict["target"]: verdict["name"] for verdict in report["verdicts"]}
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
        target: {
            **entry,
            "name": names.get(target, target),
            "addresses": sorted(entry["addresses"], key=lambda text: ":" in text),
        }
        for target, entry in found.items()
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
    """A local port that is not in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def tunnel(variables: dict[str, Any], ports: list[int]) -> Iterator[dict[int, int]]:
    """Forward local ports to the same ports of a host's loopback while the context lasts."""
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
    """Return when every port accepts connections."""
    deadline = time.monotonic() + limit
    for port in ports:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("peers: the ssh tunnel for sslyze and testssl does not open.")
            time.sleep(0.2)


def authority(path: str, name: str) -> str:
    """The host's private authority as a local file; empty if it has none."""
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


def scan(options: argparse.Namespace, report: dict[str, Any]) -> tuple[list[Host], list[Finding]]:
    """Run every scanner on every host, four at a time; findings in the order of the scanners."""
    reachable, seen = inventory(options.inventory, options.group), audited(report)
    with contextlib.ExitStack() as stack:
        hosts = []
        for target, entry in seen.items():
            variables = next(
                (reachable[address] for address in entry["addresses"] if address in reachable), None
            )
            if variables is None:
                continue
            route_guard.require(entry["addresses"])
            ports = sorted(port for port in entry["ports"] if port in STARTTLS)
            inside = {"sslyze", "testssl", "testssl-quick"}.intersection(options.scanners)
            forwards = stack.enter_context(tunnel(variables, ports)) if inside else {}
            ca_file = (
                authority(options.inventory, variables["inventory_hostname"]) if inside else ""
            )
            hosts.append(
                Host(
                    target,
                    entry["name"],
                    entry["addresses"],
                    ports,
                    entry["stranger"],
                    forwards,
                    ca_file,
                )
            )
        with ThreadPoolExecutor(max_workers=4) as pool:
            started = [
                pool.submit(SCANNERS[scanner], host, options.limit)
                for scanner in options.scanners
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
    """Check and sentence of the report's failures on a port."""
    return [
        (item["check"], evidence["sentence"])
        for item in verdicts
        if item["target"] == host and item["check"] in checks
        for evidence in item["evidence"]
        if evidence["status"] == "fail" and evidence["port"] == port
    ]


def classify(finding: Finding, verdicts: Rows, matched: Rows, known: Rows) -> tuple[str, str]:
    """The class of a finding, with the check that matches it, the reason, or its detail."""
    checks = {check for entry in matched if matches(entry, finding) for check in entry["checks"]}
    for check, _sentence in failures(verdicts, finding.host, checks, finding.port):
        return MATCHED, check
    for entry in known:
        if matches(entry, finding):
            return KNOWN, " ".join(entry["why"].split())
    return UNEXPLAINED, finding.detail


def not_found(path: str, hosts: list[Host], verdicts: Rows) -> list[str]:
    """The flaws of a file that the report has not found."""
    missing = []
    for entry in yaml.safe_load(Path(path).read_text(encoding="utf-8")):
        for host in hosts:
            failed = failures(verdicts, host.target, [entry["check"]], entry["port"])
            if not any(re.search(entry["says"], sentence) for _check, sentence in failed):
                missing.append(
                    f"{host.target}: {entry['flaw']} ({entry['check']} on port {entry['port']})"
                )
    return missing


def show(findings: list[Finding], classes: list[tuple[str, str]]) -> None:
    """One line for each kind of finding, then the check, the reason or the detail."""
    rows: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for finding, (status, text) in zip(findings, classes, strict=True):
        rows[(status, finding.tool, finding.what, text)].append(
            f"{finding.host.partition('.')[0]}:{finding.port}"
        )
    for status in (MATCHED, KNOWN, UNEXPLAINED):
        for (kind, tool, what, text), places in rows.items():
            if kind == status:
                print(f"{status:16} {tool:8} {what} [{', '.join(dict.fromkeys(places))}]")
                print(
                    textwrap.fill(
                        text[:600], 118, initial_indent=" " * 17, subsequent_indent=" " * 17
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
        "--scanners",
        default="nmap,swaks,sslyze",
        type=lambda text: text.split(","),
        help=", ".join(SCANNERS),
    )
    parser.add_argument(
        "--must-find",
        help=(
            "flaws that the report must have found, such as "
            "tests/integration/other_scanners/insecure_host.yml"
        ),
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=600,
        help="seconds that a scanner may take for a host (testssl: for a port)",
    )
    return parser.parse_args()


def main() -> int:
    """Scan, compare, print."""
    options = arguments()
    installed = [
        scanner
        for scanner in options.scanners
        if (SSLYZE.exists() if scanner == "sslyze" else shutil.which(scanner.partition("-")[0]))
    ]
    for scanner in options.scanners:
        if scanner not in installed:
            print(f"{scanner} is not installed and is left out.")
    options.scanners = installed
    report = json.loads(Path(options.report).read_text(encoding="utf-8"))
    started = time.monotonic()
    hosts, findings = scan(options, report)
    if not hosts or not installed:
        print("Nothing was compared: no host of the group is in the report, or no scanner is here.")
        return 1
    data = [
        yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
        for name in ("matched.yml", "known_differences.yml")
    ]
    classes = [classify(finding, report["verdicts"], *data) for finding in findings]
    show(findings, classes)
    missing = []
    if options.must_find:
        missing = not_found(options.must_find, hosts, report["verdicts"])
    for text in missing:
        print(f"NOT FOUND        {text}")
    counts = ", ".join(
        f"{sum((status == kind for status, _text in classes))} {kind}"
        for kind in (MATCHED, KNOWN, UNEXPLAINED)
    )
    where = ", ".join(f"{host.target} ({' '.join(map(str, host.ports))})" for host in hosts)
    print(
        f"{', '.join(installed)} on {where} in {time.monotonic() - started:.0f} s: {counts}; "
        f"{len(missing)} not found"
    )
    return int(bool(missing) or any(status == UNEXPLAINED for status, _text in classes))


if __name__ == "__main__":
    sys.exit(main())
