# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT and SIGTERM during an audit: it stops, and the process ends once the report is written.

ansible-core ends the process of a task at once, and with it all that was seen.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import signal
import threading
import typing as t

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Ends what the main thread does. No Exception, so that nothing takes it for a fault."""


class Interruption:
    """Takes both signals while it is entered, and afterwards hands on the first that came.

    The first one raises Interrupted in the main thread, or calls what it was told to call; another
    one does nothing, since ansible-core sends several. Where a task runs in another thread, there
    is nothing to take.
    """

    def __init__(self) -> None:
        self._stop: t.Callable[[], None] = _raise
        self._taken: signal.Signals | None = None
        self._previous: dict[signal.Signals, t.Any] = {}

    @property
    def name(self) -> str:
        """The name of the first signal; empty where none came."""
        return self._taken.name if self._taken else ""

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._previous = {one: signal.signal(one, self._take) for one in SIGNALS}
        return self

    def __exit__(self, *_exception: object) -> None:
        for one, handler in self._previous.items():
            signal.signal(one, handler)
        if self._taken:
            signal.raise_signal(self._taken)

    def _take(self, number: int, _frame: object) -> None:
        if not self._taken:
            self._taken = signal.Signals(number)
            self._stop()

    def call(self, stop: t.Callable[[], None]) -> None:
        """Call this where a signal comes."""
        self._stop = stop

    def ignore(self) -> None:
        """Let what follows end by itself."""
        self._stop = _nothing

    def expect(self) -> None:
        """Raise Interrupted where a signal comes, or where one came too late to stop anything."""
        self._stop = _raise
        if self._taken:
            raise Interrupted


def _raise() -> None:
    raise Interrupted


def _nothing() -> None:
    """What is under way ends by itself."""
