# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rehearsal has addresses of its own, loses what it writes, and ends with all that it started."""

from __future__ import annotations

import base64
import os
import pathlib
import socket
import subprocess
import sys
import threading
import typing as t
import urllib.parse

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import rehearsal
from ansible_collections.airtight.mail.plugins.module_utils._config_files.candidate import (
    NamespaceError,
    seen,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.rehearsal import (
    outermost,
    own_addresses,
    rehearsed,
    serious,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import plan
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands, desired

OUTPUT = """\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 198.51.100.7/24 brd 198.51.100.255 scope global eth0\\       valid_lft forever
2: eth0    inet6 2001:db8:1::7/64 scope global \\       valid_lft forever preferred_lft forever
"""


def run(argv: list[str]) -> tuple[int, str, str]:
    try:
        ended = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    except OSError as exc:
        return 127, "", str(exc)
    return ended.returncode, ended.stdout, ended.stderr


def can_be_sealed() -> bool:
    try:
        return bool(seen([], lambda _room: run(["ip", "link"])[0] == 0, sealed=True))
    except ConfigError:
        return False


needs_namespaces = pytest.mark.skipif(
    not can_be_sealed(), reason="this machine permits no namespaces, or has no program ip"
)


def options(**more: t.Any) -> dict[str, t.Any]:
    return {"start": ["true"], "cover": [], "empty": [], "share": [], "user": None, **more}


def guest(users: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    line = {"path": str(users), "line": "guest@example.org:HASH::::::"}
    empty: dict[str, t.Any] = {"empty": [], "daemons": []}
    return {"address": "guest@example.org", "lines": [line], **empty, **more}


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


@needs_namespaces
def test_the_new_files_are_rehearsed_with_the_address_of_a_stranger(old: pathlib.Path) -> None:
    check = python(
        "import os, pathlib, socket\n"
        f"assert pathlib.Path({str(old)!r}).read_text() == 'new\\n'\n"
        "server = socket.create_server(('192.0.2.25', 25))\n"
        "assert os.environ['REHEARSAL_HOST'] == '192.0.2.25'\n"
        "assert os.environ['REHEARSAL_STRANGER'] == '192.0.2.66'\n"
        "client = socket.create_connection(('192.0.2.25', 25), source_address=('192.0.2.66', 0))\n"
        "assert server.accept()[1][0] == '192.0.2.66'\n"
        "try: socket.create_connection(('203.0.113.254', 25), 5)\n"
        "except OSError as exc: assert exc.errno == 101, exc\n"
        "else: raise AssertionError('there is a way out')\n"
    )
    assert rehearsed(plan([desired(old)]), options(), check, run) == {
        "rehearsal": "The new files were rehearsed, without the login of a user.",
        "rehearsal_problem": "",
    }
    assert old.read_bytes() == b"old\n"


@needs_namespaces
def test_without_a_check_the_start_alone_is_rehearsed() -> None:
    assert "were rehearsed" in rehearsed([], options(), [], run)["rehearsal"]
    assert "false failed" in rehearsed([], options(start=["false"]), [], run)["rehearsal_problem"]


@needs_namespaces
def test_what_is_written_in_a_rehearsal_is_lost(tmp_path: pathlib.Path) -> None:
    spool = tmp_path / "spool"
    (spool / "queue").mkdir(parents=True)
    (spool / "queue/message").write_bytes(b"queued\n")
    check = python(
        "import os\n"
        f"assert os.listdir({str(spool / 'queue')!r}) == []\n"
        f"open({str(spool / 'queue/other')!r}, 'w').close()\n"
        f"open({str(spool / 'pid')!r}, 'w').close()\n"
    )
    how = options(cover=[str(spool)], empty=[str(spool / "queue"), str(spool / "none")])
    assert rehearsed([], how, check, run)["rehearsal_problem"] == ""
    assert sorted(path.name for path in spool.rglob("*")) == ["message", "queue"]


@needs_namespaces
def test_a_queue_stays_empty_while_mail_comes_in_and_can_be_moved_in(
    tmp_path: pathlib.Path,
) -> None:
    spool, said = tmp_path / "spool", tmp_path / "said"
    for name in ("incoming", "active"):
        (spool / name).mkdir(parents=True)
        (spool / name / "message").write_bytes(b"queued\n")
    said.mkdir()
    for name in ("ready", "came"):
        os.mkfifo(said / name)
    check = python(
        "import os\n"
        f"open({str(said / 'ready')!r}, 'w').close()\n"
        f"open({str(said / 'came')!r}).close()\n"
        f"assert os.listdir({str(spool / 'incoming')!r}) == []\n"
        f"assert os.listdir({str(spool / 'active')!r}) == []\n"
        f"open({str(spool / 'incoming/own')!r}, 'w').close()\n"
        f"os.rename({str(spool / 'incoming/own')!r}, {str(spool / 'active/own')!r})\n"
    )

    def come_in() -> None:
        (said / "ready").open("rb").close()
        (spool / "incoming/later").write_bytes(b"later\n")
        (said / "came").open("wb").close()

    incoming = threading.Thread(target=come_in)
    incoming.start()
    how = options(cover=[str(spool)], empty=[str(spool / "incoming"), str(spool / "active")])
    found = rehearsed([], how, check, run)
    incoming.join(10)
    assert found["rehearsal_problem"] == ""
    names = sorted(path.name for path in spool.rglob("*") if path.is_file())
    assert names == ["later", "message", "message"]


def test_directory_in_an_empty_one_is_left_out() -> None:
    assert outermost(["/a/b", "/a/", "/ab", "/a", "/c/d"]) == ["/a", "/ab", "/c/d"]


@needs_namespaces
def test_mail_in_a_directory_and_in_one_of_it_is_lost(tmp_path: pathlib.Path) -> None:
    inner = tmp_path / "mail/index"
    inner.mkdir(parents=True)
    check = python(f"import os; os.makedirs({str(inner)!r}); open({str(inner / 'own')!r}, 'w')")
    how = options(empty=[str(inner), str(tmp_path / "mail")])
    assert rehearsed([], how, check, run)["rehearsal_problem"] == ""
    assert [path.name for path in tmp_path.rglob("*")] == ["mail", "index"]


@needs_namespaces
def test_a_rehearsal_that_breaks_off_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(rehearsal, "_failure", broken)
    assert rehearsed([], options(), [], run) == {
        "rehearsal": "",
        "rehearsal_problem": "The rehearsal did not end: reading it ended with ValueError.",
    }


@needs_namespaces
def test_a_socket_of_another_daemon_can_be_reached(tmp_path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "milter"))
        server.listen()
        check = python(
            f"import socket; socket.socket(socket.AF_UNIX).connect({str(tmp_path / 'milter')!r})"
        )
        how = options(
            cover=[str(tmp_path)], share=[str(tmp_path / "milter"), str(tmp_path / "none")]
        )
        assert rehearsed([], how, check, run)["rehearsal_problem"] == ""


@needs_namespaces
def test_what_a_rehearsal_started_ends_with_it() -> None:
    seconds = f"{os.getpid()}3600"
    start = python(
        f"import subprocess; subprocess.Popen(['sleep', '{seconds}'], start_new_session=True,\n"
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )
    assert rehearsed([], options(start=start), ["true"], run)["rehearsal_problem"] == ""
    lines = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
    assert [line for line in lines if line.startswith(f"sleep\0{seconds}".encode())] == []


@needs_namespaces
def test_a_rehearsal_that_fails_quotes_the_daemon(old: pathlib.Path) -> None:
    failing = python("import sys; sys.exit('port 25 says 451')")
    result = rehearsed(plan([desired(old)]), options(), failing, run)
    assert "failed: exit code 1, output: port 25 says 451" in result["rehearsal_problem"]


def test_a_host_without_namespaces_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_more: object) -> None:
        raise NamespaceError("no namespace can be had on this host")

    monkeypatch.setattr(rehearsal, "seen", refused)
    assert rehearsed([], options(), [], Commands()) == {
        "rehearsal": "The new files were not rehearsed: no namespace can be had on this host."
    }


def test_a_host_without_ip_is_no_error() -> None:
    found = rehearsed([], options(), [], Commands(ip=(127, "", "")))
    assert found == {"rehearsal": "The new files were not rehearsed, since there is no program ip."}


def test_own_addresses_are_networks_of_their_own() -> None:
    assert own_addresses(OUTPUT) == ["127.0.0.1/32", "198.51.100.7/32", "2001:db8:1::7/128"]


def test_serious_messages_lose_their_time_and_process() -> None:
    messages = [
        "<22>Nov 30 03:00:00 postfix/smtpd[7]: connect from localhost",
        "<20>Nov 30 03:00:00 postfix/smtpd[7]: warning: unknown smtpd restriction",
    ]
    assert serious(messages) == ["warning: unknown smtpd restriction"]


@needs_namespaces
def test_a_user_exists_in_the_rehearsal_alone(tmp_path: pathlib.Path) -> None:
    users = tmp_path / "users"
    users.write_text("alice@example.org:{PLAIN}x::::::", encoding="utf-8")
    users.chmod(0o640)
    check = python(
        "import base64, hashlib, os, pathlib, stat\n"
        "password = input().encode()\n"
        f"path = pathlib.Path({str(users)!r})\n"
        "first, last = path.read_text().splitlines()\n"
        "assert first == 'alice@example.org:{PLAIN}x::::::'\n"
        "name, stored = last.split(':')[:2]\n"
        "assert name == os.environ['REHEARSAL_USER'] == 'guest@example.org'\n"
        "scheme, _, text = stored.partition('}')\n"
        "assert scheme == '{SSHA512'\n"
        "made = base64.b64decode(text)\n"
        "assert len(password) == 32\n"
        "assert made[:64] == hashlib.sha512(password + made[64:]).digest()\n"
        "assert stat.S_IMODE(path.stat().st_mode) == 0o640\n"
    )
    assert rehearsed([], options(user=guest(users)), check, run) == {
        "rehearsal": "The new files were rehearsed, with the login of a user.",
        "rehearsal_problem": "",
    }
    assert users.read_text(encoding="utf-8") == "alice@example.org:{PLAIN}x::::::"
    assert "REHEARSAL_USER" not in os.environ


#: What a server may say of a password p; an end of a line is a space in a message.
SPELLINGS = (
    "p",
    "base64.b64encode(p.encode()).decode()",
    "base64.b64encode(f'\\0\\0{p}'.encode()).decode()",
    "''.join(f'={ord(c):02X}' for c in p)",
    "urllib.parse.quote(p, safe='')",
    "p.encode().hex()",
    "f'{p[:16]} and {p[16:]}'",
    "p[:11]",
    "f'{p[:16]}\\n{p[16:]}'",
)


@needs_namespaces
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_message_shows_the_password(spelling: str, tmp_path: pathlib.Path) -> None:
    users, seen_by_check = tmp_path / "users", tmp_path / "password"
    users.write_bytes(b"")
    check = python(
        "import base64, pathlib, sys, urllib.parse\n"
        "p = input()\n"
        f"pathlib.Path({str(seen_by_check)!r}).write_text(p)\n"
        f"sys.exit('535 authentication failed: ' + {spelling})\n"
    )
    problem = rehearsed([], options(user=guest(users)), check, run)["rehearsal_problem"]
    password = seen_by_check.read_text(encoding="utf-8")
    assert "535 authentication failed: " in problem
    said = eval(  # as the check said it
        spelling, {"p": password, "base64": base64, "urllib": urllib}
    )
    for start in range(len(said) - 7):
        piece = said[start : start + 8]
        assert " " in piece or "\n" in piece or piece not in problem


@needs_namespaces
def test_no_message_shows_the_hash(tmp_path: pathlib.Path) -> None:
    users = tmp_path / "users"
    users.write_bytes(b"")
    check = python(f"import sys; sys.exit(open({str(users)!r}).read().rpartition('}}')[2][:88])")
    problem = rehearsed([], options(user=guest(users)), check, run)["rehearsal_problem"]
    assert "output: ****" in problem


@needs_namespaces
def test_no_process_has_the_password_in_its_arguments_or_its_environment(
    tmp_path: pathlib.Path,
) -> None:
    users = tmp_path / "users"
    users.write_bytes(b"")
    start = python(
        "import subprocess\n"
        "subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )
    check = python(
        "import pathlib, subprocess\n"
        "password = input().encode()\n"
        "assert len(password) == 32\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "found = []\n"
        "for path in pathlib.Path('/proc').glob('[0-9]*/*'):\n"
        "    if path.name in ('cmdline', 'environ'):\n"
        "        try: found += [path.name] * (password in path.read_bytes())\n"
        "        except OSError: pass\n"
        "child.kill()\n"
        "assert found == [], found\n"
    )
    problem = rehearsed([], options(start=start, user=guest(users)), check, run)
    assert problem["rehearsal_problem"] == ""


@needs_namespaces
def test_file_of_users_may_have_any_bytes(tmp_path: pathlib.Path) -> None:
    users = tmp_path / "users"
    users.write_bytes(b"# J\xfcrgen\r\nalice:x")
    check = python(
        f"lines = open({str(users)!r}, 'rb').read().splitlines(True)\n"
        "assert lines[:2] == [b'# J\\xfcrgen\\r\\n', b'alice:x\\n'], lines\n"
        "assert len(lines) == 3"
    )
    assert rehearsed([], options(user=guest(users)), check, run)["rehearsal_problem"] == ""


@needs_namespaces
def test_without_the_file_of_the_users_nobody_logs_in(tmp_path: pathlib.Path) -> None:
    check = python("import os; assert 'REHEARSAL_USER' not in os.environ")
    how = options(user=guest(tmp_path / "users", daemons=[{"argv": ["/bin/false"], "serves": []}]))
    assert rehearsed([], how, check, run) == {
        "rehearsal": "The new files were rehearsed, without the login of a user.",
        "rehearsal_problem": "",
    }


@needs_namespaces
def test_the_daemon_of_the_user_is_started_with_sockets_of_its_own(tmp_path: pathlib.Path) -> None:
    users, run_dir, spool = (tmp_path / name for name in ("users", "run", "spool"))
    users.write_bytes(b"")
    for folder in (run_dir, spool):
        folder.mkdir()
        (folder / "auth").write_bytes(b"live")
    start = python(
        f"import os; assert os.listdir({str(run_dir)!r}) == []\n"
        f"os.unlink({str(spool / 'auth')!r})\n"
        f"open({str(spool / 'auth')!r}, 'w').write('rehearsal')\n"
    )
    check = python(f"assert open({str(spool / 'auth')!r}).read() == 'rehearsal'")
    daemon = {"argv": start, "serves": [str(spool / "auth")]}
    absent = {"argv": ["/nonexistent/daemon"], "serves": [str(spool / "milter")]}
    user = guest(users, empty=[str(run_dir)], daemons=[daemon, absent])
    how = options(cover=[str(spool)], share=[str(spool / "auth")], user=user)
    assert rehearsed([], how, check, run)["rehearsal_problem"] == ""
    assert (spool / "auth").read_bytes() == b"live"
