# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages of the mail flow test go through which service of a target.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import secrets
import typing as t

from .. import _model
from . import messages

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._probes.context import ScanContext

#: What every listener for users is asked; the first of them is asked all.
EACH = ("plain", "sender_nobody", "sender_stranger")
#: Messages for each connection on port 25, most of which may be refused.
TOGETHER = 6


class Jobs(t.NamedTuple):
    """Connections to make to one target: submissions, deliveries, and the look into the mailbox
    afterwards.
    """

    account: str
    out: list[_model.Job]
    into: list[_model.Job]
    back: _model.Job | None


def jobs(
    context: ScanContext, observations: t.Sequence[Observation], params: dict[str, t.Any]
) -> Jobs:
    """What to do, after the sessions that were had."""
    groups, account = context.options.groups, context.target.account
    sessions = {
        service: _reached(observations, service)
        for service in ("smtp", "submissions", "submission", "imaps")
    }
    host = _host(context, sessions)
    params = {**params, "names": {**params["names"], "host": host, "HOST": host.upper()}}
    out = _outgoing(context, sessions, params) if "signing" in groups else []
    into = _incoming(context, sessions["smtp"], params) if "spoofing" in groups else []
    imaps = sessions["imaps"]
    kept = {key: params[key] for key in ("server_name", "account", "since", "rounds")}
    back = (
        context.job("read_back", "imaps", imaps["address"], run=params["names"]["run"], **kept)
        if imaps
        else None
    )
    return Jobs(account, out, into, back)


def _reached(observations: t.Sequence[Observation], service: str) -> Observation | None:
    """The first session with a service that was had."""
    return next(
        (
            one
            for one in observations
            if one["service"] == service and one["probe"].endswith("_session") and one["facts"]
        ),
        None,
    )


def _host(context: ScanContext, sessions: t.Mapping[str, Observation | None]) -> str:
    """The name by which a host is likely to speak of itself: that of its greeting."""
    for observation in sessions.values():
        word = (
            (observation["facts"].get("greeting") or {}).get("text", "").partition(" ")[0]
            if observation and observation["service"] != "imaps"
            else ""
        )
        if _model.is_name(word) and "." in word:
            return word.lower()
    return context.target.name


def _outgoing(
    context: ScanContext, sessions: t.Mapping[str, Observation | None], params: dict[str, t.Any]
) -> list[_model.Job]:
    found: list[_model.Job] = []
    for service in ("submissions", "submission"):
        observation = sessions[service]
        if observation is None:
            continue
        wanted = [
            one.id
            for one in messages.LETTERS
            if one.way == messages.OUT and (not found or one.id in EACH)
        ]
        found.append(_job(context, "submit", observation, wanted, params))
    return found


def _incoming(
    context: ScanContext, observation: Observation | None, params: dict[str, t.Any]
) -> list[_model.Job]:
    wanted = [one.id for one in messages.LETTERS if one.way == messages.IN]
    if not params["names"]["forbidding"]:
        wanted.remove("forbidden_sender")
    parts = [wanted[at : at + TOGETHER] for at in range(0, len(wanted), TOGETHER)]
    return (
        [_job(context, "spoof", observation, part, params) for part in parts] if observation else []
    )


def _job(
    context: ScanContext,
    probe: str,
    observation: Observation,
    wanted: t.Sequence[str],
    params: dict[str, t.Any],
) -> _model.Job:
    entries = [{"id": name, "token": "airtight-" + secrets.token_hex(6)} for name in wanted]
    kept = {key: params[key] for key in ("server_name", "account", "names", "date")}
    return context.job(
        probe, observation["service"], observation["address"], letters=entries, **kept
    )
