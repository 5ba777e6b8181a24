# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A survey that runs while a scripted server listens on loopback."""

from __future__ import annotations

import asyncio
import socket
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._survey import survey as _survey

if t.TYPE_CHECKING:
    import pytest

Serve = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def survey_beside(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, port: int, **options: t.Any
) -> list[dict[str, t.Any]]:
    """The observations of a survey with these options, while the server listens on a port."""
    params = {name: spec.get("default") for name, spec in _survey.ARGUMENT_SPEC.items()}
    survey = _survey._survey

    async def with_server(*args: t.Any) -> dict[str, t.Any]:
        listening = await asyncio.start_server(serve, "127.0.0.1", port)
        try:
            return await survey(*args)
        finally:
            listening.close()
            # Its last connections are closed in the next turns of the loop.
            await asyncio.sleep(0.01)

    monkeypatch.setattr(_survey, "_survey", with_server)
    return list(_survey.survey({**params, **options})["observations"])
