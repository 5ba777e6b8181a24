# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges TLS as it is configured, in Postfix and Dovecot: from which version on, and whether
passwords go in clear.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import UNKNOWN, Finding

from ..base import Check, rfc
from ..tls.versions import VERSIONS
from . import postfix_restrictions
from .base import Truth, host_fact, line, networks, say, settle
from .relay import Listener, listeners, submission, unread

NO_DAEMON = "Neither Postfix nor Dovecot is on this host."
#: Older ones are in no TLS library any more.
KNOWN = VERSIONS[1:]


def floor(text: str) -> str:
    """The oldest version that a list of Postfix's kind allows, in either way of writing it."""
    found = postfix_restrictions.words(text.replace(":", " "))
    least = [word[2:] for word in found if word.startswith(">=")]
    if least:
        return least[0]
    without = {word[1:] for word in found if word.startswith("!")}
    named = {word for word in found if word in VERSIONS}
    allowed = [
        version for version in KNOWN if version not in without and (not named or version in named)
    ]
    return allowed[0] if allowed else KNOWN[-1]


def _older(version: str, wanted: str) -> bool:
    return version in VERSIONS and VERSIONS.index(version) < VERSIONS.index(wanted)


def demanded(entry: Listener) -> bool:
    """Whether a listener of Postfix takes nothing before TLS."""
    return entry.on("smtpd_tls_wrappermode") or entry.value("smtpd_tls_security_level") in (
        "encrypt",
        "fingerprint",
    )


def least(entry: Listener) -> str:
    """The oldest version of TLS that a listener of Postfix takes."""
    return floor(
        entry.value("smtpd_tls_mandatory_protocols" if demanded(entry) else "smtpd_tls_protocols")
    )


def _smtp(held: Truth, entry: Listener) -> Finding | None:
    """What a listener of Postfix says of TLS; None for one that only this host reaches."""
    if entry.inside:
        return None
    level = entry.value("smtpd_tls_security_level") or (
        "may" if entry.on("smtpd_use_tls") else "none"
    )
    must = demanded(entry)
    name = "smtpd_tls_mandatory_protocols" if must else "smtpd_tls_protocols"
    wanted = held.context.policy["minimum_tls"]["submission" if submission(entry) else "mx"]
    bad = []
    if level == "none" and not must:
        bad.append("TLS is switched off (smtpd_tls_security_level)")
    elif submission(entry) and not must:
        bad.append(f"TLS is offered to users, not demanded (smtpd_tls_security_level = {level})")
    if _older(least(entry), wanted) and level != "none":
        bad.append(f"{name} allows {least(entry)}; the policy asks for {wanted} or newer")
    lines = entry.lines("smtpd_tls_security_level", "smtpd_tls_wrappermode", name)
    return settle(
        bad,
        "",
        f"TLS is {'demanded' if must else 'offered'}, from {least(entry)} on.",
        entry.subject,
        *lines,
    )


def _dovecot(held: Truth) -> Finding | None:
    dovecot = held.facts.get("dovecot")
    if dovecot is None:
        return None
    settings, effective = dovecot["settings"], dovecot["defaults"]
    if not effective:
        return say(
            UNKNOWN,
            "Not read: %s." % (held.lost("dove") or "the configuration of Dovecot"),
            "dovecot",
        )
    wanted = held.context.policy["minimum_tls"]["mailstore"]
    floors = {
        name: value
        for name, value in settings.items()
        if name.rsplit("/", 1)[-1] == "ssl_min_protocol"
    }
    floors.setdefault("ssl_min_protocol", effective.get("ssl_min_protocol", ""))
    low = [item for item in floors.items() if _older(item[1], wanted)]
    bad = ["%s allows %s; the policy asks for %s or newer" % (*item, wanted) for item in low]
    if "ANY" in floors.values():
        bad.append("ssl_min_protocol allows any version")
    if effective.get("ssl") == "no":
        bad.append("TLS is switched off (ssl = no)")
    lines = [
        line("dovecot.conf", name, value)
        for name, value in [("ssl", effective.get("ssl", "")), *floors.items()]
    ]
    return settle(
        bad, "", f"TLS is spoken from {floors['ssl_min_protocol']} on.", "dovecot", *lines
    )


