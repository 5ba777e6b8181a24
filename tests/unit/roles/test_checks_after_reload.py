# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The programs that ask a daemon after a reload what its clients would ask it."""

from __future__ import annotations

import contextlib
import imaplib
import io
import re
import runpy
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROLES = Path(__file__).resolve().parents[3] / "roles"
Listen = Callable[..., None]
TAKEN = (250, b"2.1.5 Ok")
REJECTED = (554, b"5.7.1 Client host rejected: Access denied")


class Server:
    """What smtplib.SMTP would be, with scripted replies."""

    ports: dict[int, tuple[int, bytes]]
    auth = True

    def __init__(self, _host: str, port: int, **_more: object) -> None:
        self.port = port
        if port not in self.ports:
            raise ConnectionRefusedError("Connection refused")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def ehlo(self, _name: str) -> None:
        pass

    def starttls(self, context: object) -> None:
        assert self.port != 465, context

    def has_extn(self, name: str) -> bool:
        return name == "auth" and self.auth

    def mail(self, sender: str) -> tuple[int, bytes]:
        assert sender == ""
        return TAKEN

    def rcpt(self, _recipient: str) -> tuple[int, bytes]:
        return self.ports[self.port]

    def rset(self) -> None:
        pass


@pytest.mark.parametrize(
    ("ports", "auth", "said"),
    [
        ({25: TAKEN, 587: REJECTED, 465: REJECTED}, True, None),
        ({25: (450, b"4.2.0 Greylisted"), 587: REJECTED, 465: REJECTED}, True, None),
        (
            {25: (451, b"4.3.5 Server configuration error"), 587: REJECTED, 465: REJECTED},
            True,
            "port 25 answers RCPT TO:<postmaster@x> with 451 4.3.5 Server configuration error",
        ),
        ({25: REJECTED, 587: REJECTED, 465: REJECTED}, True, "port 25 answers RCPT TO"),
        ({25: TAKEN, 587: TAKEN, 465: REJECTED}, True, "port 587 answers RCPT TO"),
        ({25: TAKEN, 587: REJECTED, 465: (451, b"4.3.5 x")}, True, "port 465 answers RCPT"),
        ({25: TAKEN, 587: REJECTED, 465: REJECTED}, False, "port 587 offers no AUTH inside TLS"),
        ({25: TAKEN, 587: REJECTED}, True, "port 465 does not serve: Connection refused"),
    ],
)
def test_check_smtp(
    ports: dict[int, tuple[int, bytes]],
    auth: bool,
    said: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = type("Scripted", (Server,), {"ports": ports, "auth": auth})
    for name in ("SMTP", "SMTP_SSL"):
        monkeypatch.setattr(smtplib, name, server)
    script = ROLES / "postfix/files/check_smtp.py"
    monkeypatch.setattr(sys, "argv", [str(script), "mx1", "postmaster@x", "25", "587", "465"])
    if said is None:
        runpy.run_path(str(script))
    else:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(script))
        assert str(ended.value.code).startswith(said)


