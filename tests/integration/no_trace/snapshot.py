# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The state of a mail host that a verification must not change: snapshot.py write|compare FILE.

It runs on the host, as root. write stores the state in FILE. compare prints one line for each
difference from it, and nothing if there is none. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

#: By topic: a name, and what is there.
State = dict[str, dict[str, str]]

#: Where files are compared, the databases of Bayes and greylisting among them. Logs and temporary
#: files are elsewhere.
ROOTS = (
    "/etc",
    "/home",
    "/root",
    "/usr/local",
    "/var/lib",
    "/var/mail",
    "/var/spool",
    "/var/vmail",
)
#: What changes on a host that nobody connects to: files or folders, and the reason.
IGNORED = {
    "/var/lib/postfix/prng_exch": "tlsmgr of Postfix stores its random state there when it ends",
    "/var/lib/systemd": "systemd stores its timers and a random seed there",
    "/var/spool/postfix/pid": "processes of Postfix start and end",
}
#: Lines of the journal about a login that failed, or a client that was banned.
FAILED_LOGIN = re.compile(
    r"auth(entication)? fail|failed password|password mismatch|invalid user|disallowed plaintext"
    r"|\bban(ned)?\b",
    re.IGNORECASE,
)
#: Whether AUTH is refused before TLS shows only if it is tried. Dovecot logs the refusal as a
#: failed login of an empty user.
REFUSED_BEFORE_TLS = re.compile(r"auth failed, [1-4] attempts? in .*user=<>")
#: Addresses that Dovecot delays after failed logins. It forgets them after a while.
DELAYS = ["doveadm", "-f", "tab", "penalty"]
#: Commands that print the rest of the state. One that is not installed prints nothing.
COMMANDS = {
    "queue": ["postqueue", "-j"],
    "ban by fail2ban": ["fail2ban-client", "banned"],
    "firewall": ["nft", "list", "ruleset"],
}


def output(argv: list[str]) -> list[str]:
    """The lines that a command prints; none if it is not installed."""
    if not shutil.which(argv[0]):
        return []
    done = subprocess.run(argv, capture_output=True, errors="replace", timeout=60, check=False)
    return done.stdout.splitlines()


def numbered(lines: list[str]) -> dict[str, str]:
    """Lines by their number."""
    return {str(number): line for number, line in enumerate(lines, 1)}


def files(folder: str) -> Iterator[tuple[str, str]]:
    """Each file below a folder, with its mode, owner, time of change and hash."""
    for entry in os.scandir(folder):
        if entry.path in IGNORED:
            continue
        info = entry.stat(follow_symlinks=False)
        words = [stat.filemode(info.st_mode), f"{info.st_uid}:{info.st_gid}"]
        if entry.is_symlink():
            words.append(os.readlink(entry.path))
        elif entry.is_file():
            digest = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
            words += [str(info.st_mtime_ns), digest]
        yield entry.path, " ".join(words)
        if entry.is_dir(follow_symlinks=False):
            yield from files(entry.path)


def snapshot() -> State:
    """The state of this host."""
    journal = output(["journalctl", "--boot", "--quiet", "--output=cat"])
    failed = [
        line
        for line in journal
        if FAILED_LOGIN.search(line) and not REFUSED_BEFORE_TLS.search(line)
    ]
    return {
        "file": {
            path: words for root in ROOTS if os.path.isdir(root) for path, words in files(root)
        },
        "failed login": numbered(failed),
        "delay": dict.fromkeys(output(DELAYS)[1:], "present"),
        **{topic: numbered(output(argv)) for topic, argv in COMMANDS.items()},
    }


def differences(before: State, after: State) -> Iterator[str]:
    """One line for each difference."""
    for topic, then in before.items():
        now = after[topic]
        for name in sorted(then.keys() | now.keys()):
            was, found = then.get(name, "absent"), now.get(name, "absent")
            if was != found and (topic, found) != ("delay", "absent"):
                yield f"{topic} {name}: was {was}, is {found}"


def main() -> None:
    """Write or compare."""
    part, path = sys.argv[1], Path(sys.argv[2])
    if part == "write":
        path.touch(mode=0o600)
        path.write_text(json.dumps(snapshot()), encoding="utf-8")
    else:
        print(*differences(json.loads(path.read_text(encoding="utf-8")), snapshot()), sep="\n")


if __name__ == "__main__":
    main()
