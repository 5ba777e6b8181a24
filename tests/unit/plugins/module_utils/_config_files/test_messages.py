# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages hold no secret and no line break."""

from __future__ import annotations

import base64
import quopri

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import DesiredFile
from ansible_collections.airtight.mail.plugins.module_utils._config_files.messages import (
    command_text,
    redact,
    result_text,
)

SECRET = DesiredFile("/a", b"password=hunter22;", secret=True)


@pytest.mark.parametrize(
    ("text", "redacted"), [("bad hunter22", "bad ********"), ("user 22", "user 22")]
)
def test_redact_hides_the_words_of_secret_files(text: str, redacted: str) -> None:
    assert redact(text, [SECRET]) == redacted


@pytest.mark.parametrize(
    ("out", "err", "text"),
    [
        ("x", "a\n b\n", "exit code 1, output: a b"),
        ("x\n", "", "exit code 1, output: x"),
        ("", "", "exit code 1, output: (nothing)"),
    ],
)
def test_result_text_prefers_the_errors(out: str, err: str, text: str) -> None:
    assert result_text(1, out, err) == text


def test_command_text_leaves_out_a_program() -> None:
    assert command_text(["python", "-c", "import x\nx()\n", "25"]) == "python -c ... 25"


WORDS = "correct horse: battery"
FILE = DesiredFile("/a", f'user = "x"\npassphrase = "{WORDS}"\n'.encode(), secret=True)


@pytest.mark.parametrize(
    "spelling",
    [
        WORDS,
        base64.b64encode(WORDS.encode()).decode(),
        base64.b64encode(f"\0alice\0{WORDS}".encode()).decode(),
        quopri.encodestring(WORDS.encode(), quotetabs=True).decode(),
        WORDS.encode().hex(),
        "correct\nhorse: battery",
    ],
)
def test_redact_hides_every_spelling_of_a_secret(spelling: str) -> None:
    shown = redact(f"line 2 has {spelling}; see it", [FILE])
    assert shown.startswith("line 2 has ")
    assert shown.endswith("; see it")
    for word in (*spelling.split(), WORDS):
        assert word not in shown
