# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about the step from clear to TLS: what could happen, what to set, where to read more.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .tls import starttls

RFC3207 = "https://www.rfc-editor.org/rfc/rfc3207"
RFC9051 = "https://www.rfc-editor.org/rfc/rfc9051"
_NOSTARTTLS = "https://nostarttls.secvuln.info/"
_UPDATE = "Keep Postfix and Dovecot as Debian updates them; the roles set nothing that could bring this back."
_PROXY = "If a proxy, firewall or load balancer does STARTTLS for the server, it is to blame: update it, or let the server do it."

ROWS = (
    Check(
        "starttls_forgets_commands",
        ("TLS-11",),
        "What was sent in clear behind STARTTLS is not carried out inside TLS",
        "tls",
        "high",
        starttls.judge_injection,
        "An attacker on the way puts commands of his own behind the client's STARTTLS. A server that carries them out inside TLS takes them "
        "for the client's: he can have the client's password sent to him as a message, or his mail sent in the client's name.",
        _UPDATE,
        "Update the server: Postfix has had this mended since 2011, Dovecot since 2.3.14.1. " + _PROXY,
        ("https://www.cve.org/CVERecord?id=CVE-2011-0411", "https://www.cve.org/CVERecord?id=CVE-2021-33515", _NOSTARTTLS),
        ("testssl.sh (with socat, no ManageSieve)",),
    ),
    Check(
        "starttls_nothing_between",
        ("TLS-12",),
        "Nothing is said in clear between the go-ahead and TLS",
        "tls",
        "high",
        starttls.judge_responses,
        "What stands there is not protected, and a client may take it for an answer given inside TLS: a false list of capabilities, a false "
        "mailbox. Somebody on the way puts it there, or the server is broken.",
        _UPDATE + " If this host is not to blame, the network between is.",
        "Look from a host beside the server: if it is gone there, something on the way adds it. " + _PROXY,
        (RFC3207 + "#section-6", _NOSTARTTLS),
    ),
    Check(
        "starttls_forgets_state",
        ("TLS-09",),
        "A transaction begun before TLS is forgotten",
        "tls",
        "medium",
        starttls.judge_state,
        "Whatever was said before TLS may come from somebody on the way. A server that remembers a sender from then lets him choose it.",
        _UPDATE,
        "Update the server. " + _PROXY,
        (RFC3207 + "#section-4.2",),
    ),
    Check(
        "starttls_once",
        ("TLS-10",),
        "STARTTLS takes no argument and is refused inside TLS",
        "tls",
        "low",
        starttls.judge_grammar,
        "A server that takes STARTTLS in ways that the standard forbids has not been built with care at the very point where care counts.",
        _UPDATE,
        "Update the server. " + _PROXY,
        (RFC3207 + "#section-4", RFC9051 + "#section-6.2.1"),
    ),
    Check(
        "starttls_failure_ends",
        ("TLS-14",),
        "When TLS fails, the session does not go on in clear",
        "tls",
        "high",
        starttls.judge_failure,
        "An attacker can always make the handshake fail. If both sides then go on in clear, he reads along, and the client believes "
        "that it speaks inside TLS.",
        _UPDATE,
        "Update the server. " + _PROXY,
        (RFC3207 + "#section-4.1", RFC9051 + "#section-6.2.1"),
    ),
    Check(
        "starttls_not_hidden",
        ("TLS-13",),
        "Nothing on the way hides STARTTLS",
        "tls",
        "high",
        starttls.judge_stripped,
        "Some firewalls write XXXXXXXA over the word STARTTLS so that they can read the mail, and so do attackers. Every message "
        "that passes them is in clear.",
        "Nothing to set in the roles: the server offers STARTTLS, and something before it takes the offer away.",
        "Cisco ASA and PIX: switch off the inspection of ESMTP, or allow TLS in it. Elsewhere: look from other networks to find where it happens.",
        ("https://www.rfc-editor.org/rfc/rfc7672#section-1.3.1", "https://doi.org/10.1145/2815675.2815695"),
    ),
)
