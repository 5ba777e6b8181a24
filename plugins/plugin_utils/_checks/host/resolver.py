# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the host's resolver validates DNSSEC.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._dnssec_zones import (
    MISSIGNED,
    UNSIGNED,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    UNKNOWN,
    Finding,
    is_address,
)

from ..base import Check, rfc
from .base import HostConfig, Problem, host_finding, per_host_config, problems_finding

_NO_ANSWER = (
    f"the resolver gave no answer about the root, about a zone that is never signed ({UNSIGNED}) "
    f"or about one whose signatures are wrong ({MISSIGNED})"
)
_VALIDATED = {None: "no answer", True: "yes", False: "no"}


def _is_loopback(text: str) -> bool:
    """Whether a text is an address of this host; what is no address is asked nothing."""
    return is_address(text) and ipaddress.ip_address(text).is_loopback


def resolver_validates(config: HostConfig) -> t.Iterable[Finding]:
    nameservers = config.facts["resolver"]["nameservers"]
    if not nameservers:
        reason = config.not_read("/etc/resolv.conf") or "/etc/resolv.conf names no resolver"
        yield host_finding(UNKNOWN, f"Not read: {reason}.", "resolver")
    values = config.postfix_defaults
    level = values.get("smtp_tls_security_level", "")
    uses_dane = values.get("smtp_dns_support_level") == "dnssec" or level.startswith("dane")
    for server, validated in nameservers.items():
        problems = []
        if validated is False:
            problems.append(Problem("the resolver does not validate DNSSEC"))
        if uses_dane and not _is_loopback(server.partition("%")[0]):
            clause = (
                "the resolver is not on this host, so the AD bit that Postfix relies on for DANE "
                "can be forged on the way"
            )
            problems.append(Problem(clause))
        text = f"/etc/resolv.conf: nameserver {server}, root validated: {_VALIDATED[validated]}"
        yield problems_finding(
            problems,
            "The resolver validates DNSSEC.",
            f"resolver {server}",
            [("*", text)],
            not_read=_NO_ANSWER if validated is None else "",
        )


CHECKS = (
    Check(
        id="resolver_validates",
        title="The resolvers in resolv.conf validate DNSSEC, and are local if DANE is used",
        title_failed="Resolver without DNSSEC validation, or remote although DANE is used",
        group="host",
        severity="medium",
        evaluate=per_host_config(resolver_validates, "No resolver is configured."),
        control=(
            "The resolver has to answer all three questions, else the verdict is unknown. It sets "
            f"AD on the root zone, sets none on a zone that is never signed ({UNSIGNED}), and "
            f"gives no record of one whose signatures are wrong ({MISSIGNED})."
        ),
        false_pass=(
            f"It validates nothing, sets AD on signed zones alone, and does not know {MISSIGNED}."
        ),
        impact=(
            "Forged DNS answers are accepted, so DANE, DKIM, DMARC and DNSBL results are "
            "worthless. Answers of a remote resolver can be changed on the path."
        ),
        fix={
            "roles": "Use the resolver role with resolver_manage_resolv_conf: true.",
            "any": (
                "Run Unbound or another validating resolver on the host, and set only nameserver "
                "127.0.0.1 and ::1 in /etc/resolv.conf."
            ),
        },
        references=(rfc(7672, "2.2"), "https://www.postfix.org/TLS_README.html#client_tls_dane"),
    ),
)
