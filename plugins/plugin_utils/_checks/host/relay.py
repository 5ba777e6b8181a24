# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges who may relay as it is configured: every listener of Postfix, Exim's ACL, and whom they
trust.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)

from ..base import Check, rfc
from . import exim as host_exim
from . import postfix_restrictions
from .base import Truth, host_fact, line, networks, say
from .postfix_restrictions import CLOSED, OPEN, SHUT, UNSURE, Outcome, Setting

NO_SMTP = "Neither Postfix nor Exim is on this host."
_NAMES = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465, "ssmtp": 465}
_LOOPBACK = re.compile(r"^\[?(127\.\d+\.\d+\.\d+|::1|localhost|loopback-only)\]?$")
_DOMAINS = ("mydestination", "relay_domains", "virtual_alias_domains", "virtual_mailbox_domains")


class Listener(t.NamedTuple):
    """A line of master.cf that speaks SMTP to clients. port: 0 where it has none of its own."""

    name: str
    port: int
    inside: bool
    setting: Setting

    def value(self, parameter: str) -> str:
        """What a parameter is for this listener."""
        return str(self.setting.values.get(parameter, ""))

    def on(self, parameter: str) -> bool:
        """Whether a parameter is yes for this listener."""
        return self.value(parameter).lower() == "yes"

    @property
    def subject(self) -> str:
        """The listener as reports name it."""
        return "postfix " + self.name

    def lines(self, *parameters: str) -> tuple[tuple[str, str], ...]:
        """Parameters of this listener as evidence."""
        return tuple(line(self.name, name, self.value(name)) for name in parameters)


def number(port: str) -> int:
    """A port by its number or name; 0 where it is neither."""
    return _NAMES.get(port, int(port) if port.isdigit() else 0)


def listeners(held: Truth) -> list[Listener]:
    """Everything of Postfix that speaks SMTP to clients."""
    mta = held.facts.get("postfix") or {}
    common = {**mta.get("main", {}), **mta.get("defaults", {})}
    own = {
        *held.context.target.domains,
        *(
            word.lower()
            for name in _DOMAINS
            for word in postfix_restrictions.words(common.get(name, ""))
        ),
    }
    screened = [
        name
        for name, entry in mta.get("services", {}).items()
        if entry["command"].split()[0] == "postscreen"
    ]
    found = []
    for name, entry in mta.get("services", {}).items():
        service, _slash, kind = name.rpartition("/")
        if entry["command"].split()[0] != "smtpd" or kind not in ("inet", "pass"):
            continue
        place = screened[0].rpartition("/")[0] if kind == "pass" and screened else service
        where, _colon, port = place.rpartition(":")
        interfaces = entry["parameters"].get("inet_interfaces", common.get("inet_interfaces", ""))
        inside = (
            bool(_LOOPBACK.match(where))
            if where
            else all(map(_LOOPBACK.match, postfix_restrictions.words(interfaces)))
            and bool(interfaces)
        )
        setting = Setting({**common, **entry["parameters"]}, mta.get("tables", {}), own)
        found.append(Listener(name, number(port), inside, setting))
    return found


def unread(held: Truth) -> list[Finding]:
    """The finding for a Postfix that could not be read."""
    mta = held.facts.get("postfix")
    if mta is None or mta["defaults"]:
        return []
    return [
        say(
            UNKNOWN,
            "Not read: %s." % (held.lost("post") or "the configuration of Postfix"),
            "postfix",
        )
    ]


def submission(entry: Listener) -> bool:
    """Whether a listener is for users who log in."""
    return entry.port in (SERVICES["submission"].port, SERVICES["submissions"].port)


def configured(held: Truth) -> dict[int, Outcome]:
    """What strangers who want to relay are answered, by port, as far as it is configured."""
    found = {
        entry.port: postfix_restrictions.listener(entry.setting)
        for entry in listeners(held)
        if entry.port
    }
    if held.facts.get("exim") and not found:
        ports = host_exim.words(held.facts["exim"]["settings"].get("daemon_smtp_ports", "smtp"))
        found = dict.fromkeys(map(number, ports), host_exim.recipients(held.facts["exim"]))
    return found