@pytest.mark.parametrize(
    ("reply", "refused"),
    [(TAKEN, True), (REJECTED, False), ((450, b"4.7.1 No DNS"), False)],
)
def test_check_smtp_in_a_rehearsal(
    reply: tuple[int, bytes], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rehearsed(Server):
        """Replies to a stranger otherwise than to the host itself."""

        ports = {25: TAKEN}

        def __init__(self, host: str, port: int, **more: object) -> None:
            super().__init__(host, port)
            self.strange = (host, more.get("source_address")) == (
                "192.0.2.25",
                ("192.0.2.66", 0),
            )

        def rcpt(self, recipient: str) -> tuple[int, bytes]:
            return reply if self.strange else super().rcpt(recipient)

    monkeypatch.setattr(smtplib, "SMTP", Rehearsed)
    monkeypatch.setenv("REHEARSAL_HOST", "192.0.2.25")
    monkeypatch.setenv("REHEARSAL_STRANGER", "192.0.2.66")
    script = ROLES / "postfix/files/check_smtp.py"
    monkeypatch.setattr(sys, "argv", [str(script), "mx1", "postmaster@x", "25"])
    if refused:
        with pytest.raises(SystemExit, match="port 25 answers a stranger who wants to relay with"):
            runpy.run_path(str(script))
    else:
        runpy.run_path(str(script))


@pytest.mark.parametrize(
    ("mailbox", "said"),
    [
        ("alice@x", None),
        ("postmaster@x", "port 25 answers RCPT TO:<alice@x> with 451 4.3.0 Lookup failure"),
    ],
)
def test_check_smtp_asks_for_a_mailbox_beside_an_alias(
    mailbox: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Server25(Server):
        """Knows one recipient, and whose mailbox is full."""

        ports = {25: TAKEN}

        def rcpt(self, recipient: str) -> tuple[int, bytes]:
            if recipient == mailbox:
                return (552, b"5.2.2 Mailbox is full") if mailbox == "alice@x" else TAKEN
            return TAKEN if recipient == "postmaster@x" else (451, b"4.3.0 Lookup failure")

    monkeypatch.setattr(smtplib, "SMTP", Server25)
    assert check_smtp(monkeypatch, "postmaster@x,alice@x", "25") == said


@pytest.mark.parametrize("kept", [True, False])
def test_check_smtp_sends_a_message_that_has_to_arrive(
    kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Submission(Server):
        """Takes a message, and keeps it or not."""

        ports = {587: REJECTED}
        sent = ""

        def login(self, user: str, password: str) -> None:
            assert (user, password) == ("guest@x", "secret")

        def sendmail(self, sender: str, recipients: list[str], message: str) -> None:
            assert [sender] == recipients == ["guest@x"]
            Submission.sent = message if kept else ""

    class Mailbox:
        """What imaplib.IMAP4_SSL would be."""

        def __init__(self, host: str, port: int, **_more: object) -> None:
            assert (host, port) == ("192.0.2.25", 993)

        def __enter__(self) -> object:
            return self

        def __exit__(self, *_exception: object) -> None:
            pass

        def login(self, user: str, password: str) -> None:
            assert (user, password) == ("guest@x", "secret")

        def select(self, name: str, readonly: bool) -> None:
            assert (name, readonly) == ("INBOX", True)

        def search(self, _charset: None, key: str, subject: str) -> tuple[str, list[bytes]]:
            assert key == "SUBJECT"
            return "OK", [b"1" if f"Subject: {subject}\r\n" in Submission.sent else b""]

    ticks = iter(range(0, 1000, 40))
    monkeypatch.setattr(smtplib, "SMTP", Submission)
    monkeypatch.setattr(imaplib, "IMAP4_SSL", Mailbox)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    for name, value in (("HOST", "192.0.2.25"), ("USER", "guest@x")):
        monkeypatch.setenv(f"REHEARSAL_{name}", value)
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    said = check_smtp(monkeypatch, "postmaster@x", "587")
    assert said == (None if kept else "a message that port 587 took did not arrive")


def check_smtp(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """What check_smtp.py says before it fails; None where it ends well."""
    script = str(ROLES / "postfix/files/check_smtp.py")
    monkeypatch.setattr(sys, "argv", [script, "mx1", *arguments])
    try:
        runpy.run_path(script)
    except SystemExit as ended:
        return ended.code
    return None


@pytest.fixture(name="listen")
def listening(tmp_path: Path) -> Iterator[Listen]:
    """A function that has a thread answer at a Unix socket: a reply for each thing it reads."""
    opened = []

    def listen(name: str, greeting: bytes, *replies: bytes) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(tmp_path / name))
        server.listen()
        opened.append(server)

        def serve() -> None:
            connection, _address = server.accept()
            with connection, contextlib.suppress(ConnectionError):
                connection.sendall(greeting)
                for reply in replies:
                    connection.recv(4096)
                    connection.sendall(reply)
                connection.recv(4096)

        threading.Thread(target=serve, daemon=True).start()

    yield listen
    for server in opened:
        server.close()


def run(text: str, *arguments: str) -> str:
    """What a program says before it fails; empty where it ends well."""
    argv = [sys.executable, "-c", text, *arguments]
    ended = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    assert (ended.returncode == 0) == (ended.stderr == "")
    return ended.stderr.strip()


PROGRAMS = ("postfix/files/check_smtp.py", "dovecot/files/check_dovecot.py")


def functions_of(program: str) -> str:
    """The text of a program between its functions for the output and the one for a connection."""
    text = (ROLES / program).read_text(encoding="utf-8")
    return text[text.index("def single_addresses") : text.index("def outside")]


def test_both_programs_find_addresses_alike() -> None:
    assert functions_of(PROGRAMS[0]) == functions_of(PROGRAMS[1])


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("open_at", "asked"),
    [
        (["0.0.0.0"], ["localhost", "192.0.2.25", "192.0.2.66"]),
        (["127.0.0.2"], ["127.0.0.2", "127.0.0.2", "192.0.2.66"]),
        (["0:0:0:0:0:0:0:1", "127.0.0.1"], ["127.0.0.1", "::1", "2001:db8::66"]),
    ],
)
def test_port_is_asked_where_it_is_open(program: str, open_at: list[str], asked: list[str]) -> None:
    text = (ROLES / program).read_text(encoding="utf-8")
    functions = re.split(r"\ndef (?:connected|at_port)\(", text)[0]
    names = "HERE, STRANGER, STRANGER6 = '192.0.2.25', '192.0.2.66', '2001:db8::66'"
    with contextlib.ExitStack() as stack:
        port = 0
        for address in open_at:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            server = socket.create_server((address, port), family=family)
            port = stack.enter_context(server).getsockname()[1]
        said = run(
            f"{functions}\n{names}\nhost, source = outside({port})\n"
            f"sys.exit(str([here({port}), host, source[0]]))",
            *("", "", "0"),
        )
    assert said == str(asked)


def dovecot(tmp_path: Path, user: str = "alice@example.org") -> str:
    text = (ROLES / "dovecot/files/check_dovecot.py").read_text(encoding="utf-8")
    return run(text.replace("/var/spool/postfix/private/", f"{tmp_path}/"), user)


OK = b"250 2.1.0 OK\r\n"
LMTP = (b"220 ready\r\n", b"250-mx1\r\n250 8BITMIME\r\n", OK, OK, OK)
AUTH = b"VERSION\t1\t2\nMECH\tPLAIN\nDONE\n"
QUOTA = (b"", b"action=DUNNO\n\n")


def test_check_dovecot_asks_for_auth_a_recipient_and_the_quota(
    tmp_path: Path, listen: Listen
) -> None:
    listen("auth", AUTH)
    listen("dovecot-lmtp", *LMTP)
    listen("quota-status", *QUOTA)
    assert dovecot(tmp_path) == ""


def test_check_dovecot_without_users_asks_for_auth(tmp_path: Path, listen: Listen) -> None:
    listen("auth", AUTH)
    assert dovecot(tmp_path, user="") == ""


def test_check_dovecot_quotes_what_lmtp_answers(tmp_path: Path, listen: Listen) -> None:
    listen("auth", AUTH)
    listen("dovecot-lmtp", *LMTP[:3], b"550 5.1.1 User doesn't exist\r\n")
    assert dovecot(tmp_path) == (
        "LMTP to RCPT TO:<alice@example.org> answers '550 5.1.1 User doesn't exist'"
    )


def test_check_dovecot_says_which_socket_is_missing(tmp_path: Path) -> None:
    assert dovecot(tmp_path).startswith("auth does not serve: ")


#: Ports without TLS, and what a service there answers to a password that it takes or not.
WITHOUT_TLS = {
    143: (
        (b"* OK ready\r\n",),
        b"* CAPABILITY IMAP4rev1\r\na OK Logged in\r\n",
        b"a NO No TLS\r\n",
    ),
    110: ((b"+OK ready\r\n", b"+OK\r\n"), b"+OK Logged in.\r\n", b"-ERR No TLS\r\n"),
    4190: ((b'"SASL" ""\r\nOK ready\r\n',), b'OK "Logged in."\r\n', b'NO "No TLS"\r\n'),
}


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("port", WITHOUT_TLS)
def test_check_dovecot_gives_no_password_without_tls(port: int, taken: bool) -> None:
    before, yes, no = WITHOUT_TLS[port]
    functions, _checks, _rest = (
        (ROLES / "dovecot/files/check_dovecot.py")
        .read_text(encoding="utf-8")
        .partition("\nchecks =")
    )
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection, connection.makefile("rb") as file:
                for reply in (*before, yes if taken else no):
                    connection.sendall(reply)
                    heard.append(file.readline())

        heard: list[bytes] = []
        threading.Thread(target=serve, daemon=True).start()
        asked = f"({server.getsockname()[1]} if port == {port} else 1)"
        text = functions.replace("((host, port)", f"((host, {asked})")
        names = "HERE, STRANGER, GUEST, PASSWORD = '127.0.0.1', '127.0.0.1', 'guest@x', 'secret'"
        said = run(f"{text}\n{names}\npasswords_without_tls()", "")
    assert said == (f"port {port} takes a password without TLS" if taken else "")
    assert any(b"secret" in line or b"AGd1ZXN0QHgAc2VjcmV0" in line for line in heard)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\0\0\0\x0dO" + bytes(12), ""),
        (b"\0\0\0\x01t", "does not negotiate"),
    ],
)
def test_check_milter(tmp_path: Path, listen: Listen, answer: bytes, said: str) -> None:
    listen("milter", b"", answer)
    text = (ROLES / "opendkim/files/check_milter.py").read_text(encoding="utf-8")
    assert run(text, str(tmp_path / "milter")).endswith(said)


def test_check_milter_without_a_milter(tmp_path: Path) -> None:
    text = (ROLES / "opendkim/files/check_milter.py").read_text(encoding="utf-8")
    found = run(text.replace("SECONDS = 10", "SECONDS = 0"), str(tmp_path / "none"))
    assert found.endswith("does not answer: [Errno 2] No such file or directory")
