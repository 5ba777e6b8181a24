# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Plays a probe against a script instead of a server: no socket, no clock, no mock.

A script is what the server would do, in order: byte strings are segments that arrive, EOF is the
end of the connection, TIMEOUT is silence, a dict is the result of a TLS handshake, a WireError is
what goes wrong. What a probe waits for is taken from the script; what it sends is only written
down.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    Linger,
    Read,
    Send,
    Talk,
    Upgrade,
    WireError,
)


class Marker(t.NamedTuple):
    """A happening that is no data."""

    name: str


EOF = Marker("EOF")
TIMEOUT = Marker("TIMEOUT")
Item = t.Union[bytes, Marker, t.Dict[str, t.Any], WireError]


class Played(t.NamedTuple):
    """What came of it: the facts, the error or None, the transcript, and every byte string that was
    sent.
    """

    facts: dict[str, t.Any]
    error: WireError | None
    transcript: list[list[str]]
    sent: list[bytes]


class Server:
    """The script, with what has arrived of it."""

    def __init__(self, script: t.Sequence[Item]) -> None:
        self.script, self.buffer, self.sent = list(script), b"", []  # type: ignore[var-annotated]

    def following(self, action: object) -> Item:
        """The next item, where the action needs one."""
        if not self.script:
            raise AssertionError(
                f"the script is over, but the probe wants more: {action!r} after {self.sent!r}"
            )
        return self.script.pop(0)

    def read(self, action: Read) -> tuple[t.Any, bytes]:
        """Feed segments until the parser is content."""
        while True:
            found = action.parser(self.buffer)
            if found is not None:
                raw, self.buffer = self.buffer[: found[1]], self.buffer[found[1] :]
                return found[0], raw
            item = self.following(action)
            if isinstance(item, WireError):
                raise item
            if item == TIMEOUT:
                raise WireError("timeout", "no whole answer")
            if item == EOF:
                raise WireError("closed", "the server closed the connection")
            assert isinstance(item, bytes), f"the probe reads, but the script has {item!r}"
            self.buffer += item

    def linger(self, action: Linger) -> bytes:
        """Everything up to the end, the silence or the failure that comes next."""
        while action.seconds and self.script:
            item = self.script.pop(0)
            if isinstance(item, WireError):
                raise item
            if not isinstance(item, bytes):
                break
            self.buffer += item
        data, self.buffer = self.buffer, b""
        return data

    def upgrade(self, action: Upgrade) -> dict[str, t.Any]:
        """A handshake ends as the script says."""
        item = self.following(action)
        if isinstance(item, WireError):
            raise item
        if item == TIMEOUT:
            raise WireError("timeout", "no whole answer")
        assert isinstance(item, dict), f"the probe starts TLS, but the script has {item!r}"
        self.buffer = b""
        return item

    def act(self, action: t.Any) -> t.Any:
        """Carry out one action of the probe."""
        if isinstance(action, Send):
            self.sent.append(action.data)
            return None
        if isinstance(action, Read):
            return self.read(action)
        return self.linger(action) if isinstance(action, Linger) else self.upgrade(action)


def play(
    probe: t.Callable[..., t.Any],
    params: dict[str, t.Any],
    script: t.Sequence[Item],
    kind: type[Server] = Server,
) -> Played:
    """Play a probe to its end; a WireError that it lets pass becomes the error. kind: a server with
    habits of its own.
    """
    talk, facts, server = Talk(), {}, kind(script)  # type: ignore[var-annotated]
    steps = probe(talk, facts, params)
    result: t.Any = None
    failure: WireError | None = None
    while True:
        try:
            action = steps.throw(failure) if failure else steps.send(result)
        except StopIteration:
            return Played(facts, None, talk.transcript, server.sent)
        except WireError as exc:
            return Played(facts, exc, talk.transcript, server.sent)
        result = failure = None
        try:
            result = server.act(action)
        except WireError as exc:
            failure = exc


def segments(data: bytes) -> t.Iterator[tuple[bytes, bytes]]:
    """Data cut in two at every byte boundary."""
    return ((data[:cut], data[cut:]) for cut in range(1, len(data)))


def without_places(value: t.Any) -> t.Any:
    """The same facts, without the lines of the transcript in which each reply stands."""
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key != "place"}
    if isinstance(value, list):
        return [without_places(item) for item in value]
    return value
