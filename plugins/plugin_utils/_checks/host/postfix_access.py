# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists of restrictions of Postfix do for an external client that wants to relay.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    is_table,
    split_list,
    table_kind,
    table_of,
)

from .postfix_scope import (
    LARGEST_TRUSTED,
    MAY_REJECT,
    REJECTS_ALL,
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
    Outcome,
    Scope,
    domain_match,
    key_network,
    listed_networks,
    network_match,
)
from .postfix_tables import access_outcome, client_keys, result_outcome

_LISTS = {
    name: f"smtpd_{name}_restrictions"
    for name in ("client", "helo", "sender", "relay", "recipient")
}
RESTRICTION_PARAMETERS = tuple(_LISTS.values())
#: How the names of restrictions about a recipient begin.
_RECIPIENT = ("check_recipient_", "reject_unauth_", "defer_unauth_", "check_relay_domains")
#: What is not known yet, and so not looked up, where smtpd_delay_reject is no: by the list that is
#: evaluated at once, how the names of restrictions begin.
EARLY_LISTS = {
    "client": ("check_helo_", "check_sender_", *_RECIPIENT),
    "helo": ("check_sender_", *_RECIPIENT),
    "sender": _RECIPIENT,
}
#: Lists that are evaluated after all recipients: only what rejects everything counts. Of several
#: recipients none is looked up.
LATE_PARAMETERS = ("smtpd_data_restrictions", "smtpd_end_of_data_restrictions")
_TAKES_ARGUMENT = re.compile(r"^(check_\w+|reject_(rbl|rhsbl)_\w+|permit_(dnswl|rhswl)_\w+|sleep)$")
#: An obsolete restriction that has no argument.
_WITHOUT_ARGUMENT = ("check_relay_domains",)
_REJECTS_ALL = ("reject", "defer", "defer_if_permit")
_REJECTS_RELAYING = (
    "reject_unauth_destination",
    "defer_unauth_destination",
    "check_relay_domains",
)
_PERMITS = {
    "permit": "permit accepts every client",
    "permit_tls_all_clientcerts": (
        "permit_tls_all_clientcerts permits every client certificate, and anybody can create one"
    ),
    "permit_naked_ip_address": (
        "permit_naked_ip_address permits clients whose HELO is a bare address"
    ),
    "permit_dnswl_client": "permit_dnswl_client permits clients on an allowlist of others",
    "permit_rhswl_client": "permit_rhswl_client permits clients on an allowlist of others",
}
#: Names of restrictions that permit no external client.
_HARMLESS = re.compile(
    r"^(reject|defer)_\w+$|^(permit_(mynetworks|sasl_authenticated|inet_interfaces|tls_clientcerts"
    r"|auth_destination|mx_backup)|sleep|check_etrn_access|check_recipient_maps)$"
)
_ACCESS = re.compile(
    r"^check_((client|helo|sender|recipient|reverse_client_hostname)(_(a|mx|ns))?|ccert|sasl|etrn)"
    r"(_hostname)?_access$"
)
#: How many restriction classes may name one another.
MAX_CLASS_DEPTH = 20


class Restriction(t.NamedTuple):
    """A restriction of a list, with its argument. warns: a rejection is only logged."""

    name: str
    argument: str
    warns: bool


def restrictions(text: str) -> t.Iterator[Restriction]:
    """The restrictions of a list. Postfix compares their names without case."""
    queue = split_list(text)
    while queue:
        restriction = queue.pop(0)
        warns = restriction.lower() == "warn_if_reject" and bool(queue)
        if warns:
            restriction = queue.pop(0)
        lowered = restriction.lower()
        takes = _TAKES_ARGUMENT.match(lowered) and lowered not in _WITHOUT_ARGUMENT
        argument = queue.pop(0) if takes and queue else ""
        yield Restriction(restriction, argument, warns)


def restriction_outcome(entry: Restriction, scope: Scope, depth: int) -> Outcome | None:
    """What one restriction does for an external client; None where the next one decides."""
    outcome = _decision(entry.name, entry.argument, scope, depth)
    rejects = outcome and outcome.state in (REJECTS_ALL, REJECTS_RELAYING, MAY_REJECT)
    return None if entry.warns and rejects else outcome


