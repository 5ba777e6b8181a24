# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validators run on a stage; nothing outside it is touched."""

from __future__ import annotations

import os
import pathlib
import tempfile

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.validation import (
    Validator,
    validate,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands, desired


def test_validate_stages_every_file_and_removes_the_stage(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = [
        desired("/x/main.cf", b"one"),
        desired("/y/master.cf", b"two"),
        desired("/x/gone", None),
    ]
    seen: dict[str, bytes] = {}

    def look(argv: list[str]) -> tuple[int, str, str]:
        seen.update({path.name: path.read_bytes() for path in pathlib.Path(argv[1]).iterdir()})
        return 0, "", ""

    validate(files, [Validator(["look", "{stage}"])], look)
    assert seen == {"main.cf": b"one", "master.cf": b"two"}
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "silent", "sentence"),
    [
        (
            (1, "", "fatal:\n  line 3\n"),
            False,
            "postconf -n rejects the files: exit code 1, output: fatal: line 3",
        ),
        ((0, "all = well", "warning: unused"), True, "exit code 0, output: warning: unused$"),
        ((1, "on the wrong channel", ""), False, "output: on the wrong channel$"),
        ((1, "", ""), False, r"output: \(nothing\)$"),
        ((1, "", "bad hunter22"), False, r"output: bad \*{8}$"),
    ],
)
def test_validate_names_the_command_and_its_output(
    answer: tuple[int, str, str], silent: bool, sentence: str
) -> None:
    files = [desired("/a", b"password=hunter22;", secret=True)]
    with pytest.raises(ConfigError, match=sentence):
        validate(files, [Validator(["postconf", "-n"], silent)], Commands(postconf=answer))


def test_validate_accepts_a_warning_unless_silent() -> None:
    validate([desired("/a")], [Validator(["postconf"])], Commands(postconf=(0, "", "warning")))


@pytest.mark.parametrize(
    ("validator", "runs"),
    [
        (Validator(["/no/such/program"]), False),
        (Validator(["sh"], needs=["/no/such/file"]), False),
        (Validator(["sh"], needs=["/"]), True),
    ],
)
def test_validator_can_run_when_everything_exists(validator: Validator, runs: bool) -> None:
    assert validator.can_run() is runs


def test_validate_rejects_two_files_of_one_base_name() -> None:
    with pytest.raises(ConfigError, match="another file has the same base name"):
        validate([desired("/a/x"), desired("/b/x")], [], Commands())


def test_validate_leaves_out_a_program_among_the_arguments() -> None:
    with pytest.raises(ConfigError, match=r"because python -c \.\.\. 25 rejects"):
        validate(
            [desired("/a")],
            [Validator(["python", "-c", "import x\nx()\n", "25"])],
            Commands(python=(1, "", "")),
        )
