#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Builds the artefact and takes it through what happens to it elsewhere, below .cache/build and
without a network.

Its files are those of the repository and no others; installed, it shows its documentation, starts
its playbooks and audits; and Galaxy's own importer has nothing to say against it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".cache/build"
COLLECTION = "airtight.mail"
SHIPPED = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "COPYING",
    "LICENSES",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
MADE_BY_GALAXY = {"FILES.json", "MANIFEST.json"}
DOCUMENTED = ("filter", "inventory", "lookup", "module", "test")


def environment(*first_on_path: Path) -> dict[str, str]:
    """One in which nothing reaches this user's own Ansible."""
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "installed"),
        "ANSIBLE_HOME": str(BUILD / "home/.ansible"),
        "HOME": str(BUILD / "home"),
        "PATH": ":".join([*map(str, first_on_path), os.environ["PATH"]]),
    }


def run(
    *argv: str | Path, path: Iterable[Path] = (), cwd: Path = BUILD
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, capture_output=True, cwd=cwd, encoding="utf-8", env=environment(*path), check=False
    )


def must(*argv: str | Path, cwd: Path = BUILD) -> str:
    done = run(*argv, cwd=cwd)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, argv))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def build() -> Path:
    shutil.rmtree(BUILD, ignore_errors=True)
    (BUILD / "home").mkdir(parents=True)
    must("ansible-galaxy", "collection", "build", "--output-path", BUILD, ROOT)
    (artefact,) = BUILD.glob("*.tar.gz")
    must(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "--no-deps",
        "--collections-path",
        BUILD / "installed",
        artefact,
    )
    return artefact


def complaints_about_files(artefact: Path) -> Iterable[str]:
    listed = must(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT
    ).split("\0")
    ours = {name for name in listed if name.partition("/")[0] in SHIPPED and (ROOT / name).exists()}
    with tarfile.open(artefact) as archive:
        packed = {member.name for member in archive if not member.isdir()} - MADE_BY_GALAXY
    yield from (f"{name} is in the artefact and should not be" for name in sorted(packed - ours))
    yield from (f"{name} is not in the artefact" for name in sorted(ours - packed))


def complaints_about_docs(_artefact: Path) -> Iterable[str]:
    dump = json.loads(must("ansible-doc", "--metadata-dump", COLLECTION))["all"]
    names = {
        kind: {path.stem for path in ROOT.glob(f"plugins/{kind}/[!_]*.py")} for kind in DOCUMENTED
    }
    names["module"] = {path.stem for path in ROOT.glob("plugins/modules/[!_]*.py")}
    names["role"] = {path.name for path in ROOT.glob("roles/[!_]*")}
    for kind, expected in names.items():
        for name in sorted(expected):
            text = dump[kind].get(f"{COLLECTION}.{name}")
            if not text or "error" in text:
                yield f"ansible-doc shows no documentation of the {kind} {name}: {text}"
        yield from (
            f"ansible-doc shows a {kind} {name} that has no file"
            for name in dump[kind]
            if stem(name) not in expected
        )


def stem(name: str) -> str:
    return name.rpartition(".")[2]


def complaints_about_playbooks(_artefact: Path) -> Iterable[str]:
    for path in sorted(ROOT.glob("playbooks/*.yml")):
        done = run(
            "ansible-playbook",
            "--syntax-check",
            "--inventory",
            "localhost,",
            f"{COLLECTION}.{path.stem}",
        )
        if done.returncode:
            yield f"the installed {COLLECTION}.{path.stem} does not start: {done.stderr}"


def complaints_about_an_audit(_artefact: Path) -> Iterable[str]:
    """A name without an address, so that nothing is connected to: it must be judged, reported, and
    not be called in order.
    """
    folder = BUILD / "report"
    options = json.dumps({"audit_report_dir": str(folder)})
    done = run(
        "ansible-playbook",
        "--inventory",
        "nowhere.invalid,",
        "--extra-vars",
        options,
        f"{COLLECTION}.audit",
    )
    statuses = {
        verdict["status"]
        for verdict in json.loads((folder / "report.json").read_text(encoding="utf-8"))["verdicts"]
    }
    if done.returncode == 0 or not {"unknown"} <= statuses <= {"unknown", "not_applicable"}:
        yield (
            f"the installed {COLLECTION}.audit calls a host that does not exist "
            f"{', '.join(sorted(statuses))}: {done.stdout}"
        )


def complaints_of_galaxy(artefact: Path) -> Iterable[str]:
    tools = ROOT / ".venv-galaxy/bin"
    done = run(tools / "python", "-m", "galaxy_importer.main", artefact, path=[tools])
    output = done.stdout + done.stderr
    (BUILD / "importer.log").write_text(output, encoding="utf-8")
    yield from (line for line in output.splitlines() if line.startswith(("ERROR", "WARNING")))
    if done.returncode:
        yield f"galaxy-importer ended with {done.returncode}, see {BUILD / 'importer.log'}"


STEPS: tuple[tuple[str, Callable[[Path], Iterable[str]]], ...] = (
    ("its files", complaints_about_files),
    ("the documentation of the installed copy", complaints_about_docs),
    ("the playbooks of the installed copy", complaints_about_playbooks),
    ("an audit by the installed copy", complaints_about_an_audit),
    ("the import by Galaxy", complaints_of_galaxy),
)


def main() -> int:
    artefact = build()
    failed = False
    for what, complaints in STEPS:
        found = list(complaints(artefact))
        failed = failed or bool(found)
        print(f"{artefact.name}, {what}: {'refused' if found else 'good'}")
        print("".join(f"  {line}\n" for line in found), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
