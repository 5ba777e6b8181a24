# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs are repeated after a deferral, such as greylisting: jobs out of observations.

One connection for each endpoint goes first, because a second round would be wasted on a server that
defers everything for longer. Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t
from itertools import starmap

from .. import _model
from .._protocols import smtp_reply_text

if t.TYPE_CHECKING:
    from .._model import Observation

#: Seconds until the next time, where the server does not say when to come back.
DELAY = 6.0

Reply = t.Optional[t.Mapping[str, t.Any]]
Key = t.Tuple[str, str, str]
#: Where other probes than relay keep their answers to MAIL and RCPT.
_READ = {"smtp_session": ("mail_in_clear", "rcpt_in_clear"), "smtp_conformance": ("mail", "rcpt")}
#: What is asked again in part only, and then stands beside what was seen first.
_ADDED = ("relay", "client_identity")
#: The sender's domain was not found (RFC 3463 section 3.2), which other attempts under it may have
#: passed: the server asks the DNS anew.
_NO_DOMAIN = "5.1.8"


def retry_job(observation: Observation) -> _model.Job | None:
    """The job that repeats an observation, of a relay probe for the deferred recipients alone;
    None where nothing was deferred.
    """
    lost = observation["probe"] == "client_identity" and any(
        reply and reply["enhanced"] == _NO_DOMAIN for _phase, reply in _replies(observation)
    )
    if not (lost or any(starmap(smtp_reply_text.is_deferred, _replies(observation)))):
        return None
    params = {**observation["params"], "retry": True}
    if observation["probe"] == "relay":
        params["transactions"] = _deferred_transactions(observation)
    if observation["probe"] == "client_identity":
        params["parts"] = _late_parts(observation)
    return _model.Job(
        observation["probe"],
        observation["target"],
        observation["service"],
        observation["address"],
        observation["port"],
        params,
    )


def _deferred_transactions(observation: Observation) -> list[dict[str, t.Any]]:
    """The transactions with the deferred recipients alone, one for each: a server may take one
    recipient at a time, and defer the others.
    """
    late = {
        (attempt["helo"], attempt["sender"], attempt["form"])
        for attempt in observation["facts"]["attempts"]
        if smtp_reply_text.is_deferred(attempt["phase"], attempt["reply"])
    }
    return [
        {**entry, "recipients": [item]}
        for entry in observation["params"]["transactions"]
        for item in entry["recipients"]
        if (entry["helo"], entry["sender_id"], item["form"]) in late
    ]


def _late_parts(observation: Observation) -> list[str]:
    """The parts of the probe client_identity that are asked again: those whose recipient or sender
    was deferred, and what hangs on them.
    """
    late = [
        part
        for part, phase, reply in _identity_replies(observation)
        if smtp_reply_text.is_deferred(phase, reply) or (reply or {}).get("enhanced") == _NO_DOMAIN
    ]
    return [*late, "pipelined", "chunked"] if "refused" in late else late


def _identity_replies(observation: Observation) -> list[tuple[str, str, Reply]]:
    """The part, the phase and the reply that decides it, of two parts of the probe."""
    found: list[tuple[str, str, Reply]] = []
    for part, recipient in (("refused", "rcpt"), ("mixed", "local")):
        replies = observation["facts"].get(part) or {}
        if recipient in replies:
            found.append((part, "rcpt", replies[recipient]))
        elif "mail" in replies:
            found.append((part, "mail", replies["mail"]))
    return found


def wait(observations: t.Iterable[Observation]) -> float:
    """Seconds to wait before the deferred commands are repeated."""
    late = [
        reply
        for observation in observations
        for phase, reply in _replies(observation)
        if smtp_reply_text.is_deferred(phase, reply)
    ]
    return max([DELAY] + [smtp_reply_text.retry_after(reply) for reply in late if reply])


def merged(
    observations: t.Iterable[Observation], second: t.Sequence[Observation]
) -> list[Observation]:
    """All observations; a repeated session replaces the first one, repeated relay attempts are
    added to it.
    """
    new = {
        _session_key(entry)
        for entry in second
        if entry["probe"] not in _ADDED and not entry["error"]
    }
    return [entry for entry in observations if _session_key(entry) not in new] + [
        entry for entry in second if entry["probe"] in _ADDED or _session_key(entry) in new
    ]


def endpoint(job: _model.Job) -> Key:
    """The target, service and address of a job."""
    return job.target, job.service, job.address


def by_endpoint(
    pairs: t.Iterable[tuple[Observation, _model.Job]],
) -> list[list[tuple[Observation, _model.Job]]]:
    """Observations and the jobs that repeat them, those of each endpoint together."""
    found: dict[Key, list[tuple[Observation, _model.Job]]] = {}
    for observation, job in pairs:
        found.setdefault(endpoint(job), []).append((observation, job))
    return list(found.values())


def answered(observation: Observation) -> bool:
    """Whether a repeated session got any reply but another deferral."""
    replies = _replies(observation)
    return (
        not observation["error"]
        and bool(replies)
        and not all(starmap(smtp_reply_text.is_deferred, replies))
    )


def _replies(observation: Observation) -> list[tuple[str, Reply]]:
    """The last answer to each recipient, with the phase that it came in; where MAIL was refused,
    that.
    """
    facts = observation["facts"]
    if observation["probe"] == "relay":
        return [(attempt["phase"], attempt["reply"]) for attempt in facts.get("attempts", ())]
    if observation["probe"] == "client_identity":
        return [(phase, reply) for _part, phase, reply in _identity_replies(observation)]
    mail, recipients = _READ.get(observation["probe"], ("", ""))
    found = facts.get(recipients)
    answers = (
        list(found.values())
        if observation["probe"] == "smtp_conformance" and found
        else [found]
        if found
        else []
    )
    return [("rcpt", reply) for reply in answers] or [("mail", facts.get(mail))]


def _session_key(observation: Observation) -> tuple[str, ...]:
    return (
        observation["probe"],
        observation["target"],
        observation["service"],
        observation["address"],
        str(observation["params"].get("implicit_tls")),
    )
