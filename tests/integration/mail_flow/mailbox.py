# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a user does with a mailbox: moves mail into and out of Junk, keeps a Sieve script. Reads one
JSON document, prints one line a step.

Runs on the controller. The playbook reads from the host what SpamAssassin learnt from the moves.
"""

from __future__ import annotations

import imaplib
import sys
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab_clients"))
import mail_client
from mail_client import Config, Step

SCRIPT = 'require "fileinto";\r\nif header :is "X-Flow" "{subject}" {{ fileinto "Trash"; }}\r\n'


def transfer(
    client: imaplib.IMAP4_SSL, verb: str, subject: str, source: str, destination: str
) -> bool:
    """MOVE (RFC 6851) or COPY the one message with some words in its subject."""
    client.select(source)
    found = client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()
    return len(found) == 1 and client.uid(verb, found[0].decode("ascii"), destination)[0] == "OK"


def into_junk(config: Config, client: imaplib.IMAP4_SSL) -> t.Iterator[Step]:
    """The legitimate message becomes spam. Spam that is copied to Trash teaches nothing."""
    copied = transfer(client, "COPY", "proposal " + config["subject"], "Junk", "Trash")
    yield "993: spam is copied from Junk to Trash", copied
    moved = transfer(client, "MOVE", config["subject"], "INBOX", "Junk")
    yield "993: mail is moved into Junk", moved


def out_of_junk(config: Config, client: imaplib.IMAP4_SSL) -> t.Iterator[Step]:
    """A false positive of the spam filter goes back to the INBOX."""
    moved = transfer(client, "MOVE", "proposal " + config["subject"], "Junk", "INBOX")
    yield "993: mail is moved out of Junk", moved


def sieve(config: Config) -> t.Iterator[Step]:
    """A script is stored, activated and deleted."""
    session = mail_client.ManageSieve(config)
    yield "4190: logged in after STARTTLS", True
    script = SCRIPT.format(subject=config["subject"])
    session.command(f'PUTSCRIPT "flow" {{{len(script)}+}}\r\n{script}')
    stored = session.command("LISTSCRIPTS") == ['"flow"']
    yield "4190: a script is stored, not active yet", stored
    session.command('SETACTIVE "flow"')
    active = session.command("LISTSCRIPTS") == ['"flow" ACTIVE']
    yield "4190: the script is the active one", active
    session.command('SETACTIVE ""')
    session.command('DELETESCRIPT "flow"')
    yield "4190: the script is gone", session.command("LISTSCRIPTS") == []


def steps(config: Config) -> t.Iterator[Step]:
    if config["part"] == "sieve":
        yield from sieve(config)
        return
    with mail_client.imap(config) as client:
        move = {"into_junk": into_junk, "out_of_junk": out_of_junk}[config["part"]]
        yield from move(config, client)


if __name__ == "__main__":
    raise SystemExit(mail_client.report(steps(mail_client.read_config())))
