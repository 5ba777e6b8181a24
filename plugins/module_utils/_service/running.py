# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a service to run with what lies on the disk; what is found decides, not what was done.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .certificate import stale_ports
from .units import Run, ServiceError, Unit, newer_files, read_unit, stale_copies


@dataclass(frozen=True)
class Wanted:
    """A service as it has to be.

    boot_unit: the unit that is started at boot in its place. files: read at a reload.
    restart_files: read at the start only. copied_files: copied into the directory copied_to at the
    start. check: a command that must succeed after a start or a reload.
    """

    unit: str
    enabled: bool | None = None
    boot_unit: str | None = None
    state: str = "started"
    files: t.Sequence[str] = ()
    restart_files: t.Sequence[str] = ()
    copied_files: t.Sequence[str] = ()
    copied_to: str | None = None
    check: t.Sequence[str] = ()
    certificate_file: str | None = None
    certificate_ports: t.Sequence[t.Mapping[str, t.Any]] = ()

    def stale_ports(self) -> list[int]:
        """The ports that serve another certificate than the file has."""
        file, ports = self.certificate_file, self.certificate_ports
        return stale_ports(file, ports) if file is not None else []


@dataclass(frozen=True)
class Step:
    """One command of systemctl, and why it is needed."""

    verb: str
    reason: str

    def argv(self, wanted: Wanted) -> list[str]:
        """The command. A service that cannot reload is restarted."""
        if self.verb == "daemon-reload":
            return ["systemctl", self.verb]
        if self.verb in ("enable", "disable"):
            return ["systemctl", self.verb, wanted.boot_unit or wanted.unit]
        return [
            "systemctl",
            "reload-or-restart" if self.verb == "reload" else self.verb,
            wanted.unit,
        ]


def _refresh(wanted: Wanted, unit: Unit) -> list[Step]:
    """How a running service comes to run with what lies on the disk."""
    replaced = newer_files([*wanted.restart_files, *unit.unit_files], unit.started)
    replaced += stale_copies(wanted.copied_files, wanted.copied_to)
    if replaced or unit.outdated:
        return [Step("restart", f"changed since its start: {', '.join(replaced) or 'its unit'}")]
    replaced = newer_files(wanted.files, unit.loaded)
    if replaced:
        return [Step("reload", f"changed since it read them: {', '.join(replaced)}")]
    ports = wanted.stale_ports()
    if ports:
        served = ", ".join(str(port) for port in ports)
        return [Step("reload", f"another certificate than the file has on port {served}")]
    return []


def steps(wanted: Wanted, unit: Unit, enabled: bool) -> list[Step]:
    """What has to be done, in this order. enabled: whether the service starts at boot."""
    found = []
    if unit.outdated:
        found.append(Step("daemon-reload", "its unit file changed"))
    if wanted.enabled is not None and wanted.enabled != enabled:
        verb = "enable" if wanted.enabled else "disable"
        found.append(Step(verb, f"has to be {verb}d"))
    if wanted.state == "stopped":
        return [*found, Step("stop", "runs")] if unit.active else found
    if unit.active:
        return found + _refresh(wanted, unit)
    return [*found, Step("start", "does not run")] if wanted.state == "started" else found


def _apply(wanted: Wanted, step: Step, run: Run) -> None:
    """Take one step; raises ServiceError with what systemd and the log say where it fails."""
    code, out, err = run(step.argv(wanted))
    if code == 0 and step.verb in ("start", "restart", "reload"):
        code, out, err = run(["systemctl", "is-active", wanted.unit])
    if code != 0:
        log = run(["journalctl", "-u", wanted.unit, "-n", "12", "-o", "cat", "--no-pager"])[1]
        told = " ".join(f"{err.strip() or out.strip()} Its log ends: {log}".split())
        raise ServiceError(f"systemctl {step.verb} {wanted.unit} failed: {told}")


def _prove(wanted: Wanted, verbs: t.Sequence[str], run: Run) -> None:
    """Check that the service works after the steps; raises ServiceError where it does not."""
    if wanted.check and {"start", "restart", "reload"} & set(verbs):
        code, out, err = run(list(wanted.check))
        if code != 0:
            stopped = "start" in verbs
            if stopped:
                run(["systemctl", "stop", wanted.unit])
            told = " ".join((err or out).split())
            then = " It was stopped again." if stopped else ""
            raise ServiceError(f"{wanted.unit} does not work: {told}{then}")
    ports = wanted.stale_ports()
    if ports:
        served = ", ".join(str(port) for port in ports)
        raise ServiceError(
            f"{wanted.unit} still serves another certificate than {wanted.certificate_file} has, on"
            f" port {served}; its log says why."
        )


def run_service(wanted: Wanted, run: Run, dry_run: bool) -> list[Step]:
    """Bring the service into the state; returns the steps that were taken, or would be."""
    unit = read_unit(wanted.unit, run)
    if not unit.exists and not dry_run:
        if wanted.state == "started":
            raise ServiceError(f"{wanted.unit} is not installed on this host, or is masked.")
        return []
    boot_unit = read_unit(wanted.boot_unit, run) if wanted.boot_unit else unit
    found = steps(wanted, unit, boot_unit.enabled)
    if dry_run:
        return found
    for step in found:
        _apply(wanted, step, run)
    if found:
        _prove(wanted, [step.verb for step in found], run)
    return found
