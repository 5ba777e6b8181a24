# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_unbound.py ADDRESS...: exits with 0 if each resolver answers a query for localhost, which
it does without asking anybody. At an address for other clients, it may refuse this host.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys

RECURSION_DESIRED, RESPONSE, RCODE, REFUSED = 0x0100, 0x8000, 0x000F, 5
QUERY = struct.pack(">6H", 4711, RECURSION_DESIRED, 1, 0, 0, 0) + b"\x09localhost\0\0\x01\0\x01"

for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.settimeout(5)
        try:
            asked.connect((address, 53))
            asked.send(QUERY)
            flags = struct.unpack(">6H", asked.recv(4096)[:12])[1]
        except OSError as exc:
            sys.exit(f"{address} does not answer: {exc}")
    own = ipaddress.ip_address(address).is_loopback
    if not flags & RESPONSE or flags & RCODE not in ((0,) if own else (0, REFUSED)):
        sys.exit(f"{address} does not find localhost: response code {flags & RCODE}")
