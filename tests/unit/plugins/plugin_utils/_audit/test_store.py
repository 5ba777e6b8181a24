# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Observations that are kept in a temporary file."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._audit.store import ObservationStore


def observations(key: str, count: int) -> list[_model.Observation]:
    job = _model.Job("smtp_session", key, "smtp", "192.0.2.25", 25, {"text": "é\u2028"})
    return [
        _model.observation(job, {"number": number}, None, [], {"source": ""})
        for number in range(count)
    ]


def test_what_many_threads_keep_is_read_in_the_order_of_the_keys() -> None:
    store = ObservationStore()
    kept = {f"mx{number}": observations(f"mx{number}", number % 7) for number in range(60)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.add, kept.keys(), kept.values()))
    keys = ["mx5", "nobody", *sorted(kept)]
    wanted = [*kept["mx5"], *(one for key in sorted(kept) for one in kept[key])]
    found = store.ordered(keys)
    assert list(found) == wanted
    assert list(found) == wanted, "a second form of the report reads them again"


def test_full_disk_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_descriptor: int, _data: Any, _place: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", write)
    with pytest.raises(_model.ModelError, match=r"cannot be kept in /.* \(No space left on device"):
        ObservationStore().add("mx1", observations("mx1", 1))
