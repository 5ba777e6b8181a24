#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Stops a script if an address is not in a lab that is up: route_guard.py ADDRESS... or
--inventory FILE.

Without the lab, the route to its addresses is the default route, and traffic for the lab would
leave the machine. So every script that starts a survey, another scanner or a client from the
controller calls this first. An address is in the lab if its route goes through the bridge of a
podman network without a route to the outside. Standard library only.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

#: The variables of a lab host that hold its addresses.
VARIABLES = ("ansible_host", "lab_address6")


def answer(*argv: str) -> Any:
    """The JSON that a program prints; None if it fails."""
    environment = {**os.environ, "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"}
    try:
        done = subprocess.run(
            argv, capture_output=True, check=True, encoding="utf-8", env=environment, timeout=60
        )
        return json.loads(done.stdout or "[]")
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def bridges(networks: list[dict[str, Any]]) -> set[str]:
    """The devices of podman's networks that have no way out."""
    sealed = [
        network
        for network in networks
        if network.get("internal") and network.get("driver") == "bridge"
    ]
    return {network["network_interface"] for network in sealed if network.get("network_interface")}


def refusal(
    address: str, routes: list[dict[str, Any]] | None, networks: list[dict[str, Any]] | None
) -> str:
    """Why nothing may be sent to an address; empty when it is in the lab."""
    here = bridges(networks or [])
    devices = {str(route.get("dev", "no device")) for route in routes or []}
    if devices and devices <= here:
        return ""
    found = (
        "its route goes through " + ", ".join(sorted(devices))
        if devices
        else "there is no route to it"
    )
    known = (
        "through " + " or ".join(sorted(here))
        if here
        else "by a network of podman without a way out, and there is none"
    )
    return (
        f"Nothing was sent to {address}: {found}, and the lab is reached {known}. Bring it up "
        "first: make lab, as root."
    )


@functools.cache
def look(address: str) -> str:
    """The refusal of one address on this machine."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return (
            f"Nothing was sent to {address}: that is no address, so nobody knows whether it is in "
            "the lab."
        )
    return refusal(
        address,
        answer("ip", "-json", "route", "get", address),
        answer("podman", "network", "ls", "--format", "json"),
    )


def require(addresses: Iterable[str]) -> None:
    """End the process with one sentence unless all these addresses are in the lab."""
    asked = list(addresses)
    if not asked:
        raise SystemExit("Nothing was sent: no address of a lab host was named.")
    for address in asked:
        if found := look(address):
            raise SystemExit(found)


def inventory(path: str) -> list[str]:
    """The addresses of all hosts of an inventory of the lab."""
    listed = answer("ansible-inventory", "-i", path, "--list")
    hosts = listed["_meta"]["hostvars"].values() if listed else ()
    return [host[name] for host in hosts for name in VARIABLES if name in host]


def main() -> None:
    """Refuse, or print nothing."""
    arguments = sys.argv[1:]
    require(inventory(arguments[1]) if arguments[:1] == ["--inventory"] else arguments)


if __name__ == "__main__":
    main()