def _decision(restriction: str, argument: str, scope: Scope, depth: int) -> Outcome | None:
    """What a restriction decides for an external client, where it does not only warn."""
    name = restriction.lower()
    if name.startswith(scope.not_yet):
        return None
    if name in _REJECTS_ALL:
        return Outcome(REJECTS_ALL, restriction)
    if name in _REJECTS_RELAYING:
        return _destination_outcome(restriction, scope)
    if name == "check_policy_service":
        return Outcome(UNDECIDED, f"check_policy_service {argument} can permit any client")
    if _ACCESS.match(name):
        return access_outcome(name, argument, scope, _follow(scope, depth))
    if is_table(restriction):
        return access_outcome(scope.bare_table, restriction, scope, _follow(scope, depth))
    if name in _PERMITS or _HARMLESS.match(name):
        return _permit_outcome(name, scope)
    classes = split_list(scope.value("smtpd_restriction_classes"))
    if restriction in classes and restriction in scope.values:
        # Within a class, the class itself decides nothing.
        inner = scope._replace(values={**scope.values, restriction: ""})
        return _list_or_none(scope.values[restriction], inner, depth)
    return Outcome(UNDECIDED, f"the restriction {restriction} is not known")


def _follow(scope: Scope, depth: int) -> t.Callable[[str], Outcome | None]:
    """What a result of a table does."""

    def follow(result: str) -> Outcome | None:
        return result_outcome(result, lambda text: _list_or_none(text, scope, depth))

    return follow


def _list_or_none(text: str, scope: Scope, depth: int) -> Outcome | None:
    """What a restriction class does; None where it decides nothing."""
    if depth >= MAX_CLASS_DEPTH:
        reason = f"restriction classes name one another more than {MAX_CLASS_DEPTH} levels deep"
        return Outcome(UNDECIDED, reason)
    inner = list_outcome(text, scope, depth + 1)
    return inner if inner.reason else None


def _destination_outcome(restriction: str, scope: Scope) -> Outcome | None:
    """What a test of the recipient's domain does: nothing where strangers' domains count as own."""
    found = domain_match(scope.value("relay_domains"), scope, below=True)
    if found.state == RELAYS:
        return None
    decided_by: tuple[str, ...] = ("relay_domains",)
    if not found.state:
        for name in ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains"):
            own = domain_match(scope.value(name), scope)
            if own.state == RELAYS:
                found, decided_by = own, (name,)
    if found.state:
        reason = f"{decided_by[0]} has {found.member}, which may stand for a stranger's domain"
        return Outcome(MAY_REJECT, reason, decided_by)
    return Outcome(REJECTS_RELAYING, restriction)


def relays_for_all_domains(scope: Scope) -> Outcome | None:
    """The outcome where relay_domains has the domains of strangers."""
    found = domain_match(scope.value("relay_domains"), scope, below=True)
    if found.state != RELAYS:
        return None
    reason = f"relay_domains has {found.member}, which stands for domains of strangers"
    return Outcome(RELAYS, reason, ("relay_domains",))


def _permit_outcome(name: str, scope: Scope) -> Outcome | None:
    """What a restriction that permits does for an external client; None where it permits none."""
    if name in _PERMITS:
        return Outcome(RELAYS, _PERMITS[name])
    if name == "permit_mx_backup":
        return _mx_backup_outcome(scope)
    if name == "permit_auth_destination":
        return relays_for_all_domains(scope)
    if name == "permit_mynetworks" and not scope.client:
        found = network_match(scope.value("mynetworks"), scope)
        reason = f"permit_mynetworks permits {found.member} (mynetworks), which has strangers"
        if found.state == UNDECIDED:
            reason = f"{found.member} in mynetworks cannot be read"
        return Outcome(found.state, reason, ("mynetworks",)) if found.state else None
    if name == "permit_tls_clientcerts":
        table = scope.value("relay_clientcerts")
        return _certificates_outcome(table, scope)
    return None


def _mx_backup_outcome(scope: Scope) -> Outcome | None:
    """What permit_mx_backup does: it relays to every domain whose MX records name this host, where
    no list limits who its first MX host may be.
    """
    decided_by = ("permit_mx_backup_networks",)
    reason = "permit_mx_backup relays to every domain whose MX record names this host"
    listed = scope.value("permit_mx_backup_networks")
    if not listed:
        return Outcome(RELAYS, reason, decided_by)
    found, others = listed_networks(listed, scope)
    wide = [str(entry) for entry in found if entry.prefixlen <= LARGEST_TRUSTED[entry.version]]
    if wide:
        reason += f" (permit_mx_backup_networks has {', '.join(wide)})"
        return Outcome(RELAYS, reason, decided_by)
    unread = f"{', '.join(others)} in permit_mx_backup_networks cannot be read"
    return Outcome(UNDECIDED, unread, decided_by) if others else None


