# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handshakes and ClientHellos were observed on an endpoint, and which lines show them.

A crafted ClientHello is an observation of the probe client_hello; a completed handshake is one of
tls_trust, tls_certificate or tls_alpn. Decides nothing about what was negotiated.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NO_SUBJECT,
    NOT_APPLICABLE,
    SERVICES,
    Finding,
)

from ..base import AuditContext, Observation, error_text, finding

ALL_SERVICES = tuple(SERVICES)
STARTTLS_SERVICES = tuple(name for name, service in SERVICES.items() if not service.implicit_tls)
IMPLICIT_TLS_SERVICES = tuple(name for name, service in SERVICES.items() if service.implicit_tls)
#: Oldest first.
VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
#: The index of a transcript's last line. The transcript of a handshake ends with its outcome, that
#: of a ClientHello with the certificates, where these were sent in plaintext.
LAST_LINE = -1


def handshakes(context: AuditContext, session: Observation) -> list[Observation]:
    """The handshakes with an endpoint that show the certificate most clients get."""
    place = session["service"], session["address"]
    return context.of("tls_trust", *place) + context.of("tls_certificate", *place)


def completed_handshakes(
    context: AuditContext, session: Observation, version: str = ""
) -> list[Observation]:
    """The handshakes with an endpoint that succeeded, with one version where it is given."""
    return [
        handshake
        for handshake in handshakes(context, session)
        if handshake["facts"].get("version") and version in ("", handshake["facts"]["version"])
    ]


def client_hellos(context: AuditContext, session: Observation, purpose: str) -> list[Observation]:
    """The crafted ClientHellos of one purpose to an endpoint, in the order of sending."""
    return [
        client_hello
        for client_hello in context.of("client_hello", session["service"], session["address"])
        if client_hello["params"]["purpose"] == purpose
    ]


def accepted_client_hellos(
    context: AuditContext, session: Observation, *purposes: str
) -> list[Observation]:
    """The ClientHellos of some purposes that a ServerHello answered."""
    return [
        client_hello
        for purpose in purposes
        for client_hello in client_hellos(context, session, purpose)
        if client_hello["facts"].get("answer") == "hello"
    ]


def no_tls(session: Observation, sentence: str = "TLS is not offered.") -> Finding:
    """The finding where the question does not arise, because no TLS is offered."""
    return finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)


def last_error_text(observations: t.Sequence[Observation], session: Observation) -> str:
    """The error of the last observation in words, or that of the session where there is none."""
    return error_text(observations[-1] if observations else session)


def first_line(text: str) -> str:
    """The first line of a reply, for a sentence beside the whole reply."""
    return (text.strip().splitlines() or [""])[0]


def notes(observation: Observation) -> list[int]:
    """The indices of the lines in which the audit noted what is no text: handshakes and errors."""
    return [index for index, (who, _text) in enumerate(observation["transcript"]) if who == "*"]


def answer_lines(observation: Observation) -> list[int]:
    """The line with the answer to a ClientHello, or with the outcome of a handshake.

    The first note of a ClientHello's transcript is the ClientHello, the second is the answer.
    """
    if observation["probe"] == "client_hello":
        return notes(observation)[1:2]
    return [LAST_LINE]


def lines_before_tls(observation: Observation) -> list[int]:
    """The plaintext lines that follow the reply to STARTTLS, or that reply where none follows."""
    transcript = observation["transcript"]
    end = (notes(observation) or [len(transcript)])[0]
    start = max((index for index in range(end) if transcript[index][0] == "C"), default=-1) + 1
    return list(range(start + 1, end)) or list(range(start, end))


def server_lines(observation: Observation, start: int, end: int | None = None) -> list[int]:
    """The indices of the server's lines in a part of the transcript."""
    return [
        index
        for index in range(len(observation["transcript"]))[start:end]
        if observation["transcript"][index][0] == "S"
    ]


def command_lines(observation: Observation) -> list[int]:
    """The indices of the client's lines."""
    return [index for index, (who, _text) in enumerate(observation["transcript"]) if who == "C"]


def capability_lines(session: Observation) -> list[t.Mapping[str, t.Any] | int]:
    """What shows the capabilities before TLS: the EHLO reply, or the lines of the listing.

    ManageSieve lists them in its greeting; IMAP and POP3 in the reply to the first command.
    """
    if "ehlo" in session["facts"]:
        return [session["facts"]["ehlo"]]
    bounds = [0, *command_lines(session), len(session["transcript"])]
    first = 0 if SERVICES[session["service"]].protocol == "sieve" else 1
    return list(server_lines(session, *bounds[first : first + 2]))
