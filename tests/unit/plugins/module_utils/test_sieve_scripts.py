# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each Sieve script has the compiled form that the compiler makes of it now."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._sieve_scripts import compile_scripts


def sievec(argv: list[str]) -> tuple[int, str, str]:
    """Compiles to upper case; a script with 'bad' is refused."""
    _program, script, target = argv
    text = pathlib.Path(script).read_text()
    if "bad" in text:
        return 65, "", "line 1: error:\n unknown command"
    pathlib.Path(target).write_text(text.upper())
    return 0, "", ""


@pytest.fixture(name="scripts")
def directory_with_one_script(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "a.sieve").write_text("keep;")
    os.utime(tmp_path / "a.sieve", (1, 1))
    return tmp_path


def test_missing_binary_is_made_once(scripts: pathlib.Path) -> None:
    made = {"compiled": [f"{scripts}/a.sieve"], "removed": []}
    assert compile_scripts(str(scripts), "sievec", sievec, dry_run=True) == made
    assert not (scripts / "a.svbin").exists()
    assert compile_scripts(str(scripts), "sievec", sievec, dry_run=False) == made
    assert (scripts / "a.svbin").read_text() == "KEEP;"
    again = compile_scripts(str(scripts), "sievec", sievec, dry_run=False)
    assert again == {"compiled": [], "removed": []}


def test_binary_of_another_content_or_age_is_replaced(scripts: pathlib.Path) -> None:
    binary = scripts / "a.svbin"
    for content, seconds in (("OLD RELEASE", 2), ("KEEP;", 1)):
        binary.write_text(content)
        os.utime(binary, (seconds, seconds))
        result = compile_scripts(str(scripts), "sievec", sievec, dry_run=False)
        assert result["compiled"] == [f"{scripts}/a.sieve"]
        assert binary.read_text() == "KEEP;"
        assert binary.stat().st_mtime > 2


def test_binary_without_a_script_is_removed(scripts: pathlib.Path) -> None:
    orphan = scripts / "learn-spam.svbin"
    orphan.write_text("X")
    for dry_run in (True, False):
        result = compile_scripts(str(scripts), "sievec", sievec, dry_run)
        assert result["removed"] == [str(orphan)]
        assert orphan.exists() is dry_run


def test_script_with_an_error_fails_with_the_words_of_the_compiler(
    scripts: pathlib.Path,
) -> None:
    (scripts / "a.sieve").write_text("bad")
    with pytest.raises(ConfigError, match=r"a\.sieve: line 1: error: unknown command"):
        compile_scripts(str(scripts), "sievec", sievec, dry_run=False)


def test_missing_directory_has_no_scripts(tmp_path: pathlib.Path) -> None:
    result = compile_scripts(f"{tmp_path}/none", "sievec", sievec, dry_run=True)
    assert result == {"compiled": [], "removed": []}
