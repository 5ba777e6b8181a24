# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The search for planted secrets can fail: it finds each spelling in each place, nothing else."""

from __future__ import annotations

import base64
import quopri
import subprocess
import sys
import urllib.parse
from typing import TYPE_CHECKING, Any

import find_secrets
import pytest

if TYPE_CHECKING:
    from pathlib import Path

WORD = "0123456789abcdef=é/ fedcba9876543210"
OCTETS = WORD.encode()
HASH = "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "aGFzaA" * 7
OTHER = "a word that is in no way secret, =3D and %20 and /+ and 0123456789"

SPELLINGS = {
    "plain": OCTETS,
    "large": WORD.upper().encode(),
    "base64": base64.b64encode(OCTETS),
    "base64 of a login": base64.b64encode(b"\0al\0" + OCTETS),
    "base64, URL": base64.urlsafe_b64encode(b"x" + OCTETS),
    "quoted-printable": quopri.encodestring(OCTETS, quotetabs=True),
    "percent": urllib.parse.quote(OCTETS, safe="").encode(),
    "hexadecimal": OCTETS.hex().encode(),
    "first half": OCTETS[: len(OCTETS) // 2],
    "second half": OCTETS[len(OCTETS) // 2 :],
    "half of base64": base64.b64encode(OCTETS)[:26],
    "in lines": OCTETS[:9] + b"\r\n " + OCTETS[9:20] + b"\n" + OCTETS[20:],
    "in lines of JSON": OCTETS[:9] + rb"\n" + OCTETS[9:],
}


def search(secret: str = WORD, logged: bytes = b"", **more: Any) -> list[str]:
    proc = more.pop("proc", None)
    asked = {"secrets": {"password": secret}, **more}
    return find_secrets.find(asked, logged, *([proc] if proc else []))


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A process that shows nothing, in place of those of this machine."""
    process = tmp_path / "proc" / "1"
    process.mkdir(parents=True)
    for name in ("cmdline", "environ"):
        (process / name).write_bytes(b"init\0")
    return process.parent


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("place", ["journal", "cmdline", "environ", "tmp"])
def test_secret_is_found(spelling: bytes, place: str, proc: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tmp" / "deep"
    tree.mkdir(parents=True)
    text = b"x=" + spelling + b"; and more"
    if place == "tmp":
        (tree / "file~").write_bytes(text)
    elif place != "journal":
        (proc / "1" / place).write_bytes(text)
    logged = text if place == "journal" else b""
    (line,) = search(logged=logged, paths=[str(tmp_path / "tmp")], proc=proc)
    shown = {"journal": "the journal", "tmp": f"{tree}/file~"}.get(place, f"{place} of a process")
    assert line == f"password is in {shown}"


def test_nothing_is_found_where_nothing_is(proc: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(OTHER, encoding="utf-8")
    text = {"the output": OTHER}
    assert search(paths=[str(tmp_path)], texts=text, proc=proc, logged=OTHER.encode()) == []


def test_secret_may_be_where_it_belongs_alone(proc: Path, tmp_path: Path) -> None:
    for name in ("users", "users~"):
        (tmp_path / name).write_text(HASH, encoding="utf-8")
    but = {str(tmp_path / "users"): ["password"]}
    found = search(HASH.partition("}")[2], paths=[str(tmp_path)], but=but, proc=proc)
    assert found == [f"password is in {tmp_path}/users~"]


def test_link_leads_nowhere(proc: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(WORD, encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "link").symlink_to(tmp_path / "secret")
    assert search(paths=[str(tmp_path / "tmp")], proc=proc) == []


@pytest.mark.parametrize("short", ["", "short"])
def test_secret_that_is_too_short_to_look_for_is_an_error(short: str, proc: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        search(short, proc=proc)


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_private_key_counts_by_what_is_private(kind: str, proc: Path) -> None:
    how = {
        "EC": ("-pkeyopt", "ec_paramgen_curve:P-256"),
        "RSA": ("-pkeyopt", "rsa_keygen_bits:1024"),
    }[kind]
    made = ["openssl", "genpkey", "-quiet", "-algorithm", kind, *how]
    key, other = (subprocess.check_output(made, encoding="ascii") for _key in range(2))
    public = subprocess.check_output(["openssl", "pkey", "-pubout"], input=key, encoding="ascii")
    assert search(key, texts={"the output": f"public {public} and {other}"}, proc=proc) == []
    for text in (key, repr(key), "".join(key.splitlines()[1:-1])):
        assert search(key, texts={"the output": text}, proc=proc) == ["password is in the output"]


def test_planted_secrets_are_distinct_and_long_enough() -> None:
    first, second = find_secrets.planted(), find_secrets.planted()
    assert len({*first.values(), *second.values()}) == 6
    needles = [find_secrets.halves(secret) for secret in first.values()]
    assert all(needles)
    hay = "\n".join(second.values()).encode()
    assert find_secrets.found_in(hay, dict(zip(first, needles, strict=True))) == []


def test_watch_writes_down_what_a_command_and_its_children_show(tmp_path: Path) -> None:
    log = tmp_path / "log"
    # The command ends once its child was seen.
    program = (
        "import pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen(['sleep', '60'], env={{'P': {WORD!r}}})\n"
        f"while b'P=' + {OCTETS!r} not in pathlib.Path({str(log)!r}).read_bytes():\n"
        "    time.sleep(0.01)\n"
        "child.kill()\n"
        "sys.exit(3)\n"
    )
    assert find_secrets.watch(log, [sys.executable, "-c", program]) == 3
    lines = log.read_bytes().splitlines()
    assert b"P=" + OCTETS + b"\0" in lines
    assert any(line.startswith(b"sleep\0") for line in lines)
