# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Looks for planted secrets where none may be.

find_secrets.py plant: prints JSON, name to secret: a password, a hash of one and a private key.

find_secrets.py watch FILE COMMAND...: runs a command and appends the arguments and the environment
of all processes meanwhile to a file, each once; ends as the command does.

find_secrets.py find: reads JSON: secrets (name to text; a private key in PEM counts by the part of
it that is not public), paths (files and folders), but (path to the names of secrets that belong
there), texts (name to text), and journal (whether to look there). Looks into these and at the
processes that run. Prints a line for each secret that it finds, without it, and exits with 1 then;
with 2 where it could not look.

A secret is found plain, in base64, quoted-printable, percent spelling or hexadecimal digits, with
line ends in it, and by either half of these.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import quopri
import re
import secrets
import subprocess
import sys
import time
import typing as t
import urllib.parse
from pathlib import Path

PROC = Path("/proc")
#: Seconds between two looks at the processes.
PAUSE = 0.02
#: Half of a form that has fewer characters may be there by chance.
SHORTEST = 10
#: What stands where a text was broken: white space, and the same as JSON writes it.
_BREAKS = re.compile(rb"\s+|\\[nrt]")


def planted() -> dict[str, str]:
    """A password, a hash of one, and a private key."""
    argv = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    key = subprocess.run(argv, check=True, capture_output=True, encoding="ascii").stdout
    word = f"{secrets.token_hex(10)}=é/ {secrets.token_hex(10)}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode("ascii").rstrip("=") for size in (16, 32)
    )
    hashed = f"{{ARGON2ID}}$argon2id$v=19$m=65536,t=3,p=1${salt}${digest}"
    return {"password": word, "hash": hashed, "key": key}


def private_part(secret: str) -> bytes:
    """The octets of a secret; of a private key in PKCS #8 those that are in no public key."""
    if "PRIVATE KEY-----" not in secret:
        return re.sub(r"^\{[A-Z0-9]+\}", "", secret).encode()
    der = base64.b64decode("".join(re.findall(r"(?m)^[^-\n]+$", secret)))
    return der[36:68] if len(der) < 256 else der[-256:]  # the number of P-256; the end of RSA


def halves(secret: str) -> set[bytes]:
    """The halves of all forms of a secret, in small letters and without breaks."""
    data = private_part(secret)
    forms = [data, data.hex().encode(), quopri.encodestring(data, quotetabs=True)]
    forms += [urllib.parse.quote(data, safe=safe).encode() for safe in ("/", "")]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        core = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        forms += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    found = set()
    for form in (unbroken(form.replace(b"=\n", b"")) for form in forms):
        found |= {form[: len(form) // 2], form[len(form) // 2 :]}
    return {half for half in found if len(half) >= SHORTEST}


def unbroken(data: bytes) -> bytes:
    """Data in small letters and without breaks."""
    return _BREAKS.sub(b"", data).lower()


def found_in(data: bytes, needles: t.Mapping[str, set[bytes]]) -> list[str]:
    """The names of the secrets that are in data."""
    text = unbroken(data)
    return [name for name, some in needles.items() if any(one in text for one in some)]


def files(paths: t.Iterable[str]) -> t.Iterator[Path]:
    """The regular files at and below paths; not what links lead to, nor the journal, which is read
    apart.
    """
    for path in map(Path, paths):
        below = (Path(top, name) for top, _dirs, names in os.walk(path) for name in names)
        for file in itertools.chain([path], below):
            if file.is_file() and not file.is_symlink() and file.suffix != ".journal":
                yield file


def processes(proc: Path) -> t.Iterator[tuple[str, bytes]]:
    """The arguments and the environment of each process."""
    for path in proc.glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield f"{name} of a process", (path / name).read_bytes()
            except OSError:
                continue  # it has ended


def journal() -> bytes:
    """What the daemons and the system logged in the last minutes."""
    argv = ["journalctl", "--no-pager", "--all", "--output=verbose", "--since=-15min"]
    return subprocess.run(argv, check=True, capture_output=True).stdout


def watch(log: Path, argv: t.Sequence[str], proc: Path = PROC) -> int:
    """Run a command and write down what processes show; its exit code."""
    seen: set[bytes] = set()
    with log.open("ab") as file, subprocess.Popen(argv) as command:
        while command.poll() is None:
            for _where, data in processes(proc):
                if data not in seen:
                    seen.add(data)
                    file.write(data + b"\n")
            file.flush()
            time.sleep(PAUSE)
    return command.returncode


def find(asked: t.Mapping[str, t.Any], logged: bytes, proc: Path = PROC) -> list[str]:
    """A line for each place with a secret in it that belongs elsewhere."""
    needles = {name: halves(secret) for name, secret in asked["secrets"].items()}
    if not needles or not all(needles.values()):
        raise ValueError("a secret is too short to look for")
    texts = {name: text.encode() for name, text in asked.get("texts", {}).items()}
    places = itertools.chain(
        [("the journal", logged)],
        texts.items(),
        processes(proc),
        ((str(file), file.read_bytes()) for file in files(asked.get("paths", []))),
    )
    allowed = asked.get("but", {})
    return sorted(
        {
            f"{name} is in {where}"
            for where, data in places
            for name in found_in(data, needles)
            if name not in allowed.get(where, ())
        }
    )


def main() -> int:
    """As the arguments say."""
    mode, *rest = sys.argv[1:]
    if mode == "plant":
        print(json.dumps(planted()))
        return 0
    if mode == "watch":
        return watch(Path(rest[0]), rest[1:])
    try:
        asked = json.load(sys.stdin)
        lines = find(asked, journal() if asked["journal"] else b"")
    except (OSError, ValueError, subprocess.CalledProcessError) as exc:
        print(f"not looked for: {type(exc).__name__}: {exc}")
        return 2
    print("\n".join(lines))
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
