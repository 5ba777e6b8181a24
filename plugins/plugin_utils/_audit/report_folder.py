# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that an auditing task writes: one for each form, all in one folder, of one run. A form
may have a page for each host in a folder beside it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._report import formats, grouping

VERSION = "0.1.0"
DEFAULT_FORMS = ("json", "text", "html")


Observations = t.Iterable[_model.Observation]


class Written(t.NamedTuple):
    """files: the reports that are complete. problems: why a form could not be written, by its file
    name.
    """

    files: list[str]
    problems: dict[str, str]

    def returned(self, folder: ReportFolder) -> dict[str, t.Any]:
        """What the task returns; a form that could not be written fails it."""
        paths = [str(folder.path / name) for name in self.files]
        if not self.problems:
            return {"reports": paths}
        lost = "; ".join(f"{name} ({reason})" for name, reason in self.problems.items())
        message = f"Not written to {folder.path}: {lost}. All other forms are complete."
        return {"reports": paths, "failed": True, "msg": message}


def report_folder(args: t.Mapping[str, t.Any]) -> ReportFolder | None:
    """The folder of the reports, where a task writes some."""
    path = args.get("report_dir")
    return ReportFolder(path, args["report_forms"]) if path else None


class ReportFolder:
    """A folder that holds the reports of one run."""

    def __init__(self, path: str, forms: t.Sequence[str]) -> None:
        self.path = Path(path).absolute()
        self.forms = tuple(dict.fromkeys(forms))

    def prepare(self) -> None:
        """Make the folder and remove the reports of an earlier run; raises ModelError."""
        try:
            self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
            for name in formats.FILES.values():
                (self.path / name).unlink(missing_ok=True)
            for name in formats.FOLDERS.values():
                _remove_pages(self.path / name)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as exc:
            raise _model.ModelError(
                f"report_dir: {self.path} cannot hold the reports ({exc.strerror}); name a folder "
                "that you may write to."
            ) from exc

    def write(
        self,
        verdicts: t.Sequence[grouping.Verdict],
        run: t.Mapping[str, t.Any],
        observations: Observations,
    ) -> Written:
        """Write each form. One that cannot be made or written costs no other."""
        done = Written([], {})
        for form in self.forms:
            name = formats.FILES[form]
            try:
                self._write_form(form, verdicts, run, observations)
            except OSError as exc:
                done.problems[name] = exc.strerror or str(exc)
            except Exception as exc:
                done.problems[name] = _model.exception_text(exc)
            else:
                done.files.append(name)
        return done

    def _write_form(
        self,
        form: str,
        verdicts: t.Sequence[grouping.Verdict],
        run: t.Mapping[str, t.Any],
        observations: Observations,
    ) -> None:
        """Write the pages of the hosts, where there are some, then the file that links to them."""
        pages = formats.pages(form, verdicts, run)
        first = next(pages, None)
        folder = formats.FOLDERS[form] if first else ""
        if first:
            _write_folder(self.path / folder, itertools.chain([first], pages))
        try:
            parts = formats.parts(form, verdicts, run, observations, True, folder)
            write_file(self.path / formats.FILES[form], parts)
        except BaseException:
            if folder:
                _remove_pages(self.path / folder)
            raise


def write_file(path: Path, parts: t.Iterable[str]) -> None:
    """Write one file, whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.writelines(parts)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _write_folder(path: Path, pages: t.Iterable[tuple[str, str]]) -> None:
    """Write a folder of pages, one after the other; all of them or none."""
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        for name, text in pages:
            write_file(temporary / name, [text])
        temporary.chmod(0o755)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _remove_pages(path: Path) -> None:
    """Remove a folder of pages; raises OSError where something else is in it."""
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        for page in path.glob("*.html"):
            page.unlink()
        path.rmdir()


def run_facts(vantage: str, policies: t.Iterable[str], now: datetime.datetime) -> dict[str, t.Any]:
    """What a report says of the run, without its outcome."""
    return {
        "tool": "airtight.mail",
        "version": VERSION,
        "written": now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vantage": vantage,
        "policy": ", ".join(dict.fromkeys(policies)),
    }
