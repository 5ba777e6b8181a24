# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What works from a vantage: outgoing and incoming port 25, IPv6 and DNS. Prints JSON.

look PORT HOST...: what the vantage reaches. listen PORT TOKEN: answers the token to who connects
within half a minute. connect ADDRESS PORT TOKEN: whether that listener answers. Sends no mail.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import socket
import struct
import sys
import time
import typing as t

Result = t.Dict[str, t.Any]
SECONDS = 10.0
#: How long a listener waits in the background.
LISTEN_SECONDS = 30.0
#: An address of the documentation (RFC 3849). No packet is sent to it; the kernel names the route.
ANY_IPV6 = "2001:db8::25"
RESOLV_CONF = "/etc/resolv.conf"
#: A question for the name servers of the root (RFC 1035 section 4.1): id, recursion desired, one
#: question; the root, NS, IN.
ROOT_QUERY = struct.pack("!6H", 0x4154, 0x0100, 1, 0, 0, 0) + b"\0" + struct.pack("!2H", 2, 1)


def result(works: bool | None, text: str) -> Result:
    """works: True, False, or None where it could not be seen."""
    return {"works": works, "text": text}


def outgoing(port: int, hosts: t.Sequence[str]) -> Result:
    """Whether one of some mail hosts greets on the port."""
    if not hosts:
        return result(None, "no host was named to connect to (vantage_smtp_hosts)")
    failures = []
    for host in hosts:
        try:
            with socket.create_connection((host, port), SECONDS) as link:
                link.settimeout(SECONDS)
                greeting = link.recv(512).decode("ascii", "replace").strip()
            if greeting[:3].isdigit():
                return result(True, f"{host} greeted with {greeting[:60]}")
            failures.append(f"{host}: no greeting of a mail server")
        except (OSError, ValueError) as exc:
            failures.append(f"{host}: {exc}")
    return result(False, "; ".join(failures))


def ipv6() -> Result:
    """Whether a route leads out, from an address of the public internet."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect((ANY_IPV6, 25))
            source = probe.getsockname()[0]
    except OSError as exc:
        return result(False, f"no IPv6 route: {exc}")
    if not ipaddress.ip_address(source.partition("%")[0]).is_global:
        return result(False, f"no public IPv6 address but {source}")
    return result(True, f"packets leave from {source}")


def nameservers() -> list[str]:
    """The resolvers of this host."""
    try:
        with open(RESOLV_CONF, encoding="ascii", errors="replace") as lines:
            words = [line.split() for line in lines]
    except OSError:
        return []
    return [entry[1] for entry in words if len(entry) > 1 and entry[0] == "nameserver"]


def dns(servers: t.Sequence[str]) -> Result:
    """Whether a resolver answers a question about the root."""
    failures = []
    for server in servers:
        family = socket.AF_INET6 if ":" in server else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as link:
                link.settimeout(SECONDS / 2)
                link.sendto(ROOT_QUERY, (server, 53))
                answer = link.recv(4096)
        except OSError as exc:
            failures.append(f"{server}: {exc}")
            continue
        if len(answer) >= 12 and answer[:2] == ROOT_QUERY[:2] and not answer[3] & 15:
            return result(True, f"{server} answers")
        failures.append(f"{server}: an answer with an error")
    return result(False, "; ".join(failures) or f"{RESOLV_CONF} names no resolver")


def listen(port: int, token: str) -> Result:
    """Listen in the background, and say whether that began."""
    try:
        server = _listener(port)
    except OSError as exc:
        known = None if exc.errno == errno.EACCES else False
        return result(known, f"port {port} cannot be listened on: {exc}")
    if os.fork() == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        _serve(server, token)
        os._exit(0)
    server.close()
    return result(True, "listening")


def _listener(port: int) -> socket.socket:
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    return socket.create_server(("", port), family=family, dualstack_ipv6=family == socket.AF_INET6)


def _serve(server: socket.socket, token: str) -> None:
    """Answer once, or until the time is over."""
    until = time.monotonic() + LISTEN_SECONDS
    while time.monotonic() < until:
        server.settimeout(max(0.1, until - time.monotonic()))
        try:
            link, _peer = server.accept()
            with link:
                link.sendall(token.encode() + b"\r\n")
            return
        except OSError:
            continue


def connect(address: str, port: int, token: str) -> Result:
    """Whether the listener answers from here; a timeout may be due to the network on this side."""
    try:
        with socket.create_connection((address, port), SECONDS) as link:
            link.settimeout(SECONDS)
            answer = link.recv(512).decode("ascii", "replace").strip()
    except ConnectionRefusedError:
        return result(False, f"{address} port {port} refuses connections")
    except (OSError, ValueError) as exc:
        return result(None, f"the controller cannot connect to {address} port {port}: {exc}")
    if answer == token:
        return result(True, f"the controller reached {address} port {port}")
    return result(False, f"another program answers on {address} port {port}")


def main(words: t.Sequence[str]) -> dict[str, t.Any]:
    """Do what the first word names."""
    if words[0] == "look":
        return {
            "outgoing_port_25": outgoing(int(words[1]), words[2:]),
            "ipv6": ipv6(),
            "dns": dns(nameservers()),
        }
    if words[0] == "listen":
        return listen(int(words[1]), words[2])
    return connect(words[1], int(words[2]), words[3])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
