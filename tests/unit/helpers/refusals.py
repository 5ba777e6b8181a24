# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is said of a value that cannot be used."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError


def refusal(reader: t.Callable[..., t.Any], *args: t.Any) -> str | None:
    """The message of the refusal; None where the value is read."""
    try:
        reader(*args)
    except ModelError as exc:
        return str(exc)
    return None


def is_one_sentence_about(words: str | None, option: str) -> bool:
    """Whether nothing was refused, or in one line that begins with the name of the option."""
    if words is None:
        return True
    return words.startswith(option) and words.endswith(".") and len(words.splitlines()) == 1
