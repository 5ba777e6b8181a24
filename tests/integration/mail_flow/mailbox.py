# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a user does with a mailbox: move mail into and out of Junk, keep a Sieve script. Reads one
JSON document, prints one line a step.

Runs on the controller. It does not know what the moves teach: the playbook reads that from the
host.
"""

from __future__ import annotations

import base64
import imaplib
import json
import re
import socket
import sys
import typing as t

from user_client import Config, context, use_lab_address

SCRIPT = 'require "fileinto";\r\nif header :is "X-Flow" "%s" { fileinto "Trash"; }\r\n'


def transfer(
    client: imaplib.IMAP4_SSL, verb: str, subject: str, source: str, destination: str
) -> bool:
    """MOVE (RFC 6851) or COPY the one message whose subject holds some words."""
    client.select(source)
    found = client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()
    return len(found) == 1 and client.uid(verb, found[0].decode("ascii"), destination)[0] == "OK"


def into_junk(config: Config, client: imaplib.IMAP4_SSL) -> t.Iterator[tuple[str, bool]]:
    """The honest message becomes spam; throwing spam away is no praise of it, so that one teaches
    nothing.
    """
    thrown = transfer(client, "COPY", "proposal " + config["subject"], "Junk", "Trash")
    yield "993: spam is copied from Junk to Trash", thrown
    yield (
        "993: mail is moved into Junk",
        transfer(client, "MOVE", config["subject"], "INBOX", "Junk"),
    )


def out_of_junk(config: Config, client: imaplib.IMAP4_SSL) -> t.Iterator[tuple[str, bool]]:
    """What was taken for spam was none."""
    yield (
        "993: mail is moved out of Junk",
        transfer(client, "MOVE", "proposal " + config["subject"], "Junk", "INBOX"),
    )


class Sieve:
    """A session of ManageSieve (RFC 5804), which begins in clear and logs in after STARTTLS."""

    def __init__(self, config: Config) -> None:
        self.connection = socket.create_connection((config["name"], 4190), timeout=30)
        self.lines = self.connection.makefile("rb")
        self.answer()
        self.ask("STARTTLS")
        self.connection = context(config).wrap_socket(
            self.connection, server_hostname=config["name"]
        )
        self.lines = self.connection.makefile("rb")
        self.answer()
        secret = f"\x00{config['user']}\x00{config['password']}"
        self.ask(f'AUTHENTICATE "PLAIN" "{base64.b64encode(secret.encode()).decode("ascii")}"')

    def answer(self) -> list[str]:
        """The lines before OK; raises where the server says anything else, or literals, which these
        commands do not need.
        """
        lines = []
        while not re.match(r"OK\b", line := self.lines.readline().decode().rstrip("\r\n")):
            if not line.startswith('"'):
                raise SystemExit(f"FAILED 4190: answered {line!r}")
            lines.append(line)
        return lines

    def ask(self, command: str) -> list[str]:
        self.connection.sendall(command.encode() + b"\r\n")
        return self.answer()


def sieve(config: Config) -> t.Iterator[tuple[str, bool]]:
    """A script is put, made the active one, found as that, and taken away again."""
    session = Sieve(config)
    yield "4190: logged in after STARTTLS", True
    script = SCRIPT % config["subject"]
    session.ask('PUTSCRIPT "flow" {%d+}\r\n%s' % (len(script), script))
    yield "4190: a script is stored, not in use yet", session.ask("LISTSCRIPTS") == ['"flow"']
    session.ask('SETACTIVE "flow"')
    yield "4190: the script is the active one", session.ask("LISTSCRIPTS") == ['"flow" ACTIVE']
    session.ask('SETACTIVE ""')
    session.ask('DELETESCRIPT "flow"')
    yield "4190: the script is gone", session.ask("LISTSCRIPTS") == []


def steps(config: Config) -> t.Iterator[tuple[str, bool]]:
    if config["part"] == "sieve":
        yield from sieve(config)
        return
    with imaplib.IMAP4_SSL(config["name"], 993, ssl_context=context(config), timeout=30) as client:
        client.login(config["user"], config["password"])
        yield from {"into_junk": into_junk, "out_of_junk": out_of_junk}[config["part"]](
            config, client
        )


def main() -> int:
    config = json.load(sys.stdin)
    use_lab_address(config)
    results = list(steps(config))
    for words, good in results:
        print(f"{'ok    ' if good else 'FAILED'} {words}")
    return 0 if all(good for _words, good in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
