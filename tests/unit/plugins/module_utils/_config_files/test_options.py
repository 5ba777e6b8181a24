# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become files and commands; the whole transaction follows from them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import options as tested
from ansible_collections.airtight.mail.plugins.module_utils._config_files.candidate import (
    NamespaceError,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    ConfigError,
    DesiredFile,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.journal import (
    Journal,
    lock,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.options import (
    apply_commands,
    desired_files,
    required_action,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import plan
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import (
    GROUP,
    OWNER,
    Commands,
    desired,
)


def option(path: str, **more: t.Any) -> dict[str, t.Any]:
    base: dict[str, t.Any] = {
        "content": None,
        "source": None,
        "secret": False,
        "owner": "root",
        "group": "root",
        "mode": "0644",
        "restart": False,
    }
    return {"path": str(path), "state": "present", **base, **more}


@pytest.mark.parametrize(
    ("options", "secrets", "sentence"),
    [
        ([option("/a")], {}, "/a has no content; set content, or state: absent."),
        ([option("/a", secret=True)], {}, "/a has no content"),
        (
            [option("/a", secret=True, content="x")],
            {},
            "/a is secret, so its content has to be in secret_contents.",
        ),
        ([option("/a", content="x", mode="u=rw")], {}, "/a cannot have the mode u=rw"),
        ([option("/a", content="x")], {"/b": "x"}, "secret_contents names /b"),
    ],
)
def test_desired_files_rejects_options_that_contradict(
    options: list[dict[str, t.Any]], secrets: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        desired_files(options, secrets, lenient=True)


def test_desired_files_follow_from_options() -> None:
    options = [
        option("/a", content="é", mode="600"),
        option("/b", secret=True, restart=True),
        option("/c", state="absent"),
    ]
    assert desired_files(options, {"/b": "hidden"}, lenient=False) == [
        DesiredFile("/a", "é".encode(), mode=0o600),
        DesiredFile("/b", b"hidden", secret=True, restart=True),
        DesiredFile("/c", None),
    ]


def test_desired_files_take_the_content_of_a_source(old: pathlib.Path) -> None:
    [file] = desired_files([option("/a", source=str(old), secret=True)], {}, lenient=False)
    assert file.content == b"old\n"


def test_desired_files_reject_a_missing_source_unless_lenient() -> None:
    options = [option("/a", source="/no/such/file")]
    assert desired_files(options, {}, lenient=True)[0].content == b""
    with pytest.raises(ConfigError, match="its source /no/such/file does not exist"):
        desired_files(options, {}, lenient=False)


@pytest.mark.parametrize(
    ("restart", "active", "how"),
    [(False, True, "reload"), (True, True, "restart"), (True, False, "nothing")],
)
def test_required_action_of_an_active_unit(
    old: pathlib.Path, restart: bool, active: bool, how: str
) -> None:
    assert required_action(plan([desired(old, restart=restart)]), active) == how
    assert required_action([], active) == "nothing"


def test_apply_commands_end_with_is_active_and_the_check() -> None:
    assert apply_commands("nothing", "x", None, ["check"]).commands == ()
    reload = apply_commands("reload", "x", None, [])
    assert reload.commands == [
        ["systemctl", "reload-or-restart", "x"],
        ["systemctl", "is-active", "x"],
    ]
    assert apply_commands("restart", "x", ["other"], ["check"]).commands[::2] == [
        ["other"],
        ["check"],
    ]


def module_options(path: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    file = option(str(path), content="new\n", owner=OWNER, group=GROUP)
    return {
        "files": [file],
        "secret_contents": {},
        "validate": [{"argv": ["/no/such/program"], "silent": False, "needs": []}],
        "unit": "x",
        "reload": ["reload"],
        "restart": None,
        "check": [],
        "backup": False,
        "step": "commit",
        "digest": None,
        "rehearse": None,
        **more,
    }


def replace_files(options: dict[str, t.Any], commands: Commands, dry_run: bool) -> dict[str, t.Any]:
    return tested.replace_files(options, commands, dry_run, journal_of(options))


def journal_of(options: dict[str, t.Any]) -> Journal:
    return Journal(str(pathlib.Path(options["files"][0]["path"]).parent / "journal"))


def test_replace_files_validates_writes_and_reloads(old: pathlib.Path) -> None:
    commands = Commands()
    result = replace_files(module_options(old), commands, dry_run=False)
    assert old.read_bytes() == b"new\n"
    assert (result["changed"], result["changed_files"]) == (True, [str(old)])
    assert result["applied"] == "reload"
    is_active = ["systemctl", "is-active", "x"]
    assert commands.seen == [["/no/such/program"], is_active, ["reload"], is_active]


def test_replace_files_in_a_dry_run_writes_nothing(old: pathlib.Path) -> None:
    commands = Commands()
    result = replace_files(module_options(old), commands, dry_run=True)
    assert (old.read_bytes(), result["changed"]) == (b"old\n", True)
    assert commands.seen == [["systemctl", "is-active", "x"]]


def test_replace_files_without_a_unit_reloads_nothing(old: pathlib.Path) -> None:
    commands = Commands()
    result = replace_files(module_options(old, unit=None, validate=[]), commands, dry_run=False)
    assert (result["applied"], commands.seen) == ("nothing", [])


def test_replace_files_waits_for_another_run_and_then_fails(
    old: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = module_options(old)
    monkeypatch.setattr(tested, "LOCK_SECONDS", 0)
    refusal = pytest.raises(ConfigError, match="Another run changes this host now")
    with lock(journal_of(options).directory, 0), refusal:
        replace_files(options, Commands(), dry_run=False)
    assert old.read_bytes() == b"old\n"


def test_replace_files_shows_a_candidate_and_then_replaces_what_was_judged(
    old: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "seen", lambda _changes, look: look(""))
    options = module_options(old, step="candidate")
    result = tested.replace_files(
        options, Commands(), False, journal_of(options), lambda _places: {"postfix": {}}
    )
    assert (result["candidate"], old.read_bytes()) == ({"postfix": {}}, b"old\n")
    judged = module_options(old, digest=result["digest"])
    old.write_bytes(b"changed by hand\n")
    with pytest.raises(ConfigError, match="the files changed while they were judged"):
        replace_files(judged, Commands(), dry_run=False)
    old.write_bytes(b"old\n")
    replace_files(judged, Commands(), dry_run=False)
    assert old.read_bytes() == b"new\n"


def test_replace_files_says_why_there_is_no_candidate(
    old: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_changes: object, _look: object) -> None:
        raise ConfigError("no namespace can be had")

    monkeypatch.setattr(tested, "seen", refused)
    result = replace_files(module_options(old, step="candidate"), Commands(), dry_run=True)
    assert result["candidate_error"] == "no namespace can be had"


def test_a_host_without_namespaces_is_read_from_a_stage(
    old: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_changes: object, _look: object) -> None:
        raise NamespaceError("no namespace can be had")

    def look(places: t.Mapping[str, str]) -> dict[str, str]:
        return {path: pathlib.Path(place).read_text("utf-8") for path, place in places.items()}

    monkeypatch.setattr(tested, "seen", refused)
    options = module_options(old, step="candidate")
    result = tested.replace_files(options, Commands(), True, journal_of(options), look)
    assert result["candidate"] == {str(old): "new\n"}
    assert "candidate_error" not in result


def interrupted(old: pathlib.Path, options: dict[str, t.Any]) -> None:
    def killed(argv: list[str]) -> tuple[int, str, str]:
        if argv == ["reload"]:
            raise KeyboardInterrupt
        return 0, "", ""

    with pytest.raises(KeyboardInterrupt):
        tested.replace_files(options, killed, False, journal_of(options))
    assert old.read_bytes() == b"new\n"


def test_replace_files_says_that_it_undid_an_interrupted_run(old: pathlib.Path) -> None:
    options = module_options(old)
    interrupted(old, options)
    same = module_options(old, files=[option(str(old), content="old\n", owner=OWNER, group=GROUP)])
    same["files"][0]["mode"] = "0640"
    result = replace_files(same, Commands(), dry_run=False)
    assert (result["changed"], result["changed_files"]) == (True, [])
    assert result["recovered"] == "An interrupted run was undone; all files were as before it."
    assert replace_files(same, Commands(), dry_run=False)["recovered"] == ""


def test_replace_files_fails_where_the_old_files_do_not_run_and_nothing_changes(
    old: pathlib.Path,
) -> None:
    options = module_options(old)
    interrupted(old, options)
    same = module_options(old, files=[option(str(old), content="old\n", owner=OWNER, group=GROUP)])
    same["files"][0]["mode"] = "0640"
    with pytest.raises(ConfigError, match="undone, but then reload failed"):
        replace_files(same, Commands(reload=(1, "", "")), dry_run=False)
    assert replace_files(same, Commands(), dry_run=False)["changed"] is False
