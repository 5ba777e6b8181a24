# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Measures the audit and other tools in turn against the same host, and prints the ratios; see
docs/development/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import route_guard

HERE = Path(__file__).parent
OTHER_SCANNERS = HERE.parent / "integration/other_scanners"
SSLYZE = Path(".cache/peers/venv/bin/python")
SEVEN = {25: "smtp", 465: "", 587: "smtp", 143: "imap", 993: "", 110: "pop3", 995: ""}
RUNS = 5
RECAP = re.compile(
    r"^\S+\s*: ok=(?P<ok>\d+) +changed=(?P<changed>\d+) .* skipped=(?P<skipped>\d+)", re.MULTILINE
)


def timed(argv: list[str], given: str = "") -> tuple[float, str]:
    """Wall time and output of a command, which has to succeed."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    environment.update(
        PYTHONPATH=os.environ["ANSIBLE_COLLECTIONS_PATH"],
        PYTHONPYCACHEPREFIX=os.path.abspath(".cache/pycache"),
    )
    started = time.perf_counter()
    done = subprocess.run(
        argv, input=given, capture_output=True, encoding="utf-8", env=environment, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(
            f"bench: {' '.join(argv[:3])} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return seconds, done.stdout


def audit(group: str, host: dict[str, str]) -> tuple[float, dict[str, Any]]:
    """The median of some runs of the audit, each in its own process with its start; the first run
    compiles and does not count.
    """
    argv = [
        sys.executable,
        str(HERE / "audit.py"),
        group,
        host["name"],
        host["address"],
        host["domain"],
        host["stranger"],
    ]
    runs = [timed(argv) for _run in range(RUNS + 1)][1:]
    seconds = [run[0] for run in runs]
    print(f"  audit, {group}: {' '.join(f'{value:.2f}' for value in seconds)} s")
    return statistics.median(seconds), json.loads(runs[-1][1])


def relay(host: dict[str, str]) -> dict[str, Any]:
    """All relay forms and senders, on every SMTP port, against nmap's sixteen on the same ports."""
    seconds, facts = audit("relay", host)
    scripts = [
        "--script",
        "smtp-open-relay",
        "--script-args",
        "smtp-open-relay.domain=" + host["stranger"],
    ]
    other, output = timed(["nmap", "-Pn", "-n", "-p", "25,465,587", *scripts, host["address"]])
    if output.count("smtp-open-relay:") != 3 or facts["answered"] != facts["attempts"]:
        raise SystemExit(
            f"bench: not every attempt was answered, so nothing is compared: {facts}\n{output}"
        )
    what = f"{facts['attempts']} relay attempts on 3 ports; nmap smtp-open-relay"
    return {"what": what, "audit": seconds, "other": other, "target": 1 / 20}


def tls(host: dict[str, str]) -> dict[str, Any]:
    """The TLS facts of seven ports against sslyze, which scans all of them at once."""
    seconds, facts = audit("tls", host)
    where = {"name": host["name"], "address": host["address"]}
    entries = [
        {**where, "key": port, "port": port, "starttls": word} for port, word in SEVEN.items()
    ]
    other, output = timed(
        [str(SSLYZE), str(OTHER_SCANNERS / "sslyze_scan.py")], json.dumps(entries)
    )
    errors = [answer["error"] for answer in json.loads(output) if answer["error"]]
    if facts["ports"] != sorted(SEVEN):
        raise SystemExit(
            f"bench: seven ports must answer a ClientHello, but only {facts['ports']} did."
        )
    for error in errors:
        print(f"  sslyze has no result for a port, so its time is too short: {error}")
    what = f"TLS facts of 7 ports, {facts['connections']} connections; sslyze"
    return {"what": what, "audit": seconds, "other": other, "target": 1 / 10}


def tasks(inventory: str) -> dict[str, Any]:
    """The tasks of a no-change run of site.yml, run or skipped, on the host with most of them."""
    argv = ["ansible-playbook", "-i", inventory, "airtight.mail.site", "-e", "site_hosts=lab_mail"]
    for run in ("provision", "again"):
        seconds, output = timed(argv)
        print(f"  site.yml, {run}: {seconds:.0f} s")
    recap = [
        {key: int(value) for key, value in found.groupdict().items()}
        for found in RECAP.finditer(output)
    ]
    if any(host["changed"] for host in recap):
        raise SystemExit(f"bench: the second run of site.yml changed something:\n{output[-4000:]}")
    most = max(host["ok"] + host["skipped"] for host in recap)
    return {
        "what": "tasks of a no-change run of site.yml on a host",
        "audit": most,
        "other": 1,
        "target": 60,
    }


def show(row: dict[str, Any]) -> bool:
    """One line of the table; whether the target is met."""
    ratio = row["audit"] / row["other"]
    met = ratio <= row["target"]
    if row["target"] < 1:
        figures = (
            f"{row['audit']:8.2f} s {row['other']:8.2f} s   1/{1 / ratio:<6.1f} "
            f"1/{round(1 / row['target'])}"
        )
    else:
        figures = f"{int(row['audit']):8}   {'':>8}   {'':>8} {row['target']}"
    print(f"{row['what']:62} {figures}  {'met' if met else 'MISSED'}")
    return met


def main() -> int:
    """Measure, then print the table."""
    parser = argparse.ArgumentParser(prog="tests/benchmark/run")
    parser.add_argument("inventory")
    parser.add_argument("only", nargs="*", help="relay, tls, tasks")
    options = parser.parse_args()
    lab = yaml.safe_load(Path(options.inventory).read_text(encoding="utf-8"))["all"]["children"][
        "lab_mail"
    ]
    name, variables = next(iter(lab["hosts"].items()))
    stranger = lab["vars"]["audit_stranger_domain"]
    host = {
        "name": name + ".lab.test",
        "address": variables["ansible_host"],
        "domain": name + ".test",
        "stranger": stranger,
    }
    route_guard.require([host["address"]])
    os.environ["BENCH_GUARDED"] = host["address"]
    wanted = options.only or ["relay", "tls", "tasks"]
    rows = []
    for word, measure in (("relay", relay), ("tls", tls)):
        if word in wanted:
            rows.append(measure(host))
    if "tasks" in wanted:
        rows.append(tasks(options.inventory))
    print(f"\n{'':62} {'audit':>10} {'other':>10}   {'ratio':8} target")
    missed = [row for row in rows if not show(row)]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
