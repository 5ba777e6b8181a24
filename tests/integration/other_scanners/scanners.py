# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The other scanners: how each is run against one host, and which of its output is a finding.

A scanner without a result returns a finding that begins with "no result", so that silence never
counts as approval.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
import route_guard

HERE = Path(__file__).parent
NO_RESULT = "no result"
SSLYZE = Path(".cache/peers/venv/bin/python")
#: Options of testssl.sh: versions, cipher categories, certificate; with WHOLE known
#: vulnerabilities too, which take most of its time.
QUICK, WHOLE = ("-p", "-s", "-S"), ("-p", "-s", "-S", "-U")
CLEAR_SMTP, SMTP = (25, 587), (25, 465, 587)
STARTTLS = {25: "smtp", 587: "smtp", 143: "imap", 110: "pop3", 465: "", 993: "", 995: ""}
NOT_RELAYED = (23, 24)  # swaks: the server refused MAIL FROM, RCPT TO
AUTH_ACCEPTED = re.compile(r"^ -> AUTH .*\n<(?:-|\*\*) +(?:334|535|235)", re.MULTILINE)
MAILBOX = {
    "imap-capabilities": (143, ("AUTH=",), ("LOGINDISABLED",)),
    "pop3-capabilities": (110, ("USER", "SASL("), ()),
}


class Host(NamedTuple):
    """One audited host. target: its name in the report; name: the one in its certificate; ports:
    those that the audit reached; tunnel: local ports that lead to its loopback, for TLS only.
    """

    target: str
    name: str
    addresses: list[str]
    ports: list[int]
    stranger: str
    tunnel: dict[int, int]
    ca_file: str


class Finding(NamedTuple):
    """A finding of a scanner about a port."""

    tool: str
    host: str
    port: int
    what: str
    detail: str = ""


