# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that a port of this host serves, beside the one in a file.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import typing as t

from .listening import host_of

PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
TIMEOUT = 20.0


def first_certificate(path: str) -> bytes | None:
    """The first certificate in a file; None where there is none."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            found = PEM.search(file.read())
        return ssl.PEM_cert_to_DER_cert(found.group()) if found else None
    except (OSError, ValueError):
        return None


def _context() -> ssl.SSLContext:
    """No verification: the certificate is compared with the one in the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def served_certificate(port: int, starttls: bool) -> bytes | None:
    """The certificate that a port serves; None where it does not answer or refuses TLS."""
    try:
        if starttls:
            with smtplib.SMTP(host_of(port), port, timeout=TIMEOUT) as server:
                server.ehlo("localhost")
                server.starttls(context=_context())
                return t.cast("ssl.SSLSocket", server.sock).getpeercert(binary_form=True)
        plain = socket.create_connection((host_of(port), port), timeout=TIMEOUT)
        with plain, _context().wrap_socket(plain) as channel:
            return channel.getpeercert(binary_form=True)
    except (OSError, smtplib.SMTPException):
        return None


def stale_ports(path: str, ports: t.Iterable[t.Mapping[str, t.Any]]) -> list[int]:
    """The ports that serve another certificate than the file has."""
    expected = first_certificate(path)
    if expected is None:
        return []
    served = ((entry["port"], served_certificate(**entry)) for entry in ports)
    return [port for port, found in served if found is not None and found != expected]
