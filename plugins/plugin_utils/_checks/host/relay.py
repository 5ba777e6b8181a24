# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks who may relay by the configuration: every listener of Postfix, Exim's ACL, and the
networks that they trust.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import Check, rfc
from . import exim as host_exim
from . import exim_session
from .base import (
    HostConfig,
    Line,
    Network,
    host_finding,
    is_within,
    networks,
    per_host_config,
    setting_line,
)
from .postfix_access import RESTRICTION_PARAMETERS, listener_outcome, relaying_clients
from .postfix_listeners import Listener, port_number, postfix_listeners, postfix_not_read
from .postfix_scope import REJECTS_ALL, RELAYS, UNDECIDED, Outcome, Scope, listed_networks

NO_SMTP = "Neither Postfix nor Exim is on this host."
#: Processes of Postfix and Exim.
_PROCESSES = ("master", "smtpd", "postscreen", "exim", "exim4")
#: How many clients a sentence names.
MAX_SHOWN = 5
#: Members of a list of networks that stand for the host itself.
_OWN_NAMES = ("localhost", "@[]", "@[]:")
#: What lists of networks are read with, beside the tables of the host.
_SCOPE = Scope({}, {}, ())


def configured_outcomes(config: HostConfig) -> dict[int, Outcome]:
    """What the configuration does for external clients that want to relay, by port."""
    outcomes = {
        listener.port: listener_outcome(listener.scope)
        for listener in postfix_listeners(config)
        if listener.port
    }
    exim = config.facts.get("exim")
    if exim and not outcomes:
        ports = host_exim.split_list(exim["settings"].get("daemon_smtp_ports", "smtp"))
        outcome = exim_session.relay_outcome(exim, config.trusted())
        outcomes = dict.fromkeys(map(port_number, ports), outcome)
    return outcomes


def relay_lines(listener: Listener, outcome: Outcome) -> tuple[list[Line], list[Line]]:
    """The parameters that decide about relaying, and those of them that did."""
    decided_by = [str(parameter) for parameter in outcome.decided_by]
    parameters = dict.fromkeys((*RESTRICTION_PARAMETERS, "mynetworks", *decided_by))
    return list(listener.lines(*parameters)), list(listener.lines(*decided_by))


def _not_found(config: HostConfig) -> list[Finding]:
    """The finding for a Postfix or Exim that listens, but has no program in the search path."""
    if config.facts.get("postfix") is not None or config.facts.get("exim") is not None:
        return []
    lines = [
        ("*", f"listens: {entry['address']} port {entry['port']}, process {entry['process']}")
        for entry in config.facts.get("listeners", ())
        if entry["process"] in _PROCESSES
    ]
    sentence = "A mail server listens, but its programs are not in the search path."
    return [host_finding(UNKNOWN, sentence, "", lines)] if lines else []


def relay_configured(config: HostConfig) -> t.Iterable[Finding]:
    yield from _not_found(config)
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        outcome = listener_outcome(listener.scope)
        lines, decisive = relay_lines(listener, outcome)
        if outcome.state == RELAYS and listener.on_loopback:
            sentence = "Relays for every client, but listens on loopback only."
            address = setting_line("master.cf", "service", listener.name)
            decisive = [address, listener.line("inet_interfaces")]
            yield host_finding(PASS, sentence, listener.subject, [*decisive, *lines], decisive)
        elif outcome.state == UNDECIDED:
            sentence = f"Not decided: {outcome.reason}, and no other list rejects relaying."
            yield host_finding(UNKNOWN, sentence, listener.subject, lines, decisive)
        else:
            status, sentence = _relay_verdict(outcome)
            yield host_finding(status, sentence, listener.subject, lines, decisive)
    instances = (config.facts.get("postfix") or {}).get("instances")
    if instances:
        sentence = f"Other instances of Postfix were not read: {', '.join(instances)}."
        yield host_finding(UNKNOWN, sentence, "postfix instances")
    if config.facts.get("exim"):
        yield _exim_finding(config)


def _relay_verdict(outcome: Outcome) -> tuple[str, str]:
    """The status and the sentence for an outcome."""
    if outcome.state == RELAYS:
        return FAIL, f"External clients may relay: {outcome.reason}."
    if outcome.state == UNDECIDED:
        return UNKNOWN, f"Not decided: it depends on {outcome.reason}."
    return PASS, f"External clients may not relay: {outcome.reason}."