def tls_configured(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    found = [*(_smtp(held, entry) for entry in listeners(held)), _dovecot(held)]
    yield from (finding for finding in found if finding)


def passwords_need_tls(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    for entry in listeners(held):
        if entry.on("smtpd_sasl_auth_enable") and not entry.inside:
            bad = (
                []
                if entry.on("smtpd_tls_auth_only") or demanded(entry)
                else ["passwords may be sent in clear (smtpd_tls_auth_only = no)"]
            )
            evidence = entry.lines("smtpd_tls_auth_only", "smtpd_tls_security_level")
            yield settle(bad, "", "Logins are taken inside TLS only.", entry.subject, *evidence)
    dovecot = held.facts.get("dovecot")
    if dovecot is None:
        return
    values = dovecot["defaults"]
    bad = []
    if values.get("disable_plaintext_auth") == "no" or values.get("auth_allow_cleartext") == "yes":
        bad.append("mailboxes take passwords in clear")
    found, _others = networks(values.get("login_trusted_networks", ""))
    if held.strangers(found):
        bad.append(
            "login_trusted_networks makes logins in clear, from addresses that clients may "
            "make "
            f"up, good for {', '.join(held.strangers(found))}"
        )
    names = [
        name
        for name in (
            "ssl",
            "disable_plaintext_auth",
            "auth_allow_cleartext",
            "login_trusted_networks",
        )
        if name in values
    ]
    lines = [line("dovecot.conf", name, values[name]) for name in names]
    yield settle(
        bad,
        "" if values else held.lost("dove") or "dovecot",
        "Mailboxes take passwords inside TLS only.",
        "dovecot",
        *lines,
    )


CHECKS = (
    Check(
        id="tls_configured",
        title="Configured minimum TLS version meets the policy; submission requires TLS",
        title_failed="Configured TLS is off, optional for submission, or allows old versions",
        group="host",
        severity="medium",
        evaluate=host_fact(tls_configured, NO_DAEMON),
        impact=(
            "An old TLS version that the library happens to refuse today can be accepted after an "
            "upgrade. Optional TLS on submission can be stripped."
        ),
        fix={
            "roles": (
                "The roles set smtpd_tls_protocols, smtpd_tls_mandatory_protocols, "
                "smtpd_tls_security_level and ssl_min_protocol. Remove overrides and run them "
                "again."
            ),
            "postfix": (
                "Set smtpd_tls_protocols = >=TLSv1.2, smtpd_tls_mandatory_protocols = >=TLSv1.2 "
                "and smtpd_tls_security_level = may, on submission encrypt."
            ),
            "dovecot": "Set ssl = required and ssl_min_protocol = TLSv1.2.",
        },
        references=(
            rfc(9325, "3.1"),
            "https://www.postfix.org/TLS_README.html",
            "https://doc.dovecot.org/latest/core/config/ssl.html",
        ),
    ),
    Check(
        id="passwords_need_tls",
        title="Postfix and Dovecot are configured to accept passwords only inside TLS",
        title_failed="Configuration accepts passwords without TLS",
        group="host",
        severity="high",
        evaluate=host_fact(passwords_need_tls, "Nothing on this host takes logins."),
        impact=(
            "Everybody on the network path can read the password. Dovecot also accepts it from "
            "login_trusted_networks, which a probe elsewhere does not see."
        ),
        fix={
            "roles": (
                "The roles set smtpd_tls_auth_only = yes, ssl = required and an empty "
                "login_trusted_networks. Remove overrides and run them again."
            ),
            "postfix": "Set smtpd_tls_auth_only = yes.",
            "dovecot": (
                "Set auth_allow_cleartext = no (2.4) or disable_plaintext_auth = yes (2.3), and "
                "empty login_trusted_networks."
            ),
        },
        references=(rfc(8314, "3"), "https://doc.dovecot.org/latest/core/config/ssl.html"),
    ),
)
