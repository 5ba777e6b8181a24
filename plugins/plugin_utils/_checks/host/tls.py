# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks TLS by the configuration of Postfix and Dovecot: the oldest version, and whether
passwords are accepted in cleartext.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    split_list,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import UNKNOWN, Finding

from ..base import Check, rfc
from ..tls.lookup import VERSIONS
from .base import (
    HostConfig,
    Problem,
    host_finding,
    isolated,
    networks,
    per_host_config,
    problems_finding,
    setting_line,
)
from .postfix_listeners import Listener, postfix_listeners, postfix_not_read

NO_DAEMON = "Neither Postfix nor Dovecot is on this host."
#: Settings of Dovecot 2.3 and 2.4 that permit passwords in cleartext.
_CLEARTEXT = (("disable_plaintext_auth", "no"), ("auth_allow_cleartext", "yes"))
#: Levels that require TLS; Postfix warns of the last three and takes them for the first.
_REQUIRED = ("encrypt", "fingerprint", "verify", "secure")
_MEMBER = re.compile(r"^([<>]=|!?)(.*)$", re.S)
#: The number of SSL 3.0 on the wire; the others follow it.
_FIRST_NUMBER = 0x300
#: SSL 2.0 is left out: no TLS library has it any more.
SUPPORTED = VERSIONS[1:]


def oldest_version(protocols: str) -> str:
    """The oldest version that a list of protocols of Postfix permits, in either way of writing."""
    members = [_version_named(member) for member in split_list(protocols.replace(":", " "))]
    minimum = [member[2:] for member in members if member.startswith(">=")]
    if minimum:
        return minimum[0]
    excluded = {member[1:] for member in members if member.startswith("!")}
    included = {member for member in members if member in VERSIONS} or set(SUPPORTED)
    permitted = [
        version for version in SUPPORTED if version in included and version not in excluded
    ]
    return permitted[0] if permitted else SUPPORTED[-1]


def _version_named(member: str) -> str:
    """A member of a list of protocols with the usual name of its version; Postfix compares names
    without case, and knows numbers of the wire (RFC 8446 section 4.2.1), of which >= decides.
    """
    operator, name = _MEMBER.findall(member)[0]
    found = _version_numbered(name) if operator == ">=" else name
    return operator + next((known for known in VERSIONS if known.lower() == found.lower()), found)


def _version_numbered(text: str) -> str:
    """The version with a number of the wire in hexadecimal digits, such as 301; else the text."""
    try:
        place = int(text, 16) - _FIRST_NUMBER
    except ValueError:
        return text
    return SUPPORTED[place] if 0 <= place < len(SUPPORTED) else text


def _is_older(version: str, minimum: str) -> bool:
    return version in VERSIONS and VERSIONS.index(version) < VERSIONS.index(minimum)


def tls_required(listener: Listener) -> bool:
    """Whether a listener of Postfix accepts no mail before TLS."""
    level = listener.value("smtpd_tls_security_level").lower()
    enforced = level in _REQUIRED if level else listener.enabled("smtpd_enforce_tls")
    return enforced or listener.enabled("smtpd_tls_wrappermode")


def protocols_parameter(listener: Listener) -> str:
    """The parameter that says which versions of TLS a listener of Postfix accepts."""
    return "smtpd_tls_mandatory_protocols" if tls_required(listener) else "smtpd_tls_protocols"


def minimum_version(listener: Listener) -> str:
    """The oldest version of TLS that a listener of Postfix accepts."""
    return oldest_version(listener.value(protocols_parameter(listener)))


def _listener_finding(config: HostConfig, listener: Listener) -> Finding:
    """Whether a listener of Postfix offers or requires TLS as it has to."""
    level = listener.value("smtpd_tls_security_level").lower()
    if not level:
        level = "may" if listener.enabled("smtpd_use_tls") else "none"
    required, oldest = tls_required(listener), minimum_version(listener)
    name = protocols_parameter(listener)
    minimum = config.context.policy["minimum_tls"]["submission" if listener.is_submission else "mx"]
    level_line, wrapper_line, protocols_line = lines = listener.lines(
        "smtpd_tls_security_level", "smtpd_tls_wrappermode", name
    )
    problems = []
    offered = required or level != "none"
    if not offered:
        problems.append(Problem("TLS is disabled (smtpd_tls_security_level)", [level_line]))
    elif listener.is_submission and not required:
        clause = f"TLS is offered to users, but not required (smtpd_tls_security_level = {level})"
        problems.append(Problem(clause, [level_line, wrapper_line]))
    if offered and _is_older(oldest, minimum):
        clause = f"{name} permits {oldest}; the policy requires {minimum} or newer"
        problems.append(Problem(clause, [protocols_line]))
    compliant = f"TLS is {'required' if required else 'offered'}, from {oldest} on."
    return problems_finding(problems, compliant, listener.subject, lines)


