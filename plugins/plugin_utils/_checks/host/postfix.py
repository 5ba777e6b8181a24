# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the rest of Postfix's configuration: who may speak for others, who sends by which address, old defaults and tables.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, Finding

from . import postfix_restrictions
from .base import Truth, line, networks, say, settle, truth
from .relay import listeners, unread

NO_POSTFIX = "There is no Postfix on this host."


def _forwarders(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        bad, lines = [], []
        for name in ("smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts"):
            found, others = networks(entry.value(name))
            strange = held.strangers(found) + [word for word in others if word not in ("$mynetworks", "localhost")]
            lines.append(line(entry.name, name, entry.value(name)))
            if strange:
                bad.append("%s lets %s say whom they speak for" % (name, ", ".join(strange)))
        proxy = entry.value("smtpd_upstream_proxy_protocol")
        if proxy and not entry.inside:
            bad.append("whoever connects may say his address, since a proxy is expected (smtpd_upstream_proxy_protocol = %s)" % proxy)
        yield settle(bad, "", "Nobody may speak for another client.", entry.subject, *lines)


def _senders(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        if not entry.on("smtpd_sasl_auth_enable"):
            continue
        words = postfix_restrictions.words(entry.value("smtpd_sender_restrictions")) + postfix_restrictions.words(entry.value("smtpd_recipient_restrictions"))
        lines = entry.lines("smtpd_sender_restrictions", "smtpd_sender_login_maps")
        asks = [word for word in ("reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch") if word in words]
        before = words.index("permit_sasl_authenticated") if "permit_sasl_authenticated" in words else len(words)
        if not entry.value("smtpd_sender_login_maps"):
            yield say(FAIL, "It is not written down who may send by which address (smtpd_sender_login_maps).", entry.subject, *lines)
        elif not asks or words.index(asks[0]) > before:
            yield say(FAIL, "A user who is logged in may send by any address.", entry.subject, *lines)
        else:
            yield say(PASS, "A user sends only by addresses of his own: %s." % asks[0], entry.subject, *lines)


def _defaults(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    values = (held.facts.get("postfix") or {}).get("defaults", {})
    level = re.match(r"\d+", values.get("compatibility_level", ""))
    if level:
        evidence = line("main.cf", "compatibility_level", values["compatibility_level"])
        old = "compatibility_level is %s: what is not set is as it was in 2005" % values["compatibility_level"]
        yield settle([old] if int(level[0]) < 2 else [], "", "What is not set has a safe value.", "postfix", evidence)


def _tables(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    tables = (held.facts.get("postfix") or {}).get("tables", {})
    for name, entry in tables.items():
        if "source_mtime" not in entry:
            continue
        source, built = entry["source_mtime"], entry["mtime"]
        evidence = ("*", "%s: written %s, compiled %s" % (entry["path"], source, built))
        if built is None:
            yield say(FAIL, "The table was never compiled, so Postfix cannot use it.", name, evidence)
        elif source is not None and source > built:
            yield say(FAIL, "The table was changed after it was compiled, so the change is not in force.", name, evidence)
        else:
            yield say(PASS, "The compiled table is as new as its source.", name, evidence)


judge_forwarders = truth(_forwarders, NO_POSTFIX)
judge_senders = truth(_senders, "Postfix offers no login.")
judge_defaults = truth(_defaults, NO_POSTFIX)
judge_tables = truth(_tables, "Postfix uses no table that has to be compiled.")
