# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The senders and HELO names that relay probes try, as data (RFC 2505, RFC 5321 section 4.1.1).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .relay_addresses import FORMS, INTERNATIONAL, NOTICES

_PLAIN = FORMS[0]
SENDERS = {
    "stranger": "<{user}@{stranger}>",
    "null": "<>",
    "host": "<{user}@{host}>",
    "literal": "<{user}@{literal}>",
    "postmaster": "<postmaster@{domain}>",
    "localhost": "<{user}@localhost>",
    "unqualified": "<{user}>",
    "no_such_subdomain": "<{user}@{token}.{stranger}>",
    "own_domain": "<{user}@{domain}>",
    "own_user": "<{own}>",
    "own_subdomain": "<{user}@{token}.{domain}>",
    "same_as_recipient": "<{user}@{stranger}>",
    "source_route": "<@{host}:{user}@{stranger}>",
    "quoted_own_domain": '<"{user}@{domain}"@{stranger}>',
    "auth_parameter": "<{user}@{domain}> AUTH=<>",
    "mailer_daemon": "<MAILER-DAEMON@{host}>",
    "trailing_dot": "<{user}@{domain}.>",
    "abuse": "<abuse@{domain}>",
    "noreply": "<noreply@{domain}>",
    "root": "<root@{domain}>",
    "daemon_at_domain": "<MAILER-DAEMON@{domain}>",
    "webmaster": "<webmaster@{domain}>",
    "postmaster_at_host": "<postmaster@{host}>",
    "root_at_host": "<root@{host}>",
    "upper_case": "<{user}@{DOMAIN}>",
    "quoted": '<"{user}"@{domain}>',
    "smtputf8": "<{user}\u00fc@{stranger}> SMTPUTF8",
    "body_8bitmime": "<{user}@{stranger}> BODY=8BITMIME",
    "body_binarymime": "<{user}@{stranger}> BODY=BINARYMIME",
    "size": "<{user}@{stranger}> SIZE=1000",
    "dsn_return": "<{user}@{stranger}> RET=HDRS ENVID={token}",
    "auth_nobody": "<{user}@{stranger}> AUTH=<>",
    "smtputf8_own": "<{user}\u00fc@{domain}> SMTPUTF8",
}
#: What is said beside the addresses only where it is offered: (keyword of EHLO, sender, recipient).
PARAMETERS = (
    ("8BITMIME", "body_8bitmime", _PLAIN),
    ("BINARYMIME", "body_binarymime", _PLAIN),
    ("SIZE", "size", _PLAIN),
    ("DSN", "dsn_return", _PLAIN),
    ("DSN", "stranger", NOTICES),
    ("AUTH", "auth_nobody", _PLAIN),
    *(("SMTPUTF8", "smtputf8", form) for form in (*FORMS[:2], FORMS[3], INTERNATIONAL)),
)
#: Senders that are used with their keyword only.
WITH_PARAMETERS = tuple({name: None for _keyword, name, _form in PARAMETERS if name != "stranger"})
#: Senders whose own address Exim answers with a syntax error.
COSTLY_SENDERS = ("literal", "unqualified", "source_route", "trailing_dot")
#: Senders that a server may exempt like another one, the likely ones first. What each is answered
#: is compared with what another sender met, so it takes one recipient.
EXEMPTED = ("abuse", "noreply", "root", "daemon_at_domain")
EXEMPTED_RARELY = ("webmaster", "postmaster_at_host", "root_at_host", "upper_case", "quoted")
#: Senders of the host's own domain that are used with their keyword only: an address that is not
#: ASCII may be compared with other tables, or with none.
OWN_WITH_PARAMETERS = {"smtputf8_own": "SMTPUTF8"}
HELOS = {
    "localhost": "HELO localhost",
    "loopback_literal": "EHLO [127.0.0.1]",
    "own_name": "EHLO {host}",
    "own_domain": "EHLO {domain}",
    "loopback_bare": "EHLO 127.0.0.1",
    "own_literal": "EHLO {literal}",
    "own_name_dot": "EHLO {host}.",
}
#: HELO names that few servers trust, for port 25 before TLS.
RARE_HELOS = ("own_literal", "own_name_dot")
#: Senders that a server may trust beside a HELO name with its own name: a bounce, and its domain.
BESIDE_OWN_NAME = ("null", "own_domain")


def own_with_parameters(extensions: t.Container[str]) -> list[str]:
    """The senders of the host's own that need a parameter, where that is offered."""
    listed = OWN_WITH_PARAMETERS.items()
    return [name for name, keyword in listed if keyword in extensions]