def _exim_finding(config: HostConfig) -> Finding:
    """Whether Exim's ACLs permit relaying."""
    exim = config.facts["exim"]
    not_read = config.not_read("exim")
    if not exim["settings"] and not_read:
        return host_finding(UNKNOWN, f"Not read: {not_read}.", "exim")
    outcome = exim_session.relay_outcome(exim, config.trusted())
    name = exim["settings"].get("acl_smtp_rcpt")
    lines = [("*", f"{name}: {' '.join(statement)}") for statement in exim["acl"]]
    decisive = [lines[index] for index in outcome.decided_by if isinstance(index, int)]
    for option, text in exim_session.lines(exim):
        lines.append(("*", text))
        decisive += lines[-1:] if option in outcome.decided_by else []
    status, sentence = _relay_verdict(outcome)
    return host_finding(status, sentence, "exim", lines, decisive or lines)


def submission_configured(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        if not listener.is_submission:
            continue
        outcome = listener_outcome(listener.scope)
        lines, decisive = relay_lines(listener, outcome)
        if outcome.state == REJECTS_ALL:
            sentence = f"Clients without AUTH are rejected: {outcome.reason}."
            yield host_finding(PASS, sentence, listener.subject, lines, decisive)
        elif outcome.state == UNDECIDED:
            sentence = f"Not decided: {outcome.reason}."
            yield host_finding(UNKNOWN, sentence, listener.subject, lines, decisive)
        else:
            sentence = "Clients without AUTH are accepted, since no list ends in reject."
            restrictions = listener.lines(*RESTRICTION_PARAMETERS)
            yield host_finding(FAIL, sentence, listener.subject, lines, restrictions)


def trusted_networks(config: HostConfig) -> t.Iterable[Finding]:
    yield from _not_found(config)
    yield from postfix_not_read(config)
    if config.postfix_defaults:
        common = config.postfix_defaults.get("mynetworks", "")
        yield _trusted_finding(config, "postfix", "mynetworks", common)
        for listener in postfix_listeners(config):
            if listener.value("mynetworks") != common:
                own = listener.value("mynetworks")
                yield _trusted_finding(config, listener.subject, "mynetworks", own)
            yield from _client_tables_finding(listener)
    if config.facts.get("exim"):
        yield from _exim_hosts(config, config.facts["exim"])


def _exim_hosts(config: HostConfig, exim: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    """The findings for the hosts that Exim's ACL accepts by address."""
    if not exim["acl"] and (exim["settings"].get("acl_smtp_rcpt") or not exim["settings"]):
        reason = config.not_read("exim") or "the ACL for recipients"
        yield host_finding(UNKNOWN, f"Not read: {reason}.", "exim")
        return
    found = host_exim.relay_host_lists(exim)
    for name, value in found:
        members = " ".join(host_exim.list_members(exim, value))
        yield _trusted_finding(config, "exim", name, members)
    if not found:
        lines = [("*", " ".join(statement)) for statement in exim["acl"]]
        yield host_finding(PASS, "No statement accepts clients by address.", "exim", lines)


def _trusted_finding(config: HostConfig, source: str, name: str, value: str) -> Finding:
    """Whether a list trusts only the host itself and the networks that the policy declares."""
    subject = f"{source} {name}"
    lines = [setting_line(source, name, value)]
    tables = (config.facts.get("postfix") or {}).get("tables", {})
    found, others = listed_networks(value, _SCOPE._replace(tables=tables))
    external = config.external(found)
    trusts_vantage = [
        address
        for address in _vantage_addresses(config)
        if any(_contains(network, address) for network in found if not config.is_own(network))
    ]
    if external:
        sentence = f"Clients may relay by their address alone: {', '.join(external)}."
        style = config.postfix_defaults.get("mynetworks_style")
        if source == "postfix" and "mynetworks" not in config.facts["postfix"].get("main", {}):
            sentence += f" mynetworks is not set, and mynetworks_style is {style}."
            lines.append(setting_line(source, "mynetworks_style", str(style)))
        return host_finding(FAIL, sentence, subject, lines)
    unknown = [member for member in others if member not in _OWN_NAMES]
    if unknown:
        sentence = f"The clients that {', '.join(unknown)} stands for are not known."
        return host_finding(UNKNOWN, sentence, subject, lines)
    if trusts_vantage:
        sentence = (
            f"The vantage {trusts_vantage[0]} is a trusted client, so the relay attempts made from "
            "it prove nothing; run the audit from another vantage."
        )
        return host_finding(UNKNOWN, sentence, subject, lines)
    declared = any(not config.is_own(network) for network in found)
    clients = "the host itself and the declared networks" if declared else "the host itself"
    return host_finding(PASS, f"Only {clients} may relay by address.", subject, lines)


def _client_tables_finding(listener: Listener) -> t.Iterator[Finding]:
    """The finding for tables of clients that permit others than declared to relay."""
    addresses, names = relaying_clients(listener.scope)
    lines = list(listener.lines(*RESTRICTION_PARAMETERS))
    subject = f"{listener.subject} check_client_access"
    if addresses:
        sentence = f"Clients may relay by their address alone: {_shown(addresses)}."
        yield host_finding(FAIL, sentence, subject, lines)
    elif names:
        sentence = f"The clients that {_shown(names)} stands for are not known."
        yield host_finding(UNKNOWN, sentence, subject, lines)


def _shown(members: t.Sequence[str]) -> str:
    """The first members of a list that may be long."""
    more = len(members) - MAX_SHOWN
    return ", ".join(members[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _vantage_addresses(config: HostConfig) -> list[str]:
    """The addresses that the probes connected from."""
    observations = config.context.observations
    return sorted({entry["source"] for entry in observations if entry.get("source")})


def _contains(network: Network, address: str) -> bool:
    """Whether an address is within a network."""
    return any(is_within(found, network) for found in networks(address)[0])


CHECKS = (
    Check(
        id="relay_configured",
        title="Configured Postfix restrictions and Exim's ACLs reject relaying",
        title_failed="Configuration of a listener or ACL permits open relaying",
        group="host",
        severity="critical",
        evaluate=per_host_config(relay_configured, NO_SMTP),
        control=(
            "Postfix has to answer for strangers, or every entry has to be read, of each "
            "table that decides; what is unread or cut leaves the verdict unknown."
        ),
        false_pass=(
            "It would have to permit clients or domains by an entry that no stranger looked "
            "up has and that cannot be listed, or run with another configuration."
        ),
        impact=(
            "A listener on a port or address that the probe does not reach can be an open relay, "
            "unnoticed until spammers use it."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_relay_restrictions = reject in main.cf, and the "
                "exceptions per listener. Remove listeners that were added by hand, and run the "
                "role again."
            ),
            "postfix": (
                "Set smtpd_relay_restrictions of each smtpd in master.cf to end in "
                "reject_unauth_destination, or in reject where users log in. Bind listeners for "
                "filters to 127.0.0.1."
            ),
            "exim": (
                "Set acl_smtp_rcpt to accept only local domains, relay_from_hosts and "
                "authenticated clients."
            ),
        },
        references=(
            "https://www.postfix.org/SMTPD_ACCESS_README.html",
            "https://www.postfix.org/postconf.5.html#smtpd_relay_restrictions",
            "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html",
        ),
        peers=("CIS and DISA (compare the text of a setting)",),
    ),
    Check(
        id="submission_configured",
        title="Configured Postfix listeners on 587 and 465 reject clients without AUTH",
        title_failed="Submission listener configured to accept clients without AUTH",
        group="host",
        severity="high",
        evaluate=per_host_config(submission_configured, "Postfix has no submission listener."),
        control=(
            "The list that rejects has to be read up to its reject; a table before it that "
            "cannot be read leaves the verdict unknown."
        ),
        false_pass=(
            "It would have to run with another configuration than the one on disk; "
            "relay_submission looks from outside."
        ),
        impact=(
            "Unauthenticated clients bypass the checks of port 25, and their mail is signed as if "
            "a user had sent it."
        ),
        fix={
            "roles": (
                "The postfix role sets this for submission and submissions. Run the role again."
            ),
            "postfix": (
                "Set -o smtpd_client_restrictions=permit_sasl_authenticated,reject for submission "
                "and submissions in master.cf."
            ),
        },
        references=(rfc(6409, "4.3"), "https://www.postfix.org/SMTPD_ACCESS_README.html"),
    ),
    Check(
        id="trusted_networks",
        title="mynetworks and relay_from_hosts trust only the host and declared networks",
        title_failed="mynetworks or relay_from_hosts trusts other clients",
        group="host",
        severity="high",
        evaluate=per_host_config(trusted_networks, NO_SMTP),
        control=(
            "Every member of the lists has to be read; a table, a name or a file that cannot "
            "be leaves the verdict unknown."
        ),
        false_pass=(
            "A declared network would have to have strangers in it, such as clients behind a "
            "proxy or address translation."
        ),
        impact=(
            "Every client in these networks can relay without a password. A provider's subnet, a "
            "container network or a proxy makes that anybody."
        ),
        fix={
            "roles": (
                "Set postfix_mynetworks to the loopback networks. Declare intended ones: "
                "policy_changes: {trusted_networks: [192.0.2.0/24]}."
            ),
            "postfix": (
                "Set mynetworks = 127.0.0.0/8, [::1]/128 in main.cf, and remove mynetworks from "
                "master.cf."
            ),
            "exim": (
                "Set hostlist relay_from_hosts = <; 127.0.0.1 ; ::1 (Debian: leave dc_relay_nets "
                "empty)."
            ),
        },
        references=(
            "https://www.postfix.org/postconf.5.html#mynetworks",
            "https://www.postfix.org/postconf.5.html#mynetworks_style",
            "https://www.postfix.org/COMPATIBILITY_README.html",
        ),
    ),
)
