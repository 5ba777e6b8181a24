# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: fetches the MTA-STS policy of a domain as a sender does: over verified TLS, without
following a redirect (RFC 8461 section 3.3).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    Steps,
    Talk,
    WireError,
    text,
)

PATH = "/.well-known/mta-sts.txt"
#: Policies may not be longer (RFC 8461 section 3.2); one octet more is read, to notice.
MAX_OCTETS = 65536
_BODY_SECONDS = 10.0
_STATUS = re.compile(r"[0-9]{3}\Z")
_LENGTH = re.compile(r"[0-9]+\Z")
_CHUNK = re.compile(r"[0-9A-Fa-f]{1,16}\Z")
#: More digits than the longest policy has.
_MAX_DIGITS = 12


def _head(buffer: bytes) -> tuple[bytes, int] | None:
    end = buffer.find(b"\r\n\r\n")
    return (buffer[:end], end + 4) if end >= 0 else None


def _place(first: int, last: int) -> dict[str, list[int]]:
    """Lines of the transcript, as replies keep theirs."""
    return {"place": [first, last]}


def _exactly(length: int) -> t.Callable[[bytes], t.Any]:
    return lambda buffer: (buffer[:length], length) if len(buffer) >= length else None


def _chunk_size(buffer: bytes) -> tuple[bytes, int] | None:
    end = buffer.find(b"\r\n")
    return (buffer[:end], end + 2) if end >= 0 else None


def fetch(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """Verify the chain, request the policy; evaluators compare the name. params: server_name."""
    try:
        facts["tls"] = yield from talk.upgrade(params["server_name"], verify=True)
    except WireError as exc:
        if exc.kind != "certificate":
            raise
        facts["verify_error"] = exc.text
        talk.note("*", "TLS: the certificate is not trusted: " + exc.text)
        return
    request = (
        f"GET {PATH} HTTP/1.1\r\nHost: {params['server_name']}\r\n"
        "User-Agent: airtight.mail\r\nConnection: close\r\n\r\n"
    )
    yield from talk.send(request.encode("ascii"))
    head_line = len(talk.transcript)
    lines = text((yield from talk.read(_head))).split("\r\n")
    version, _blank, status = lines[0].partition(" ")
    code = status.split(" ")[0]
    if not version.startswith("HTTP/1.") or not _STATUS.match(code):
        raise WireError("garbled", f"this is no HTTP response: {lines[0][:80]!r}")
    headers = {
        name.strip().lower(): value.strip()
        for name, _colon, value in (line.partition(":") for line in lines[1:])
    }
    body_line = len(talk.transcript)
    body = yield from _body(talk, headers)
    facts.update(
        status=int(code),
        content_type=headers.get("content-type", ""),
        location=headers.get("location", ""),
        octets=len(body),
        policy=text(body[:MAX_OCTETS] if len(body) <= MAX_OCTETS else b""),
        places={
            "status": _place(head_line, head_line),
            "headers": _place(head_line + 1, body_line - 1),
            "policy": _place(body_line, len(talk.transcript) - 1),
        },
    )


def _body(talk: Talk, headers: dict[str, str]) -> Steps:
    """The body, or the first octets of one that is too long."""
    length = headers.get("content-length", "")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return (yield from _chunks(talk))
    if _LENGTH.match(length):
        digits = length.lstrip("0") or "0"
        octets = min(int(digits[:_MAX_DIGITS]), MAX_OCTETS + 1)
        return (yield from talk.read(_exactly(octets))) if octets else b""
    return (yield from talk.linger(_BODY_SECONDS))[: MAX_OCTETS + 1]


def _chunks(talk: Talk) -> Steps:
    body = b""
    while len(body) <= MAX_OCTETS:
        size = text((yield from talk.read(_chunk_size, shown=False))).partition(";")[0].strip()
        if not _CHUNK.match(size):
            raise WireError("garbled", f"{size[:20]!r} is no chunk size")
        length = int(size, 16)
        if not length:
            break
        body += (yield from talk.read(_exactly(min(length, MAX_OCTETS + 1) + 2)))[:-2]
    return body[: MAX_OCTETS + 1]