def _dovecot_finding(config: HostConfig, dovecot: t.Mapping[str, t.Any]) -> Finding:
    """Whether Dovecot speaks TLS, and no older version than the policy permits."""
    settings, effective = dovecot["settings"], dovecot["defaults"]
    if not effective:
        reason = config.not_read("dove") or "the configuration of Dovecot"
        return host_finding(UNKNOWN, f"Not read: {reason}.", "dovecot")
    minimum = config.context.policy["minimum_tls"]["mailstore"]
    versions = {
        name: value
        for name, value in settings.items()
        if name.rsplit("/", 1)[-1] == "ssl_min_protocol"
    }
    versions.setdefault("ssl_min_protocol", effective.get("ssl_min_protocol", ""))
    ssl_line = setting_line("dovecot.conf", "ssl", effective.get("ssl", ""))
    lines = {name: setting_line("dovecot.conf", name, value) for name, value in versions.items()}
    problems = []
    for name, version in versions.items():
        if _is_older(version, minimum):
            clause = f"{name} permits {version}; the policy requires {minimum} or newer"
            problems.append(Problem(clause, [lines[name]]))
        elif version == "ANY":
            problems.append(Problem(f"{name} permits every version", [lines[name]]))
    if effective.get("ssl") == "no":
        problems.append(Problem("TLS is disabled (ssl = no)", [ssl_line]))
    compliant = f"TLS is spoken from {versions['ssl_min_protocol']} on."
    return problems_finding(problems, compliant, "dovecot", [ssl_line, *lines.values()])


def tls_configured(config: HostConfig) -> t.Iterable[Finding]:
    return isolated(config, _postfix_findings, _dovecot_findings)


def _postfix_findings(config: HostConfig) -> t.Iterable[Finding]:
    """Whether each listener of Postfix speaks TLS as it must."""
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        if not listener.on_loopback:
            yield _listener_finding(config, listener)


def _dovecot_findings(config: HostConfig) -> t.Iterable[Finding]:
    """Whether Dovecot speaks TLS as it must."""
    if config.facts.get("dovecot") is not None:
        yield _dovecot_finding(config, config.facts["dovecot"])


def passwords_need_tls(config: HostConfig) -> t.Iterable[Finding]:
    return isolated(config, _postfix_logins, _dovecot_logins)


def _postfix_logins(config: HostConfig) -> t.Iterable[Finding]:
    """Whether Postfix takes passwords inside TLS only."""
    yield from postfix_not_read(config)
    for listener in postfix_listeners(config):
        if not listener.enabled("smtpd_sasl_auth_enable") or listener.on_loopback:
            continue
        lines = listener.lines("smtpd_tls_auth_only", "smtpd_tls_security_level")
        problems = []
        if not listener.enabled("smtpd_tls_auth_only") and not tls_required(listener):
            problems.append(Problem("AUTH is accepted before TLS (smtpd_tls_auth_only = no)"))
        yield problems_finding(
            problems, "AUTH is accepted inside TLS only.", listener.subject, lines
        )


def _dovecot_logins(config: HostConfig) -> t.Iterable[Finding]:
    """Whether Dovecot takes passwords inside TLS only."""
    if config.facts.get("dovecot") is not None:
        yield _dovecot_passwords(config, config.facts["dovecot"])


def _dovecot_passwords(config: HostConfig, dovecot: t.Mapping[str, t.Any]) -> Finding:
    """Whether Dovecot accepts passwords inside TLS only."""
    values = dovecot["defaults"]
    parameters = (
        "ssl",
        "disable_plaintext_auth",
        "auth_allow_cleartext",
        "login_trusted_networks",
    )
    lines = {
        name: setting_line("dovecot.conf", name, values[name])
        for name in parameters
        if name in values
    }
    problems = []
    for name, cleartext in _CLEARTEXT:
        if values.get(name) == cleartext:
            clause = f"Dovecot accepts passwords in cleartext ({name} = {cleartext})"
            problems.append(Problem(clause, [lines[name]]))
    for name, value in dovecot["settings"].items():
        section, _slash, setting = name.rpartition("/")
        if (setting, value) not in _CLEARTEXT:
            continue
        if section and not _is_own_section(config, section):
            lines[name] = setting_line("dovecot.conf", name, value)
            clause = f"Dovecot accepts passwords in cleartext in {section} ({setting} = {value})"
            problems.append(Problem(clause, [lines[name]]))
    trusted, _others = networks(values.get("login_trusted_networks", ""))
    external = config.external(trusted)
    if external:
        clause = f"login_trusted_networks permits cleartext logins from {', '.join(external)}"
        problems.append(Problem(clause, [lines["login_trusted_networks"]]))
    not_read = "" if values else config.not_read("dove") or "dovecot"
    compliant = "Dovecot accepts passwords inside TLS only."
    return problems_finding(problems, compliant, "dovecot", list(lines.values()), not_read=not_read)


def _is_own_section(config: HostConfig, section: str) -> bool:
    """Whether a section is for clients that are the host itself, or declared."""
    kind, _space, text = section.partition(" ")
    found, others = networks(text)
    return kind == "remote" and bool(found) and not others and not config.external(found)


CHECKS = (
    Check(
        id="tls_configured",
        title="Configured minimum TLS version meets the policy; submission requires TLS",
        title_failed="Configured TLS is off, optional for submission, or allows old versions",
        group="host",
        severity="medium",
        evaluate=per_host_config(tls_configured, NO_DAEMON),
        control="None needed: the effective parameters are the evidence.",
        false_pass=(
            "The daemon would have to run with another configuration than the one on disk; "
            "tls_versions looks from outside."
        ),
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
        evaluate=per_host_config(passwords_need_tls, "Nothing on this host accepts logins."),
        control="None needed: the effective parameters are the evidence.",
        false_pass=(
            "The daemon would have to run with another configuration than the one on disk; "
            "the checks of logins look from outside."
        ),
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
