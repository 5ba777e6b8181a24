# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an external client meets in Exim before its ACL for recipients: where everybody is rejected
at the connection, at HELO or at MAIL, no recipient is ever considered (Exim specification, chapter
44).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import exim as host_exim
from .postfix_scope import LOOPBACK, REJECTS_RELAYING, RELAYS, UNDECIDED, Outcome

if t.TYPE_CHECKING:
    from .base import Network
    from .exim import Lists

#: The ACLs before that for recipients, in the order in which Exim runs them.
ACLS = ("acl_smtp_connect", "acl_smtp_helo", "acl_smtp_mail")
#: The clients that have to say HELO; others avoid the ACL for it.
_REQUIRE_HELO = "hosts_require_helo"
#: The clients that are rejected before any ACL is run.
_REJECT = "host_reject_connection"
Exim = t.Mapping[str, t.Any]


def relay_outcome(exim: Exim, trusted: t.Sequence[Network] = LOOPBACK) -> Outcome:
    """What Exim does for an external client that wants to relay. trusted: the networks that are
    the host's own or declared. What decided before the ACL for recipients is named by its option.
    """
    recipients = host_exim.acl_outcome(exim, trusted)
    if recipients.state == REJECTS_RELAYING:
        return recipients
    lists = host_exim.lists_of(exim, trusted)
    stopped = [_rejected_connection(exim, lists), *(_before(exim, name, lists) for name in ACLS)]
    found = [outcome for outcome in stopped if outcome]
    rejecting = [outcome for outcome in found if outcome.state == REJECTS_RELAYING]
    undecided = [] if recipients.state == UNDECIDED else found
    return [*rejecting, *undecided, recipients][0]


def _rejected_connection(exim: Exim, lists: Lists) -> Outcome | None:
    """What the option that rejects connections does; None where strangers pass."""
    states = {host_exim.YES: REJECTS_RELAYING, host_exim.UNKNOWN: UNDECIDED}
    state = states.get(_has_strangers(exim, _REJECT, lists))
    return Outcome(state, f"{_REJECT} = {exim['settings'][_REJECT]}", (_REJECT,)) if state else None


def _before(exim: Exim, option: str, lists: Lists) -> Outcome | None:
    """What an ACL before that for recipients does; None where strangers pass, as they do where it
    is not set.
    """
    name = exim["settings"].get(option)
    required = _has_strangers(exim, _REQUIRE_HELO, lists)
    if not name or (option == "acl_smtp_helo" and required != host_exim.YES):
        return None
    statements = exim.get("acls_before", {}).get(option)
    if not statements:
        return Outcome(UNDECIDED, f"the ACL {name} was not found", (option,))
    if option != "acl_smtp_mail":  # nobody is authenticated so early
        lists = lists._replace(logins=())
    outcome = host_exim.statements_outcome(statements, lists)
    passes = outcome.state == RELAYS
    return None if passes else Outcome(outcome.state, f"{option}: {outcome.reason}", (option,))


def _has_strangers(exim: Exim, option: str, lists: Lists) -> str:
    """Whether strangers are in the list of hosts of an option."""
    value = exim["settings"].get(option)
    return host_exim.list_holds("hosts", value, lists) if value else host_exim.NO


def lines(exim: Exim) -> list[tuple[str, str]]:
    """The statements of the ACLs before that for recipients, each with the option that names it."""
    settings = exim["settings"]
    found = [(_REJECT, f"{_REJECT} = {settings[_REJECT]}")] if settings.get(_REJECT) else []
    for option, statements in exim.get("acls_before", {}).items():
        found += [(option, f"{option}: {' '.join(statement)}") for statement in statements]
    return found
