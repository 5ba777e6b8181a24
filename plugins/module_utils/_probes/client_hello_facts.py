# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a crafted ClientHello as plain facts, and as lines of the transcript.

Data in, data out: sends nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import tls_cipher_suites, tls_client_hello, tls_server_flight, tls_server_hello
from .client_hello_params import group_name


class ClientHelloFacts(t.TypedDict, total=False):
    """What a server answers to a crafted ClientHello.

    early: what came in clear before the ClientHello.
    answer: hello (a ServerHello), alert, plain (text instead of TLS), closed or, to SSL 2.0 alone,
    silence.
    alert: the name of the alert.
    alert_level: its level: 1 warning, 2 fatal.
    said: the text instead of TLS.
    version: the version that was chosen.
    suite: the code of the cipher suite.
    suite_name: its name in IANA's registry.
    suite_classes: what kind of cipher suite that is.
    compression: the compression method, 0 for none.
    extensions: the numbers of the extensions in the ServerHello.
    retry: whether it is a HelloRetryRequest.
    group: the group of the key exchange.
    alpn: the protocol that was chosen by ALPN.
    stapled: whether an OCSP response was stapled, where it can be read (TLS 1.2).
    certificate: the certificate, DER in hexadecimal digits, likewise.
    chain: the further certificates, likewise.
    dh_bits: the size of the prime of a DHE key exchange, likewise.
    family: the type of the key that signs, likewise; empty for none.
    """

    early: str
    answer: str
    alert: str
    alert_level: int
    said: str
    version: str
    suite: int
    suite_name: str
    suite_classes: list[str]
    compression: int
    extensions: list[int]
    retry: bool
    group: str
    alpn: str
    stapled: bool
    certificate: str
    chain: list[str]
    dh_bits: int
    family: str


def facts(answer: tls_server_hello.Answer) -> ClientHelloFacts:
    """An answer as plain data, with what applies to its kind."""
    if answer.kind == "alert":
        return {"answer": "alert", "alert": answer.alert_name, "alert_level": answer.alert_level}
    if answer.kind == "plain":
        return {"answer": "plain", "said": answer.text[:200]}
    if answer.kind == "sslv2":
        unknown = f"SSL2_0x{answer.suite:06X}"
        return {
            "answer": "hello",
            "version": "SSLv2",
            "suite": answer.suite,
            "suite_name": tls_client_hello.SSLV2_SUITES.get(answer.suite, unknown),
            "suite_classes": ["md5"],
        }
    found: ClientHelloFacts = {
        "answer": "hello",
        "version": tls_client_hello.VERSION_NAMES[answer.version],
        "suite": answer.suite,
        "suite_name": tls_cipher_suites.name(answer.suite),
        "suite_classes": sorted(tls_cipher_suites.classes(answer.suite)),
        "compression": answer.compression,
        "extensions": list(answer.extensions),
    }
    if answer.retry:
        found["retry"] = True
    if answer.group:
        found["group"] = group_name(answer.group)
    if answer.alpn:
        found["alpn"] = answer.alpn[:100]
    return found


def flight_facts(flight: tls_server_flight.Flight) -> ClientHelloFacts:
    """What followed a ServerHello, as plain data."""
    found: ClientHelloFacts = {"stapled": flight.stapled}
    if flight.chain:
        found["certificate"] = flight.chain[0].hex()
        found["chain"] = [der.hex() for der in flight.chain[1:]]
    if flight.group:
        found["group"] = group_name(flight.group)
    if flight.dh_bits:
        found["dh_bits"] = flight.dh_bits
    words = tls_cipher_suites.classes(flight.answer.suite)
    found["family"] = flight.family or (
        "" if "anon" in words else "ecdsa" if "ecdsa" in words else "rsa"
    )
    return found


def transcript_line(found: ClientHelloFacts) -> str:
    """The facts of an answer as a line of the transcript."""
    if found["answer"] == "alert":
        return f"Alert: {found['alert']}"
    if found["answer"] == "plain":
        return f"No TLS, but in clear: {found['said']}"
    return f"ServerHello: {found['version']} {found['suite_name']}"


def flight_line(found: ClientHelloFacts) -> str:
    """What followed a ServerHello as a line of the transcript."""
    count = 1 + len(found["chain"]) if "chain" in found else 0
    parts = [
        f"{count} {'certificate' if count == 1 else 'certificates'} ({found['family'] or 'no key'})"
    ]
    parts += [f"group {found['group']}"] if "group" in found else []
    parts += [f"a prime of {found['dh_bits']} bits"] if "dh_bits" in found else []
    return "then " + ", ".join([*parts, *(["an OCSP staple"] if found["stapled"] else [])])
