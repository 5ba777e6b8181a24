# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""validated_answer.py ADDRESS ZONE: queries the SOA record of the zone.

Exits with 0 if the resolver at the address validated the answer.
"""

from __future__ import annotations

import socket
import struct
import sys

RECURSION_DESIRED, AUTHENTIC, RCODE = 0x0100, 0x0020, 0x000F
SOA, IN = 6, 1

address, zone = sys.argv[1:]
labels = [label.encode("ascii") for label in zone.split(".") if label]
name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
with socket.socket(
    socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
) as asked:
    asked.settimeout(5)
    asked.connect((address, 53))
    asked.send(
        struct.pack(">6H", 4711, RECURSION_DESIRED | AUTHENTIC, 1, 0, 0, 0)
        + name
        + struct.pack(">2H", SOA, IN)
    )
    try:
        flags = struct.unpack(">6H", asked.recv(4096)[:12])[1]
    except OSError as exc:
        sys.exit(f"{address} does not answer: {exc}.")
if flags & RCODE:
    sys.exit(f"{address} does not find the zone {zone}: response code {flags & RCODE}.")
if not flags & AUTHENTIC:
    sys.exit(f"{address} finds the zone {zone}, but has not validated the answer.")