def relay_configured(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        outcome = postfix_restrictions.listener(entry.setting)
        lines = entry.lines(
            *(f"smtpd_{name}_restrictions" for name in postfix_restrictions.LISTS), "mynetworks"
        )
        if outcome.state == OPEN and entry.inside:
            yield say(
                PASS,
                "Relays for whoever reaches it, which only this host does: it listens on loopback.",
                entry.subject,
                *lines,
            )
        elif outcome.state == OPEN:
            yield say(FAIL, f"Strangers may relay here: {outcome.why}.", entry.subject, *lines)
        elif outcome.state == UNSURE:
            yield say(
                UNKNOWN,
                f"Not decided: {outcome.why}, and nothing else here refuses to relay.",
                entry.subject,
                *lines,
            )
        else:
            yield say(PASS, f"Strangers may not relay: {outcome.why}.", entry.subject, *lines)
    if held.facts.get("exim"):
        yield _exim(held)


def _exim(held: Truth) -> Finding:
    exim = held.facts["exim"]
    outcome = host_exim.recipients(exim)
    name = exim["settings"].get("acl_smtp_rcpt", "")
    lines = tuple(("*", f"{name}: {' '.join(entry)}") for entry in exim["acl"])
    if not exim["settings"] and held.lost("exim"):
        return say(UNKNOWN, f"Not read: {held.lost('exim')}.", "exim")
    words = {
        OPEN: "Strangers may relay here: %s.",
        CLOSED: "Strangers may not relay: %s.",
        UNSURE: "Not decided: it depends on: %s.",
    }
    return say(
        {OPEN: FAIL, CLOSED: PASS}.get(outcome.state, UNKNOWN),
        words[outcome.state] % outcome.why,
        "exim",
        *lines,
    )


def submission_configured(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in filter(submission, listeners(held)):
        outcome = postfix_restrictions.listener(entry.setting)
        lines = entry.lines(*(f"smtpd_{name}_restrictions" for name in postfix_restrictions.LISTS))
        if outcome.state == SHUT:
            yield say(
                PASS,
                f"Takes nothing from clients that are not logged in: {outcome.why}.",
                entry.subject,
                *lines,
            )
        elif outcome.state == UNSURE:
            yield say(UNKNOWN, f"Not decided: {outcome.why}.", entry.subject, *lines)
        else:
            yield say(
                FAIL,
                "No list ends in reject, so clients that are not logged in are served too.",
                entry.subject,
                *lines,
            )


def trusted_networks(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    mta = held.facts.get("postfix") or {"defaults": {}}
    lists = {}
    if mta["defaults"]:
        lists["postfix mynetworks"] = mta["defaults"].get("mynetworks", "")
        for entry in listeners(held):
            if entry.value("mynetworks") != lists["postfix mynetworks"]:
                lists[f"{entry.subject} mynetworks"] = entry.value("mynetworks")
    for name, value in (
        host_exim.trusted(held.facts["exim"]).items() if held.facts.get("exim") else ()
    ):
        lists["exim " + name] = " ".join(host_exim.words(value))
    for subject, value in lists.items():
        yield _trusted(
            held,
            subject,
            value,
            "mynetworks" not in mta.get("main", {}) and subject == "postfix mynetworks",
        )


def _trusted(held: Truth, subject: str, value: str, guessed: bool) -> Finding:
    """Whether a list trusts nobody but this host and whom the policy names."""
    where, _space, name = subject.rpartition(" ")
    evidence = line(where, name, value)
    tables = (held.facts.get("postfix") or {}).get("tables", {})
    found, others = networks(value)
    for word in [word for word in others if tables.get(word, {}).get("rows") is not None]:
        found += networks(" ".join(key for key, _result in tables[word]["rows"]))[0]
        others.remove(word)
    strange = held.strangers(found)
    vantages = {seen["source"] for seen in held.context.observations if seen.get("source")}
    inside = [
        source
        for source in sorted(vantages)
        if any(_in(source, network) for network in found if not held.own(network))
    ]
    if strange:
        style = (held.facts.get("postfix") or {}).get("defaults", {}).get("mynetworks_style")
        why = (
            f" Nobody set it: Postfix guessed, since mynetworks_style is {style}."
            if guessed
            else ""
        )
        return say(
            FAIL,
            f"These may relay by their address alone: {', '.join(strange)}.{why}",
            subject,
            evidence,
        )
    if [word for word in others if word not in ("localhost", "@[]", "@[]:")]:
        return say(
            UNKNOWN, f"It cannot be told who is meant by {', '.join(others)}.", subject, evidence
        )
    if inside:
        text = (
            f"The vantage {inside[0]} is one of those that may relay, so what it was allowed "
            "proves nothing; look from elsewhere."
        )
        return say(UNKNOWN, text, subject, evidence)
    return say(PASS, (
        "Nobody may relay by address but the host "
        f"itself{' and whom the policy names' if _named(held, found) else ''}."
    ),
               subject, evidence)  # fmt: skip


def _named(held: Truth, found: t.Iterable[t.Any]) -> bool:
    return any(not held.own(network) for network in found)


def _in(source: str, network: t.Any) -> bool:
    return (
        bool(networks(source)[0])
        and networks(source)[0][0].version == network.version
        and networks(source)[0][0].subnet_of(network)
    )


CHECKS = (
    Check(
        id="relay_configured",
        title="As configured, no Postfix listener or Exim ACL is an open relay",
        title_failed="Configuration of a listener or ACL permits open relaying",
        group="host",
        severity="critical",
        evaluate=host_fact(relay_configured, NO_SMTP),
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
        evaluate=host_fact(submission_configured, "No port for users is configured in Postfix."),
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
        evaluate=host_fact(trusted_networks, NO_SMTP),
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
