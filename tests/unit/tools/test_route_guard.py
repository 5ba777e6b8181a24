# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Nothing that is meant for the lab leaves the machine when the lab is down. The output of ip and
podman is recorded.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools/route_guard.py"
_spec = importlib.util.spec_from_file_location("route_guard", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard)

NETWORKS: list[dict[str, Any]] = [
    {"name": "airtight-mail", "driver": "bridge", "network_interface": "podman1", "internal": True},
    {
        "name": "airtight-outside",
        "driver": "bridge",
        "network_interface": "podman2",
        "internal": True,
    },
    {"name": "podman", "driver": "bridge", "network_interface": "podman0", "internal": False},
]
LAB4 = [
    {
        "dst": "198.51.100.12",
        "dev": "podman1",
        "prefsrc": "198.51.100.1",
        "flags": [],
        "uid": 0,
        "cache": [],
    }
]
LAB6 = [
    {
        "dst": "2001:db8:25::12",
        "from": "::",
        "dev": "podman1",
        "protocol": "kernel",
        "metric": 256,
        "flags": [],
    }
]
DEFAULT = [
    {
        "dst": "198.51.100.12",
        "gateway": "192.0.2.1",
        "dev": "eth0",
        "prefsrc": "192.0.2.2",
        "flags": [],
        "cache": [],
    }
]
PACKAGES = [
    {"dst": "10.88.0.2", "dev": "podman0", "prefsrc": "10.88.0.1", "flags": [], "cache": []}
]
LOOPBACK = [{"type": "local", "dst": "127.0.0.1", "dev": "lo", "flags": [], "cache": ["local"]}]


@pytest.mark.parametrize("routes", [LAB4, LAB6], ids=["IPv4", "IPv6"])
def test_refusal_route_through_a_bridge_of_the_lab_is_empty(routes: list[dict[str, Any]]) -> None:
    assert guard.refusal(routes[0]["dst"], routes, NETWORKS) == ""


@pytest.mark.parametrize(
    ("routes", "networks", "words"),
    [
        (
            DEFAULT,
            NETWORKS,
            "its route goes through eth0, and the lab is reached through podman1 or podman2",
        ),
        (PACKAGES, NETWORKS, "its route goes through podman0, and"),
        (LOOPBACK, NETWORKS, "its route goes through lo, and"),
        (
            DEFAULT,
            NETWORKS[2:],
            (
                "goes through eth0, and the lab is reached by a network of podman without a way "
                "out, "
                "and there is none"
            ),
        ),
        (LAB4, None, "its route goes through podman1, and"),
        (None, NETWORKS, "there is no route to it, and"),
        ([], NETWORKS, "there is no route to it, and"),
        ([{"dst": "198.51.100.12"}], NETWORKS, "its route goes through no device, and"),
        (LAB4 + DEFAULT, NETWORKS, "its route goes through eth0, podman1, and"),
    ],
    ids=[
        "lab down",
        "way out",
        "loopback",
        "no lab",
        "no podman",
        "no ip",
        "no route",
        "no device",
        "two ways",
    ],
)
def test_refusal_any_other_route_is_one_sentence(routes: Any, networks: Any, words: str) -> None:
    said = guard.refusal("198.51.100.12", routes, networks)
    assert said.startswith("Nothing was sent to 198.51.100.12: ")
    assert words in said
    assert said.endswith("Bring it up first: make lab, as root.")


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """An environment in which the programs print what was seen on a machine whose lab is up: no
    other is asked.
    """
    for name, printed in (("ip", LAB4), ("podman", NETWORKS)):
        (tmp_path / f"{name}.json").write_text(json.dumps(printed) + "\n", encoding="utf-8")
        (tmp_path / name).write_text(
            f'#!/bin/sh\nwhile read -r line; do echo "$line"; done <"{tmp_path}/{name}.json"\n',
            encoding="utf-8",
        )
        (tmp_path / name).chmod(0o755)
    return {**os.environ, "PATH": str(tmp_path)}


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_tool_in_a_lab_that_is_up_continues(machine: dict[str, str]) -> None:
    assert run(machine, "198.51.100.12", "198.51.100.13") == (0, "")


def test_tool_without_lab_stops_before_it_sends(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "podman.json").write_text("[]\n", encoding="utf-8")
    code, said = run(machine, "198.51.100.12")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Nothing was sent to 198.51.100.12: ")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--inventory", "/nonexistent"), ("mx1.example.org",)],
    ids=["none", "inventory", "name"],
)
def test_tool_without_addresses_stops_before_it_sends(
    machine: dict[str, str], arguments: tuple[str, ...]
) -> None:
    code, said = run(machine, *arguments)
    assert (code, said.count("\n")) == (1, 1)


CALLERS = {
    "molecule/default/role_options.yml": r"route_guard\.py",
    "tests/benchmark/measure.py": r"route_guard\.require\(",
    "tests/benchmark/audit.py": r"route_guard\.require\(",
    "tests/demo/run": r"route_guard\.py --inventory",
    "tests/integration/mail_flow/mail_flow.yml": r"route_guard\.py",
    "tests/integration/dns_zones/run": r"route_guard\.py",
    "tests/integration/other_scanners/compare.py": r"route_guard\.require\(",
    "tests/integration/other_scanners/scanners.py": r"route_guard\.require\(",
    "tests/integration/mta_matrix/run": r"route_guard\.py --inventory",
    "tools/record.py": r"route_guard\.py.*--inventory",
}


@pytest.mark.parametrize("path", CALLERS)
def test_script_that_connects_from_the_controller_calls_route_guard(path: str) -> None:
    assert re.search(CALLERS[path], (ROOT / path).read_text(encoding="utf-8"))
