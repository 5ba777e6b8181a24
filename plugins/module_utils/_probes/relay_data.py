# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accepted recipients are tried again up to DATA, and the control beside them: jobs out of
facts.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import relay_addresses

if t.TYPE_CHECKING:
    from .. import _model

#: The forms that are tried up to DATA where they were accepted.
_FOR_DATA = {
    name for name, form in relay_addresses.EVERY_FORM.items() if form.kind != relay_addresses.LOCAL
}
#: Recipients of the host's own that are a control of DATA. Postmaster is none, since hosts exempt
#: it from their blocks (RFC 5321 section 4.5.1).
OWN = ("own_user", "unknown_at_host", "unknown_at_domain", "second_unknown_at_domain")


def jobs(
    job: _model.Job, facts: t.Mapping[str, t.Any], with_messages: bool = False
) -> list[_model.Job]:
    """A job up to DATA for what was accepted of a stranger, each in a transaction of its own; and
    beside the plain one for an accepted recipient of the host's own, alone: 354 ends the
    connection. with_messages: whether messages will show what becomes of the former; then one of
    the latter is enough.
    """
    accepted = {
        (entry["helo"], entry["sender"], entry["form"])
        for entry in facts.get("attempts", ())
        if entry["phase"] == "rcpt" and (entry["reply"] or {}).get("code", 0) // 100 == 2
    }
    transactions, own = [], []
    for entry in job.params["transactions"]:
        state = (entry.get("helo", ""), entry["sender_id"])
        taken = [item for item in entry["recipients"] if (*state, item["form"]) in accepted]
        strangers = [item for item in taken if relay_addresses.base(item["form"]) in _FOR_DATA]
        known = [item for item in taken if relay_addresses.base(item["form"]) in OWN]
        transactions += [{**entry, "recipients": [item]} for item in strangers]
        if known and any(item["form"] == "plain" for item in strangers):
            own.append([{**entry, "recipients": known[:1]}])
    if not transactions or job.params.get("login"):
        return []
    parts = own[:1] if with_messages else [transactions, *own]
    return [
        job._replace(params={**job.params, "transactions": part, "data": True, "retry": True})
        for part in parts
    ]
