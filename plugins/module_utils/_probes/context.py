# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a run, and how jobs for one target are made: what all plans share.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .. import _model, _target
from . import relay_addresses, relay_batches, relay_matrix


class Options(t.NamedTuple):
    """What a run observes.

    groups: of checks. helo: the name in EHLO. stranger: a domain that no target accepts mail for.
    backup: a domain that a target may be a backup MX for. token: what makes names of this run
    unique. login: whether logins that must fail may be tried. guess: whether pairs of user and
    password that everybody knows may be. smuggle: whether the text of a message may be sent.
    deliver: whether test messages are sent later, which then show what DATA would.
    """

    groups: tuple[str, ...] = _model.GROUPS
    helo: str = "airtight.invalid"
    stranger: str = "example.com"
    backup: str = ""
    token: str = "00000000"
    login: bool = False
    guess: bool = False
    smuggle: bool = False
    deliver: bool = False


class ScanContext:
    """One target and the options of the run: makes the jobs that probe it."""

    def __init__(self, target: _target.Target, options: Options) -> None:
        self.target, self.options = target, options

    def known(self, address: str) -> dict[str, str]:
        """The names that relay addresses are filled with at an address."""
        return relay_addresses.names(
            self.target, address, self.options.stranger, self.options.backup, self.options.token
        )

    def job(self, probe: str, service: str, address: str, **params: t.Any) -> _model.Job:
        """A job for a registered service at an address, with the parameters of all probes."""
        known = self.known(address)
        properties = _model.SERVICES[service]
        common = {
            "helo": self.options.helo,
            "server_name": "" if _model.is_address(self.target.name) else self.target.name,
            "protocol": properties.protocol,
            "implicit_tls": properties.implicit_tls,
        }
        if probe == "smtp_session":
            exists = not self.options.stranger.endswith(".invalid")  # RFC 2606 section 2
            sender = relay_addresses.fill("<{user}@{stranger}>", known)
            common["sender"] = sender if exists else "<>"
            common["recipient"] = (
                relay_addresses.fill("<postmaster@{domain}>", known) or "<postmaster>"
            )
            common["unknown"] = relay_addresses.fill("{token}@{domain}", known) or known["token"]
        if probe == "mailstore_session" and self.options.login:
            common["login"] = True
        port = self.target.port(service)
        return _model.Job(probe, self.target.key, service, address, port, {**common, **params})

    def matrix(
        self,
        job: _model.Job,
        state: str,
        scope: str,
        extensions: t.Container[str] = (),
        refusals: int = relay_batches.MAX_REFUSALS,
        **params: t.Any,
    ) -> list[_model.Job]:
        """The relay attempts of a scope in one state of the service of a job, in batches of at most
        so many refusals.
        """
        attempts = relay_matrix.attempts_of(self.known(job.address), scope, extensions)
        params.setdefault("implicit", _model.SERVICES[job.service].implicit_tls)
        return [
            self.job("relay", job.service, job.address, state=state, transactions=batch, **params)
            for batch in relay_batches.batches(attempts, refusals)
        ]
