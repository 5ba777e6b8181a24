# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the observations of a run in a temporary file, since those of a fleet fill the memory.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import typing as t
import zlib

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._report import json_report

#: The quickest compression; it makes transcripts about a tenth as long.
_LEVEL = 1


class ObservationStore:
    """Observations by the key of their target. May be used by several threads."""

    def __init__(self) -> None:
        self._descriptor, path = tempfile.mkstemp(prefix="airtight.mail.")
        os.unlink(path)
        self._end = 0
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def add(self, key: str, observations: t.Sequence[_model.Observation]) -> None:
        """Keep the observations of one target; raises ModelError where there is no room."""
        lines = "\n".join(json_report.line(one) for one in observations)
        packed = zlib.compress(lines.encode(), _LEVEL)
        with self._lock:
            place, self._end = self._end, self._end + len(packed)
        try:
            self._write(packed, place)
        except OSError as exc:
            raise _model.ModelError(
                f"The observations cannot be kept in {tempfile.gettempdir()} ({exc.strerror}); "
                "make room there, or set TMPDIR to another folder."
            ) from exc
        self._places[key] = (place, len(packed))

    def _write(self, packed: bytes, place: int) -> None:
        written = 0
        while written < len(packed):
            written += os.pwrite(self._descriptor, packed[written:], place + written)

    def ordered(self, keys: t.Sequence[str]) -> Ordered:
        """The observations in the order of some keys, read target by target."""
        return Ordered(self, keys)

    def lines(self, key: str) -> list[str]:
        """The observations of one target, each as JSON; none where none were kept."""
        if key not in self._places:
            return []
        place, length = self._places[key]
        packed = bytearray()
        while len(packed) < length:
            packed += os.pread(self._descriptor, length - len(packed), place + len(packed))
        return zlib.decompress(packed).decode().splitlines()

    def __del__(self) -> None:
        os.close(self._descriptor)


class Ordered:
    """An iterable of observations that can be read more than once."""

    def __init__(self, store: ObservationStore, keys: t.Sequence[str]) -> None:
        self._store, self._keys = store, keys

    def __iter__(self) -> t.Iterator[_model.Observation]:
        return map(json.loads, self.lines())

    def lines(self) -> t.Iterator[str]:
        """Each observation as json_report.line makes it."""
        for key in self._keys:
            yield from self._store.lines(key)
