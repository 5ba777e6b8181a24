# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the rest of Postfix's configuration: who may speak for others, who sends by which address,
old defaults and tables.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, Finding

from ..base import Check, rfc
from . import postfix_restrictions
from .base import Truth, host_fact, line, networks, say, settle
from .relay import listeners, unread

NO_POSTFIX = "There is no Postfix on this host."


def xclient_hosts_trusted(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        bad, lines = [], []
        for name in ("smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts"):
            found, others = networks(entry.value(name))
            strange = held.strangers(found) + [
                word for word in others if word not in ("$mynetworks", "localhost")
            ]
            lines.append(line(entry.name, name, entry.value(name)))
            if strange:
                bad.append(f"{name} lets {', '.join(strange)} say whom they speak for")
        proxy = entry.value("smtpd_upstream_proxy_protocol")
        if proxy and not entry.inside:
            bad.append(
                "whoever connects may say his address, since a proxy is expected "
                f"(smtpd_upstream_proxy_protocol = {proxy})"
            )
        yield settle(bad, "", "Nobody may speak for another client.", entry.subject, *lines)


def senders_bound(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        if not entry.on("smtpd_sasl_auth_enable"):
            continue
        words = postfix_restrictions.words(
            entry.value("smtpd_sender_restrictions")
        ) + postfix_restrictions.words(entry.value("smtpd_recipient_restrictions"))
        lines = entry.lines("smtpd_sender_restrictions", "smtpd_sender_login_maps")
        asks = [
            word
            for word in (
                "reject_sender_login_mismatch",
                "reject_authenticated_sender_login_mismatch",
            )
            if word in words
        ]
        before = (
            words.index("permit_sasl_authenticated")
            if "permit_sasl_authenticated" in words
            else len(words)
        )
        if not entry.value("smtpd_sender_login_maps"):
            yield say(
                FAIL,
                "It is not written down who may send by which address (smtpd_sender_login_maps).",
                entry.subject,
                *lines,
            )
        elif not asks or words.index(asks[0]) > before:
            yield say(
                FAIL, "A user who is logged in may send by any address.", entry.subject, *lines
            )
        else:
            yield say(
                PASS,
                f"A user sends only by addresses of his own: {asks[0]}.",
                entry.subject,
                *lines,
            )


def postfix_defaults(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    values = (held.facts.get("postfix") or {}).get("defaults", {})
    level = re.match(r"\d+", values.get("compatibility_level", ""))
    if level:
        evidence = line("main.cf", "compatibility_level", values["compatibility_level"])
        old = (
            f"compatibility_level is {values['compatibility_level']}: what is not set is as it "
            "was in 2005"
        )
        yield settle(
            [old] if int(level[0]) < 2 else [],
            "",
            "What is not set has a safe value.",
            "postfix",
            evidence,
        )


def tables_compiled(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    tables = (held.facts.get("postfix") or {}).get("tables", {})
    for name, entry in tables.items():
        if "source_mtime" not in entry:
            continue
        source, built = entry["source_mtime"], entry["mtime"]
        evidence = ("*", f"{entry['path']}: written {source}, compiled {built}")
        if built is None:
            yield say(
                FAIL, "The table was never compiled, so Postfix cannot use it.", name, evidence
            )
        elif source is not None and source > built:
            yield say(
                FAIL,
                "The table was changed after it was compiled, so the change is not in force.",
                name,
                evidence,
            )
        else:
            yield say(PASS, "The compiled table is as new as its source.", name, evidence)


CHECKS = (
    Check(
        id="xclient_hosts_trusted",
        title="Postfix permits XCLIENT, XFORWARD and PROXY headers from trusted hosts only",
        title_failed="Postfix permits XCLIENT, XFORWARD or PROXY headers from untrusted hosts",
        group="host",
        severity="high",
        evaluate=host_fact(xclient_hosts_trusted, NO_POSTFIX),
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
        evaluate=host_fact(senders_bound, "Postfix offers no login."),
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
        evaluate=host_fact(postfix_defaults, NO_POSTFIX),
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
        evaluate=host_fact(tables_compiled, "Postfix uses no table that has to be compiled."),
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
