# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_milter.py SOCKET: exits with 0 if a milter negotiates as Postfix would ask it to."""

from __future__ import annotations

import socket
import struct
import sys
import time

VERSION, ACTIONS, PROTOCOL = 6, 0x1FF, 0x1FFFFF
#: After its start, a milter may need a moment for its socket.
SECONDS = 10


def negotiate(path: str) -> bytes:
    """The command that answers the negotiation."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        connection.connect(path)
        connection.sendall(struct.pack(">Ic3I", 13, b"O", VERSION, ACTIONS, PROTOCOL))
        return connection.recv(4096)[4:5]


deadline = time.monotonic() + SECONDS
while True:
    try:
        found = negotiate(sys.argv[1])
    except OSError as exc:
        if time.monotonic() < deadline:
            time.sleep(0.2)
            continue
        sys.exit(f"the milter at {sys.argv[1]} does not answer: {exc}")
    break
if found != b"O":
    sys.exit(f"the milter at {sys.argv[1]} does not negotiate")