def run(argv: list[str], limit: float, given: str = "") -> tuple[int, str]:
    """Run a program; its exit code and output, -1 if it took too long."""
    try:
        done = subprocess.run(
            argv,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, f"not finished after {limit:g} s"
    return done.returncode, done.stdout + ("" if done.stdout else done.stderr)


def nmap(host: Host, limit: float) -> list[Finding]:
    """The relay, command and capability scripts, against the first address."""
    route_guard.require(host.addresses[:1])
    ports = [port for port in (*SMTP, 143, 110) if port in host.ports]
    code, output = run([*_nmap_command(ports, host.stranger), *host.addresses[:1]], limit)
    if code:
        return [Finding("nmap", host.target, port, NO_RESULT, output[-200:]) for port in ports]
    found = []
    for port in ET.fromstring(output).iter("port"):
        number = int(port.get("portid", 0))
        said = {script.get("id", ""): script.get("output", "") for script in port.iter("script")}
        for what, detail in _nmap_port(number, said):
            found.append(Finding("nmap", host.target, number, what, " ".join(detail.split())))
    return found


def _nmap_command(ports: list[int], stranger: str) -> list[str]:
    arguments = "smtp-enum-users.methods={VRFY,EXPN}," + f"smtp-open-relay.domain={stranger}"
    scripts = "smtp-open-relay,smtp-commands,smtp-enum-users,imap-capabilities,pop3-capabilities"
    listed = ",".join(map(str, ports))
    options = ["--script", scripts, "--script-args", arguments]
    return ["nmap", "-Pn", "-n", "-p", listed, *options, "-oX", "-"]


def nmap_wall_time(hosts: list[Host], limit: float) -> float:
    """The seconds that one nmap takes for the same scripts on all hosts."""
    addresses = [host.addresses[0] for host in hosts]
    route_guard.require(addresses)
    began = time.monotonic()
    run([*_nmap_command([*SMTP, 143, 110], hosts[0].stranger), *addresses], limit)
    return time.monotonic() - began


def _nmap_port(port: int, said: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    relay, commands, users = (
        said.get("smtp-" + name, "") for name in ("open-relay", "commands", "enum-users")
    )
    # The reply to EHLO. The reply to HELP follows, and lists rejected commands too.
    commands = commands.strip().partition("\n")[0]
    if port in SMTP and "is an open relay" in relay:
        found.append(("open relay", relay))
    elif port in SMTP and "all tests failed" not in relay:
        found.append((f"{NO_RESULT}: smtp-open-relay", relay or "no answer"))
    silent = [
        name
        for name, at in (
            ("smtp-commands", SMTP),
            ("imap-capabilities", (143,)),
            ("pop3-capabilities", (110,)),
        )
        if port in at
    ]
    found += [(f"{NO_RESULT}: {name}", "no answer") for name in silent if not said.get(name)]
    if port in CLEAR_SMTP and re.search(r"\bAUTH\b", commands):
        found.append(("login offered in clear", commands))
    if port in CLEAR_SMTP and commands and "STARTTLS" not in commands:
        found.append(("no STARTTLS", commands))
    if port in CLEAR_SMTP and re.search(r"\bVRFY\b", commands):
        found.append(("VRFY offered", commands))
    if re.search(r"^\s+\w+(, \w+)*\s*$", users, re.MULTILINE):
        found.append(("users disclosed", users))
    for script, (at, bad, wanted) in MAILBOX.items():
        words = said.get(script, "")
        if (
            port == at
            and words
            and (any(word in words for word in bad) or any(word not in words for word in wanted))
        ):
            found.append(("login offered in clear", words))
    return found


def swaks(host: Host, limit: float) -> list[Finding]:
    """A relay attempt on every address and port, before and inside TLS, and a login in clear text
    where AUTH is offered.
    """
    route_guard.require(host.addresses)
    found = []
    for address in host.addresses:
        for port in [port for port in SMTP if port in host.ports]:
            base = [
                "swaks",
                "--server",
                address,
                "--port",
                str(port),
                "--ehlo",
                "scanner." + host.stranger,
                "--timeout",
                "20",
            ]
            envelope = [
                "--from",
                "swaks@" + host.stranger,
                "--to",
                "other@" + host.stranger,
                "--quit-after",
                "RCPT",
            ]
            for state in {25: ([], ["--tls"]), 465: (["--tls-on-connect"],), 587: ([], ["--tls"])}[
                port
            ]:
                code, output = run(base + envelope + state, limit)
                if code not in NOT_RELAYED:
                    what = "open relay" if code == 0 else NO_RESULT
                    found.append(
                        Finding("swaks", host.target, port, what, " ".join(output[-200:].split()))
                    )
            if port in CLEAR_SMTP:
                login = [
                    "--auth",
                    "PLAIN",
                    "--auth-user",
                    "nobody",
                    "--auth-password",
                    "nothing",
                    "--quit-after",
                    "AUTH",
                ]
                _code, output = run(base + login, limit)
                if AUTH_ACCEPTED.search(output):
                    found.append(
                        Finding(
                            "swaks",
                            host.target,
                            port,
                            "login accepted in clear",
                            " ".join(output[-200:].split()),
                        )
                    )
    return found


def sslyze(host: Host, limit: float) -> list[Finding]:
    """All commands of sslyze, through the tunnel, since its hundreds of connections would meet the
    host's limits.
    """
    return _sslyze(host, "127.0.0.1", host.tunnel, limit)


def sslyze_at(host: Host, limit: float) -> list[Finding]:
    """The same without a tunnel, at the first address."""
    route_guard.require(host.addresses[:1])
    return _sslyze(host, host.addresses[0], {port: port for port in host.ports}, limit)


def _sslyze(host: Host, address: str, ports: dict[int, int], limit: float) -> list[Finding]:
    entries = [
        {
            "key": port,
            "name": host.name,
            "address": address,
            "port": there,
            "starttls": STARTTLS[port],
            "ca_file": host.ca_file,
        }
        for port, there in ports.items()
    ]
    code, output = run([str(SSLYZE), str(HERE / "sslyze_scan.py")], limit, json.dumps(entries))
    if code:
        return [Finding("sslyze", host.target, port, NO_RESULT, output[-200:]) for port in ports]
    found = []
    for answer in json.loads(output):
        found += [
            Finding("sslyze", host.target, answer["key"], what, detail)
            for what, detail in answer["findings"]
        ]
        if answer["error"]:
            found.append(Finding("sslyze", host.target, answer["key"], NO_RESULT, answer["error"]))
    return found


def testssl(host: Host, limit: float) -> list[Finding]:
    """Versions, cipher categories, certificate and known vulnerabilities, through the tunnel, two
    ports at a time.
    """
    return _testssl(host, limit, WHOLE)


def testssl_quick(host: Host, limit: float) -> list[Finding]:
    """The same without known vulnerabilities."""
    return _testssl(host, limit, QUICK)


def _testssl(host: Host, limit: float, options: tuple[str, ...]) -> list[Finding]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = pool.map(
            lambda port: _testssl_port(
                host, port, ("127.0.0.1", host.tunnel[port]), limit, options
            ),
            host.tunnel,
        )
        return [finding for findings in found for finding in findings]


def testssl_at(host: Host, limit: float) -> list[Finding]:
    """Everything, without a tunnel, on the first port of the first address."""
    route_guard.require(host.addresses[:1])
    return _testssl_port(host, host.ports[0], (host.addresses[0], host.ports[0]), limit, WHOLE)


def _testssl_port(
    host: Host, port: int, there: tuple[str, int], limit: float, options: tuple[str, ...]
) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        argv = [
            "testssl",
            "--quiet",
            "--color",
            "0",
            "--warnings",
            "batch",
            "--nodns",
            "min",
            "--ip",
            there[0],
            *options,
        ]
        argv += ["--starttls", STARTTLS[port]] if STARTTLS[port] else []
        argv += ["--add-ca", host.ca_file] if host.ca_file else []
        code, output = run([*argv, "--jsonfile", str(report), f"{host.name}:{there[1]}"], limit)
        try:
            entries = json.loads(report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            entries = []
    if code == -1 or not entries:
        return [Finding("testssl", host.target, port, NO_RESULT, " ".join(output[-200:].split()))]
    faults = [
        entry
        for entry in entries
        if entry["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL")
    ]
    return [
        Finding("testssl", host.target, port, entry["id"], entry["finding"]) for entry in faults
    ]


SCANNERS = {
    "nmap": nmap,
    "swaks": swaks,
    "sslyze": sslyze,
    "testssl": testssl,
    "testssl-quick": testssl_quick,
}


if __name__ == "__main__":
    sys.exit("Run tests/integration/other_scanners/run.")
