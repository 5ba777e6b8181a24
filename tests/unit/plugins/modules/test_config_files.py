# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction on real files in a temporary directory; only the commands are scripted."""

from __future__ import annotations

import getpass
import grp
import os
import pathlib
import tempfile
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import diff as shown
from ansible_collections.airtight.mail.plugins.module_utils._config_files import options as given
from ansible_collections.airtight.mail.plugins.module_utils._config_files import transaction as core

OWNER = getpass.getuser()
GROUP = grp.getgrgid(os.getgid()).gr_name


class Commands:
    """Answers each command by its first word, and remembers what was run."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers = answers
        self.seen: list[list[str]] = []

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        self.seen.append(list(argv))
        answer = self.answers.get(argv[0], (0, "", ""))
        return answer.pop(0) if isinstance(answer, list) else answer


def wanted(
    path: pathlib.Path | str, content: bytes | None = b"new\n", **more: t.Any
) -> core.Wanted:
    return core.Wanted(str(path), content, **{"owner": OWNER, "group": GROUP, **more})


def commit(
    old: pathlib.Path,
    changes: list[core.Change],
    apply: core.Apply,
    commands: Commands,
    backup: bool = True,
) -> None:
    core.commit(changes, apply, commands, core.journal([wanted(old)]), backup)


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


@pytest.fixture(name="old")
def old_file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize(
    ("options", "secrets", "sentence"),
    [
        ([option("/a")], {}, "/a has no content; give it, or say state: absent."),
        ([option("/a", secret=True)], {}, "/a has no content"),
        (
            [option("/a", secret=True, content="x")],
            {},
            "/a is secret, so its content belongs into secret_contents.",
        ),
        ([option("/a", content="x", mode="u=rw")], {}, "/a cannot have the mode u=rw"),
        ([option("/a", content="x")], {"/b": "x"}, "secret_contents names /b"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    options: list[dict[str, t.Any]], secrets: dict[str, str], sentence: str
) -> None:
    with pytest.raises(core.ConfigError, match=sentence):
        given.wanted_files(options, secrets, lenient=True)


def test_options_become_files() -> None:
    options = [
        option("/a", content="é", mode="600"),
        option("/b", secret=True, restart=True),
        option("/c", state="absent"),
    ]
    assert given.wanted_files(options, {"/b": "hidden"}, lenient=False) == [
        core.Wanted("/a", "é".encode(), mode=0o600),
        core.Wanted("/b", b"hidden", secret=True, restart=True),
        core.Wanted("/c", None),
    ]


def test_the_content_may_come_from_a_file_on_the_host(old: pathlib.Path) -> None:
    [wanted_file] = given.wanted_files(
        [option("/a", source=str(old), secret=True)], {}, lenient=False
    )
    assert wanted_file.content == b"old\n"


def test_a_source_that_does_not_exist_is_an_error_unless_lenient() -> None:
    options = [option("/a", source="/no/such/file")]
    assert given.wanted_files(options, {}, lenient=True)[0].content == b""
    with pytest.raises(core.ConfigError, match="its source /no/such/file does not exist"):
        given.wanted_files(options, {}, lenient=False)


def test_a_file_that_is_as_wanted_is_no_change(old: pathlib.Path) -> None:
    assert core.plan([wanted(old, b"old\n", mode=0o640)]) == []
    assert core.plan([wanted(old.with_name("none"), None)]) == []


@pytest.mark.parametrize("change", [{"content": b"old"}, {"mode": 0o644}, {"content": None}])
def test_any_difference_is_a_change(old: pathlib.Path, change: dict[str, t.Any]) -> None:
    assert len(core.plan([wanted(old, **{"content": b"old\n", "mode": 0o640, **change})])) == 1


def test_an_owner_that_does_not_exist_is_an_error_unless_lenient(old: pathlib.Path) -> None:
    stranger = wanted(old, owner="no-such-user")
    with pytest.raises(core.ConfigError, match="cannot belong to no-such-user:"):
        core.plan([stranger])
    [entry] = shown.diff(core.plan([stranger], lenient=True))
    assert entry["after_header"] == f"{old} (no-such-user:{GROUP} 0644)"


def test_the_difference_shows_contents_and_attributes(old: pathlib.Path) -> None:
    changes = core.plan([wanted(old), wanted(old.with_name("new")), wanted(old, b"old\n")])
    ours = f"{OWNER}:{GROUP}"
    assert shown.diff(changes) == [
        {
            "before": "old\n",
            "before_header": f"{old} ({ours} 0640)",
            "after": "new\n",
            "after_header": f"{old} ({ours} 0644)",
        },
        {
            "before": "",
            "before_header": f"{old.with_name('new')} (absent)",
            "after": "new\n",
            "after_header": f"{old.with_name('new')} ({ours} 0644)",
        },
        {
            "before": f"{ours} 0640\n",
            "before_header": f"{old} ({ours} 0640)",
            "after": f"{ours} 0644\n",
            "after_header": f"{old} ({ours} 0644)",
        },
    ]


def test_the_difference_of_a_secret_file_shows_no_content(old: pathlib.Path) -> None:
    [entry] = shown.diff(core.plan([wanted(old, secret=True)]))
    assert (entry["before"], entry["after"]) == (
        "old secret content, not shown\n",
        "new secret content, not shown\n",
    )


def test_validators_see_every_file_in_the_stage_and_nothing_is_left(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = [wanted("/x/main.cf", b"one"), wanted("/y/master.cf", b"two"), wanted("/x/gone", None)]
    seen: dict[str, bytes] = {}

    def look(argv: list[str]) -> tuple[int, str, str]:
        seen.update({path.name: path.read_bytes() for path in pathlib.Path(argv[1]).iterdir()})
        return 0, "", ""

    core.validate(files, [core.Validator(["look", "{stage}"])], look)
    assert seen == {"main.cf": b"one", "master.cf": b"two"}
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "silent", "sentence"),
    [
        (
            (1, "", "fatal:\n  line 3\n"),
            False,
            "postconf -n refuses the files: it ended with 1 and said: fatal: line 3",
        ),
        ((0, "all = well", "warning: unused"), True, "it ended with 0 and said: warning: unused$"),
        ((1, "on the wrong channel", ""), False, "said: on the wrong channel$"),
        ((1, "", ""), False, "said: nothing$"),
        ((1, "", "bad hunter22"), False, r"said: bad \*{8}$"),
    ],
)
def test_a_refusal_says_which_command_said_what(
    answer: tuple[int, str, str], silent: bool, sentence: str
) -> None:
    files = [wanted("/a", b"password=hunter22;", secret=True)]
    with pytest.raises(core.ConfigError, match=sentence):
        core.validate(
            files, [core.Validator(["postconf", "-n"], silent)], Commands(postconf=answer)
        )


def test_a_warning_is_no_refusal_unless_silence_is_asked_for() -> None:
    core.validate(
        [wanted("/a")], [core.Validator(["postconf"])], Commands(postconf=(0, "", "warning"))
    )


@pytest.mark.parametrize(
    ("validator", "possible"),
    [
        (core.Validator(["/no/such/program"]), False),
        (core.Validator(["sh"], needs=["/no/such/file"]), False),
        (core.Validator(["sh"], needs=["/"]), True),
    ],
)
def test_a_validator_knows_whether_it_can_run(validator: core.Validator, possible: bool) -> None:
    assert validator.possible() is possible


def test_two_files_of_one_base_name_cannot_share_a_stage() -> None:
    with pytest.raises(core.ConfigError, match="another file has the same base name"):
        core.validate([wanted("/a/x"), wanted("/b/x")], [], Commands())


def test_a_commit_writes_runs_and_keeps_the_old_content(old: pathlib.Path) -> None:
    new = old.parent / "sub" / "master.cf"
    commands = Commands()
    commit(
        old,
        core.plan([wanted(old), wanted(new, mode=0o600)]),
        core.Apply([["reload"], ["check"]]),
        commands,
    )
    assert (old.read_bytes(), new.read_bytes()) == (b"new\n", b"new\n")
    assert new.stat().st_mode & 0o777 == 0o600
    assert commands.seen == [["reload"], ["check"]]
    assert old.with_name("main.cf~").read_bytes() == b"old\n"
    assert sorted(os.listdir(old.parent)) == ["main.cf", "main.cf~", "sub"]


def test_a_secret_is_not_kept(old: pathlib.Path) -> None:
    commit(old, core.plan([wanted(old, secret=True)]), core.Apply(), Commands())
    assert os.listdir(old.parent) == ["main.cf"]


def test_a_symbolic_link_is_followed(old: pathlib.Path) -> None:
    link = old.with_name("link")
    link.symlink_to(old)
    commit(old, core.plan([wanted(link)]), core.Apply(), Commands(), backup=False)
    assert link.is_symlink()
    assert old.read_bytes() == b"new\n"


@pytest.mark.parametrize("failing", ["reload", "check"])
def test_when_a_command_fails_everything_is_put_back(old: pathlib.Path, failing: str) -> None:
    gone = old.with_name("gone")
    gone.write_bytes(b"was here\n")
    changes = core.plan([wanted(old), wanted(old.with_name("new")), wanted(gone, None)])
    commands = Commands(**{failing: [(1, "", "it broke"), (0, "", "")]})
    with pytest.raises(
        core.ConfigError,
        match=f"were put back, because {failing} failed: it ended with 1 and said: it broke$",
    ):
        commit(old, changes, core.Apply([["reload"], ["check"]]), commands, backup=False)
    assert (old.read_bytes(), gone.read_bytes()) == (b"old\n", b"was here\n")
    assert old.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(old.parent)) == ["gone", "main.cf"]
    assert commands.seen[-2:] == [["reload"], ["check"]]


def test_it_says_when_the_old_files_do_not_help(old: pathlib.Path) -> None:
    commands = Commands(reload=(1, "", "still broken"))
    with pytest.raises(core.ConfigError, match="With the old files back, reload failed"):
        commit(old, core.plan([wanted(old)]), core.Apply([["reload"]]), commands)
    assert core.plan([wanted(old, b"old\n")]), (
        "the service has not read its files, so the next run must try again"
    )


def test_a_file_that_cannot_be_written_puts_the_others_back(old: pathlib.Path) -> None:
    (old.parent / "file").write_bytes(b"")
    below = core.Change(
        wanted(old.parent / "file" / "below"), core.State(), core.State(b"x", 0, 0, 0o644)
    )
    with pytest.raises(core.ConfigError, match="a file could not be written"):
        commit(old, [*core.plan([wanted(old)]), below], core.Apply(), Commands(), backup=False)
    assert old.read_bytes() == b"old\n"


def test_a_run_that_was_cut_short_is_carried_on(old: pathlib.Path) -> None:
    files = [wanted(old), wanted(old.with_name("second"))]

    def killed(_argv: list[str]) -> tuple[int, str, str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        core.commit(
            core.plan(files), core.Apply([["reload"]]), killed, core.journal(files), backup=False
        )
    assert old.read_bytes() == b"new\n"
    carried_on, commands = core.plan(files), Commands()
    assert [change.wanted.path for change in carried_on] == [wanted.path for wanted in files]
    core.commit(carried_on, core.Apply([["reload"]]), commands, core.journal(files), backup=False)
    assert commands.seen == [["reload"]]
    assert core.plan(files) == []


def test_what_a_service_logged_is_part_of_the_reason(old: pathlib.Path) -> None:
    commands = Commands(
        reload=[(1, "", "it broke"), (0, "", "")], log=(0, "line one\nline two\n", "")
    )
    with pytest.raises(core.ConfigError, match=r"said: it broke Its log ends: line one line two$"):
        commit(old, core.plan([wanted(old)]), core.Apply([["reload"]], ["log"]), commands)


@pytest.mark.parametrize(
    ("restart", "active", "how"),
    [(False, True, "reload"), (True, True, "restart"), (True, False, "nothing")],
)
def test_a_unit_that_is_active_is_made_to_read_changes(
    old: pathlib.Path, restart: bool, active: bool, how: str
) -> None:
    assert given.how_to_apply(core.plan([wanted(old, restart=restart)]), active) == how
    assert given.how_to_apply([], active) == "nothing"


def test_a_unit_must_survive_and_pass_the_check() -> None:
    assert given.applying("nothing", "x", None, ["check"]).commands == ()
    reload = given.applying("reload", "x", None, [])
    assert reload.commands == [
        ["systemctl", "reload-or-restart", "x"],
        ["systemctl", "is-active", "x"],
    ]
    assert given.applying("restart", "x", ["other"], ["check"]).commands[::2] == [
        ["other"],
        ["check"],
    ]


def test_a_program_among_the_arguments_is_not_repeated() -> None:
    with pytest.raises(core.ConfigError, match=r"because python -c \.\.\. 25 refuses"):
        core.validate(
            [wanted("/a")],
            [core.Validator(["python", "-c", "import x\nx()\n", "25"])],
            Commands(python=(1, "", "")),
        )
