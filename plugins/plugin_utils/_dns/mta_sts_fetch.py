# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe: the MTA-STS policy of a domain, fetched the way a sender does: verified TLS, no redirect
followed (RFC 8461 section 3.3).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    Steps,
    Talk,
    WireError,
    text,
)

PATH = "/.well-known/mta-sts.txt"
#: Policies may not be longer (RFC 8461 section 3.2); a little more is read, to know.
MAX_OCTETS = 65536
_SECONDS = 10.0


def _head(buffer: bytes) -> tuple[bytes, int] | None:
    end = buffer.find(b"\r\n\r\n")
    return (buffer[:end], end + 4) if end >= 0 else None


def _exactly(length: int) -> t.Callable[[bytes], t.Any]:
    return lambda buffer: (buffer[:length], length) if len(buffer) >= length else None


def _chunk_size(buffer: bytes) -> tuple[bytes, int] | None:
    end = buffer.find(b"\r\n")
    return (buffer[:end], end + 2) if end >= 0 else None


def fetch(talk: Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> Steps:
    """Verify the chain (the name is for the judge), ask for the policy. params: server_name."""
    try:
        facts["tls"] = yield from talk.upgrade(params["server_name"], verify=True)
    except WireError as exc:
        if exc.kind != "certificate":
            raise
        facts["verify_error"] = exc.text
        talk.note("*", "TLS: the certificate is not trusted: " + exc.text)
        return
    request = (
        f"GET {PATH} HTTP/1.1\r\nHost: {params['server_name']}\r\nUser-Agent: "
        "airtight.mail\r\nConnection: close\r\n\r\n"
    )
    yield from talk.send(request.encode("ascii"))
    lines = text((yield from talk.read(_head))).split("\r\n")
    words = lines[0].split(" ")
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        raise WireError("garbled", f"this is no HTTP: {lines[0][:80]!r}")
    headers = {
        name.strip().lower(): value.strip()
        for name, _colon, value in (line.partition(":") for line in lines[1:])
    }
    body = yield from _body(talk, headers)
    facts.update(
        status=int(words[1]),
        content_type=headers.get("content-type", ""),
        location=headers.get("location", ""),
        octets=len(body),
        policy=text(body[:MAX_OCTETS] if len(body) <= MAX_OCTETS else b""),
    )


def _body(talk: Talk, headers: dict[str, str]) -> Steps:
    """The body, or one octet more of it than there may be."""
    length = headers.get("content-length", "")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return (yield from _chunks(talk))
    if length.isdigit():
        return (
            (yield from talk.read(_exactly(min(int(length), MAX_OCTETS + 1))))
            if int(length)
            else b""
        )
    return (yield from talk.linger(_SECONDS))[: MAX_OCTETS + 1]


def _chunks(talk: Talk) -> Steps:
    body = b""
    while len(body) <= MAX_OCTETS:
        size = text((yield from talk.read(_chunk_size, shown=False))).partition(";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise WireError("garbled", f"{size[:20]!r} is no length of a chunk") from None
        if length <= 0:
            break
        body += (yield from talk.read(_exactly(min(length, MAX_OCTETS + 1) + 2)))[:-2]
    return body[: MAX_OCTETS + 1]
