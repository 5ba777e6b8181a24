# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the groups smuggling and conformance ask of a session that was reached: jobs out of facts.

Data in, jobs out: opens nothing and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._protocols import smtp_reply_text
from . import relay_addresses
from . import smuggling as smuggle

if t.TYPE_CHECKING:
    from .. import _model
    from .context import ScanContext


def smuggling(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """Messages with sequences that a server might take for their end, on port 25, with an opt-
    in.
    """
    if not context.options.smuggle or job.service != "smtp" or "mail_in_clear" not in facts:
        return []
    params = {"recipient": job.params["recipient"], "tls": needs_tls(facts)}
    messages = [
        context.job("smuggle", job.service, job.address, variants=variants, **params)
        for variants in smuggle.batches()
    ]
    return [*messages, context.job("smuggle_sync", job.service, job.address, **params)]


#: Two unknown users and two strangers: what the rejection of another recipient is compared with.
_CONTROL = {
    "stranger": "<{user}@{stranger}>",
    "unknown": "<{token}@{domain}>",
    "second_stranger": "<{token}@{stranger}>",
    "second_unknown": "<{second}@{domain}>",
}


def conformance(context: ScanContext, job: _model.Job, facts: dict[str, t.Any]) -> list[_model.Job]:
    """The conformance probes on port 25, each in a session of its own, because a server may
    close one.
    """
    if job.service != "smtp" or "mail_in_clear" not in facts:
        return []
    known = relay_addresses.names(
        context.target,
        job.address,
        context.options.stranger,
        context.options.backup,
        context.options.token,
    )
    wanted = {
        "bare": "<postmaster>",
        "postmaster": "<postmaster@{domain}>",
        "abuse": "<abuse@{domain}>",
        **_CONTROL,
    }
    paths = {name: relay_addresses.fill(pattern, known) for name, pattern in wanted.items()}
    recipients = (
        {name: path for name, path in paths.items() if path}
        if paths["postmaster"]
        else {"postmaster": "<postmaster>"}
    )
    manners_of = {
        "recipients": recipients,
        "stranger": context.options.stranger,
        "tls": needs_tls(facts),
    }
    return [
        context.job("smtp_conformance", job.service, job.address, **manners_of),
        context.job("smtp_commands", job.service, job.address),
        context.job("smtp_http", job.service, job.address, sender=job.params["sender"]),
    ]


def needs_tls(facts: dict[str, t.Any]) -> bool:
    """Whether the server accepts mail inside TLS only, as far as a session showed; some servers
    say so at RCPT.
    """
    refused = facts.get("mail_in_clear", {}).get("code", 250) >= 400
    return "tls" in facts and (refused or smtp_reply_text.wants_tls(facts.get("rcpt_in_clear")))