def _certificates_outcome(text: str, scope: Scope) -> Outcome | None:
    """Whether a list of client certificates has that of a stranger."""
    for table in split_list(text):
        kind, _rest = table_kind(table)
        if kind == "static" or scope.answers(table, "certificate"):
            reason = f"permit_tls_clientcerts permits every certificate ({table})"
            return Outcome(RELAYS, reason, ("relay_clientcerts",))
    return None


def list_outcome(text: str, scope: Scope, depth: int = 0) -> Outcome:
    """What a list of restrictions does for an external client that wants to relay."""
    undecided: list[Outcome] = []
    may_reject: list[Outcome] = []
    for entry in restrictions(text):
        outcome = restriction_outcome(entry, scope, depth)
        if outcome is None:
            continue
        if outcome.state == UNDECIDED:
            undecided.append(outcome)
        elif outcome.state == MAY_REJECT:
            may_reject.append(outcome._replace(state=UNDECIDED))
        elif outcome.state == RELAYS:
            return [*undecided, *may_reject, outcome][0]
        else:
            return [*undecided, outcome][0]
    return [*undecided, *may_reject, Outcome(RELAYS, "")][0]


def _outcomes(scope: Scope) -> list[tuple[str, Outcome]]:
    """What each list does, by its parameter."""
    early = scope.value("smtpd_delay_reject").lower() == "no"
    found = []
    for name, parameter in _LISTS.items():
        bare_table = f"check_{'recipient' if name == 'relay' else name}_access"
        not_yet = EARLY_LISTS.get(name, ()) if early else ()
        inner = scope._replace(bare_table=bare_table, not_yet=not_yet)
        outcome = list_outcome(scope.value(parameter), inner)
        is_avoided = name == "helo" and not scope.requires_helo
        if not (is_avoided and outcome.state in (REJECTS_ALL, REJECTS_RELAYING)):
            found.append((parameter, outcome))
    for parameter in LATE_PARAMETERS:
        outcome = list_outcome(scope.value(parameter), scope._replace(not_yet=_RECIPIENT))
        if outcome.state == REJECTS_ALL:
            found.append((parameter, outcome))
    return found


def listener_outcome(scope: Scope) -> Outcome:
    """What a listener does for an external client that wants to relay: one list that rejects is
    enough.
    """
    outcomes = _outcomes(scope)
    for state in (REJECTS_ALL, REJECTS_RELAYING):
        for name, outcome in outcomes:
            if outcome.state == state:
                return Outcome(state, f"{name} has {outcome.reason}", (name,))
    for state in (UNDECIDED, RELAYS):
        for name, outcome in outcomes:
            if outcome.state == state and outcome.reason:
                return Outcome(state, f"{name}: {outcome.reason}", (name, *outcome.decided_by))
    return relays_for_all_domains(scope) or Outcome(
        RELAYS, "none of its lists of restrictions rejects relaying", RESTRICTION_PARAMETERS
    )


def relaying_clients(scope: Scope) -> tuple[list[str], list[str]]:
    """The networks, and the host names, that a table of clients permits to relay."""
    permitted = [
        key
        for table in _client_tables(scope)
        for key in client_keys(table, scope)
        if listener_outcome(scope._replace(client=key)).state == RELAYS
    ]
    found = list(dict.fromkeys(permitted))
    addresses = [key for key in found if key_network(key.removeprefix("!"))]
    return addresses, [key for key in found if key not in addresses]


def _client_tables(scope: Scope) -> list[str]:
    """The tables of clients in the lists of a listener, and in the restriction classes."""
    classes = split_list(scope.value("smtpd_restriction_classes"))
    found = []
    for parameter in (*RESTRICTION_PARAMETERS, *classes):
        for name, argument, _warns in restrictions(scope.value(parameter)):
            if name.lower() == "check_client_access":
                found.append(table_of(argument))
            elif parameter == "smtpd_client_restrictions" and is_table(name):
                found.append(name)
    return list(dict.fromkeys(found))
