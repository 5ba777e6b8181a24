# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of Postfix's own parameters: trusted proxies, senders of users, defaults, and tables.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    is_table,
    split_list,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..base import Check, rfc
from .base import (
    HostConfig,
    Problem,
    host_finding,
    per_host_config,
    problems_finding,
    setting_line,
)
from .postfix_access import MAX_CLASS_DEPTH, restriction_outcome, restrictions
from .postfix_listeners import NO_POSTFIX, Listener, postfix_listeners, postfix_not_read
from .postfix_scope import RELAYS, UNDECIDED, listed_networks

_CLIENT_IDENTITY = ("smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts")
_SENDER_RESTRICTIONS = ("smtpd_sender_restrictions", "smtpd_recipient_restrictions")
_SENDER_LOGIN_MISMATCH = (
    "reject_sender_login_mismatch",
    "reject_authenticated_sender_login_mismatch",
)


def xclient_hosts_trusted(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        problems: list[Problem] = []
        unknown: list[str] = []
        for name in _CLIENT_IDENTITY:
            found, others = listed_networks(listener.value(name), listener.scope)
            unknown += [member for member in others if is_table(member)]
            untrusted = config.external(found) + [
                member for member in others if member not in ("$mynetworks", "localhost", *unknown)
            ]
            if untrusted:
                clause = f"{name} permits {', '.join(untrusted)} to state another client's identity"
                problems.append(Problem(clause, [listener.line(name)]))
        lines = listener.lines(*_CLIENT_IDENTITY)
        protocol = listener.value("smtpd_upstream_proxy_protocol")
        if protocol and not listener.on_loopback:
            clause = (
                f"every client can send a PROXY header (smtpd_upstream_proxy_protocol = {protocol})"
            )
            proxy_line = listener.line("smtpd_upstream_proxy_protocol")
            lines = (*lines, proxy_line)
            problems.append(Problem(clause, [proxy_line]))
        compliant = "No external client can state another client's identity."
        yield problems_finding(
            problems, compliant, listener.subject, lines, not_read=", ".join(unknown)
        )


def senders_bound(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        if not listener.enabled("smtpd_sasl_auth_enable"):
            continue
        lines = listener.lines(*_SENDER_RESTRICTIONS, "smtpd_sender_login_maps")
        found = [_binding(listener, listener.value(name)) for name in _SENDER_RESTRICTIONS]
        rejecting = [name for state, name in found if state == PASS]
        doubts = [name for state, name in found if state == UNKNOWN]
        if not listener.value("smtpd_sender_login_maps"):
            sentence = "smtpd_sender_login_maps is empty, so no address belongs to a user."
            yield host_finding(FAIL, sentence, listener.subject, lines, lines[-1:])
        elif doubts and not rejecting:
            sentence = f"Not decided: {doubts[0]} may permit a sender before it is compared."
            yield host_finding(UNKNOWN, sentence, listener.subject, lines, lines[:-1])
        elif not rejecting:
            sentence = "An authenticated user may send by every address."
            yield host_finding(FAIL, sentence, listener.subject, lines, lines[:-1])
        else:
            sentence = f"An authenticated user sends by own addresses only: {rejecting[0]}."
            yield host_finding(PASS, sentence, listener.subject, lines)


def _binding(listener: Listener, text: str, depth: int = 0) -> tuple[str, str]:
    """What a list does about an authenticated user's sender address, and by which restriction:
    PASS where it is compared with the login, UNKNOWN where that depends, empty where it is not.
    """
    classes = split_list(listener.value("smtpd_restriction_classes"))
    doubt = ""
    for entry in restrictions(text):
        name = entry.name.lower()
        if name in _SENDER_LOGIN_MISMATCH and not entry.warns:
            return (UNKNOWN, doubt) if doubt else (PASS, name)
        if name in ("permit", "permit_sasl_authenticated", "reject", "defer"):
            break
        if entry.name in classes and depth < MAX_CLASS_DEPTH:
            state, inner = _binding(listener, listener.value(entry.name), depth + 1)
            if state == PASS and not entry.warns:
                return (UNKNOWN, doubt) if doubt else (PASS, inner)
        outcome = restriction_outcome(entry, listener.scope, 0)
        if outcome and outcome.state in (RELAYS, UNDECIDED) and name.startswith("check_"):
            doubt = doubt or f"{entry.name} {entry.argument}"
    return "", ""


def postfix_defaults(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    level = config.postfix_defaults.get("compatibility_level", "")
    number = re.match(r"[0-9]{1,4}(?![0-9])", level)
    if number:
        problems = []
        if int(number[0]) < 2:
            clause = (
                f"compatibility_level is {level}, so unset parameters have the defaults of old "
                "releases"
            )
            problems.append(Problem(clause))
        lines = [setting_line("main.cf", "compatibility_level", level)]
        compliant = "Unset parameters have the defaults of recent releases."
        yield problems_finding(problems, compliant, "postfix", lines)


def tables_compiled(config: HostConfig) -> t.Iterable[Finding]:
    yield from postfix_not_read(config)
    tables = (config.facts.get("postfix") or {}).get("tables", {})
    for name, table in tables.items():
        if "source_mtime" not in table:
            continue
        source, compiled = table["source_mtime"], table["mtime"]
        line = ("*", f"{table['path']}: written {source}, compiled {compiled}")
        if compiled is None:
            sentence = "The table was never compiled, so Postfix cannot use it."
            yield host_finding(FAIL, sentence, name, [line])
        elif source is not None and source > compiled:
            sentence = "The source was changed after the table was compiled; run postmap."
            yield host_finding(FAIL, sentence, name, [line])
        else:
            sentence = "The compiled table is as new as its source."
            yield host_finding(PASS, sentence, name, [line])


CHECKS = (
    Check(
        id="xclient_hosts_trusted",
        title="Postfix permits XCLIENT, XFORWARD and PROXY headers from trusted hosts only",
        title_failed="Postfix permits XCLIENT, XFORWARD or PROXY headers from untrusted hosts",
        group="host",
        severity="high",
        evaluate=per_host_config(xclient_hosts_trusted, NO_POSTFIX),
        control=(
            "None needed: the effective parameters are the evidence; a table that cannot be "
            "read leaves the verdict unknown."
        ),
        false_pass="Postfix would have to run with another configuration than the one on disk.",
        impact=(
            "A client can claim any address, such as the host's own, and is then trusted and "
            "permitted to relay."
        ),
        fix={
            "roles": (
                "The postfix role sets none of them. Remove smtpd_authorized_xclient_hosts, "
                "smtpd_authorized_xforward_hosts and smtpd_upstream_proxy_protocol from "
                "postfix_settings."
            ),
            "postfix": (
                "Set smtpd_authorized_xclient_hosts and smtpd_authorized_xforward_hosts empty. "
                "Set smtpd_upstream_proxy_protocol only for a listener on loopback."
            ),
        },
        references=(
            "https://www.postfix.org/XCLIENT_README.html",
            "https://www.postfix.org/postconf.5.html#smtpd_upstream_proxy_protocol",
        ),
    ),
    Check(
        id="senders_bound",
        title="Postfix listeners with AUTH use reject_sender_login_mismatch and login maps",
        title_failed="reject_sender_login_mismatch or smtpd_sender_login_maps missing",
        group="host",
        severity="medium",
        evaluate=per_host_config(senders_bound, "Postfix offers no AUTH."),
        control="None needed: the effective restrictions are the evidence.",
        false_pass="The login maps would have to give every address to the user.",
        impact=(
            "With one stolen password an attacker can send in the name of every user, with the "
            "domain's DKIM signature."
        ),
        fix={
            "roles": (
                "The postfix role sets both for the submission listeners. Run the role again."
            ),
            "postfix": (
                "Set smtpd_sender_login_maps, and smtpd_sender_restrictions = "
                "reject_sender_login_mismatch, permit_sasl_authenticated, reject for each "
                "listener with AUTH."
            ),
        },
        references=(
            rfc(6409, "6.1"),
            "https://www.postfix.org/postconf.5.html#reject_sender_login_mismatch",
        ),
    ),
    Check(
        id="postfix_defaults",
        title="Postfix compatibility_level is 2 or higher",
        title_failed="Postfix compatibility_level is 0 or 1",
        group="host",
        severity="medium",
        evaluate=per_host_config(postfix_defaults, NO_POSTFIX),
        control="None needed: the effective parameter is the evidence.",
        false_pass="Each parameter with an unsafe old default would have to be set to it.",
        impact=(
            "Unset parameters have the defaults of old releases: Postfix trusts its whole subnet "
            "and relays to subdomains, and at level 0 has no smtpd_relay_restrictions."
        ),
        fix={
            "roles": "The postfix role sets compatibility_level = 3.6. Run the role again.",
            "postfix": (
                "Set compatibility_level = 3.6 (2 before Postfix 3.6), after stating mynetworks, "
                "relay_domains and smtpd_relay_restrictions."
            ),
        },
        references=("https://www.postfix.org/COMPATIBILITY_README.html",),
    ),
    Check(
        id="tables_compiled",
        title="Compiled Postfix lookup tables (postmap) are as new as their source files",
        title_failed="Postfix lookup table older than its source file, or never compiled",
        group="host",
        severity="low",
        evaluate=per_host_config(tables_compiled, "Postfix uses no table that has to be compiled."),
        control="None needed: the times of the two files are the evidence.",
        false_pass="Somebody would have to set the time of the compiled file by hand.",
        impact=(
            "Postfix goes on using the old table. An address removed from the source is still "
            "accepted."
        ),
        fix={
            "roles": (
                "The postfix role uses texthash tables, which need no postmap. Remove hash and "
                "lmdb tables from postfix_settings."
            ),
            "postfix": (
                "Run postmap on the table after each change (postalias for alias_maps), or use "
                "texthash."
            ),
        },
        references=("https://www.postfix.org/DATABASE_README.html",),
    ),
)
