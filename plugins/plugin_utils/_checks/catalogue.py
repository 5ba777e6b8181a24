# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the collection, in the order in which reports and documents show them.

Ids are never reused; a retired one is named in `_retired`, with the one that took its place.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from . import (
    auth,
    logins,
    mailstore_capabilities,
    mailstore_login,
    other_ports_declared,
    other_ports_relay,
    smtp_conformance,
    smtp_disclosure,
    smtp_limits,
    smtp_recipients,
    smuggling,
    smuggling_sync,
)
from .dns import (
    caa,
    dane,
    dangling,
    dkim,
    dmarc,
    dnsbl,
    dnssec,
    dual_stack,
    mta_sts,
    mx,
    parked,
    reverse_dns,
    spf,
    srv,
    tls_rpt,
    wildcards,
)
from .host import (
    configuration_in_force,
    dovecot_passwords,
    effective_settings,
    key_files,
    milters,
    opendkim,
    resolver,
    spamassassin,
)
from .host import network as host_network
from .host import postfix as host_postfix
from .host import relay as host_relay
from .host import tls as host_tls
from .mail_flow import inbound, inbound_header, outbound
from .mail_flow import submission as mail_submission
from .relay import (
    address_forms,
    client_identity,
    declared_relay,
    delivery,
    every_address,
    login,
    open_relay,
    refusal_bypass,
    submission,
    vantage,
)
from .tls import (
    certificate_addresses,
    certificate_keys,
    certificates,
    cipher_suites,
    cleartext,
    cleartext_mail,
    handshake,
    implicit_tls,
    key_exchange,
    sni,
    stapling,
    starttls,
    starttls_conformance,
    starttls_injection,
    versions,
)

if t.TYPE_CHECKING:
    from .base import Check

_BY_TOPIC: tuple[tuple[Check, ...], ...] = (
    vantage.CHECKS,
    open_relay.CHECKS,
    address_forms.CHECKS,
    submission.CHECKS,
    every_address.CHECKS,
    login.CHECKS,
    client_identity.CHECKS,
    refusal_bypass.CHECKS,
    declared_relay.CHECKS,
    delivery.CHECKS,
    starttls.CHECKS,
    starttls_injection.CHECKS,
    starttls_conformance.CHECKS,
    implicit_tls.CHECKS,
    cleartext_mail.CHECKS,
    cleartext.CHECKS,
    versions.CHECKS,
    cipher_suites.CHECKS,
    key_exchange.CHECKS,
    handshake.CHECKS,
    certificates.CHECKS,
    certificate_keys.CHECKS,
    certificate_addresses.CHECKS,
    sni.CHECKS,
    stapling.CHECKS,
    mailstore_capabilities.CHECKS,
    mailstore_login.CHECKS,
    smuggling.CHECKS,
    smuggling_sync.CHECKS,
    smtp_disclosure.CHECKS,
    smtp_recipients.CHECKS,
    smtp_limits.CHECKS,
    smtp_conformance.CHECKS,
    auth.CHECKS,
    logins.CHECKS,
    other_ports_relay.CHECKS,
    other_ports_declared.CHECKS,
    mx.CHECKS,
    dual_stack.CHECKS,
    reverse_dns.CHECKS,
    parked.CHECKS,
    wildcards.CHECKS,
    dangling.CHECKS,
    srv.CHECKS,
    spf.CHECKS,
    dkim.CHECKS,
    dmarc.CHECKS,
    tls_rpt.CHECKS,
    dnssec.CHECKS,
    dane.CHECKS,
    mta_sts.CHECKS,
    caa.CHECKS,
    dnsbl.CHECKS,
    outbound.CHECKS,
    mail_submission.CHECKS,
    inbound.CHECKS,
    inbound_header.CHECKS,
    host_relay.CHECKS,
    host_postfix.CHECKS,
    host_tls.CHECKS,
    configuration_in_force.CHECKS,
    host_network.CHECKS,
    key_files.CHECKS,
    opendkim.CHECKS,
    milters.CHECKS,
    dovecot_passwords.CHECKS,
    spamassassin.CHECKS,
    resolver.CHECKS,
    effective_settings.CHECKS,
)
CATALOGUE: tuple[Check, ...] = tuple(
    sorted(
        itertools.chain.from_iterable(_BY_TOPIC), key=lambda check: _model.GROUPS.index(check.group)
    )
)
#: What other tools or guides test and this catalogue does not, and why.
NOT_CHECKED: dict[str, str] = {
    "Recipients that are not valid addresses": (
        "They test the parser of a server and count as errors. The valid address forms of the "
        "relay checks reach the same code."
    ),
    "AUTH EXTERNAL, empty names and passwords": (
        "Each attempt counts as a failed login, and the audit makes few of them, with an opt-in."
    ),
    "ATRN, ETRN, SEND, SAML, SOML": (
        "TURN is tested as their representative. Exim closes the connection after three "
        "unknown commands, ATRN needs a login, and ETRN makes a server send queued mail to "
        "the domain's own MX hosts."
    ),
    "Differences between the MX hosts of a domain": (
        "Each host is evaluated by itself. Name every MX host of a domain as a target; the "
        "weaker one fails."
    ),
    "User enumeration by the time of a reply": (
        "A difference in time needs dozens of attempts, which look like an attack."
    ),
    "User enumeration by the time of a failed login": (
        "It needs dozens of failed logins of existing users."
    ),
    "A hundred recipients in one transaction": (
        "They exceed limits that are correct, and keep a slow server busy for minutes."
    ),
    "Length of a line of text": (
        "A long line shows only in the text of a message, and the audit sends none without an "
        "opt-in."
    ),
    "Limit of errors in a session": "More than ten errors in a session get the vantage banned.",
    "Early talkers": (
        "No standard demands that a client which sends too early is rejected. http_rejected "
        "tests the case that does harm."
    ),
    "Limit of concurrent connections": (
        "Holding connections open until the server accepts no more is a denial of service."
    ),
    "Lockout after failed logins": (
        "A lockout also affects other clients that share the vantage's address."
    ),
    "Length of a lockout": "It needs a lockout, which the audit does not cause.",
    "Lockout over several protocols": "It needs a lockout, which the audit does not cause.",
    "Limit of recipients for an authenticated user": (
        "It needs a user's password and several hundred recipients."
    ),
    "Outgoing mail to a server with a wrong certificate": (
        "It needs domains made for this purpose, and leaves messages in the queue of the host."
    ),
    "REQUIRETLS": "It is rare, and a host that does not offer it makes no promise.",
    "Outgoing smuggling by BDAT": "Few servers offer BDAT to users. smuggling_outbound tests DATA.",
    "Signatures of bounces": (
        "A bounce to an external address is backscatter, which relay_backscatter forbids."
    ),
    "Weak DKIM keys of senders": (
        "It needs keys of 512 bits that are published in a domain of yours for this purpose."
    ),
    "ARC seals of forwarders": "It needs a chain of ARC seals that the host might trust.",
    "EICAR test virus": (
        "A test virus gets the vantage blocked on its way. Test the scanner at its own socket."
    ),
    "Attachment types": (
        "Which attachments are accepted is a local policy that no record or reply declares."
    ),
    "Malformed MIME": (
        "Servers may reject malformed messages or repair them. The end of a message has "
        "checks of its own."
    ),
    "BIMI": "A logo beside the sender's name does not protect a user.",
    "DNS allowlists": "An entry in a list of senders does not show how this host is configured.",
    "RPKI": "The network operator signs route origins, and the DNS does not show them.",
    "Renegotiation by the client": (
        "The test costs the server computing time, and no TLS library for Python supports it. "
        "TLS 1.3 has no renegotiation."
    ),
    "CCS injection, ROBOT, Ticketbleed, 0-RTT": (
        "These were faults of single versions of TLS libraries, and updates fixed them years ago."
    ),
    "Session tickets": (
        "A server may reject a ticket for many reasons, and Python cannot present the ticket "
        "of one server to another."
    ),
    "Cross-protocol attacks inside TLS": (
        "http_rejected sends HTTP to port 25. Inside TLS a server would have to detect the "
        "same commands."
    ),
    "Fallback between 465 and 587": (
        "RFC 8314 recommends to offer both ports. Only clients, or a closed port, can prevent "
        "the fallback."
    ),
    "Id of a changed MTA-STS policy": (
        "Only an earlier run could show whether the id changed with the policy."
    ),
    "Web interfaces": (
        "Web servers are out of scope. ports_as_declared finds the web pages of filters."
    ),
    "Organizational domain by the public suffix list": (
        "The organizational domain of RFC 7489 is used only where it is certain without that list."
    ),
    "Mailbox for DMARC reports": "Only a message shows whether the mailbox accepts reports.",
    "Age of a DKIM key": "The age of a key is not visible from outside.",
    "Log of the host": (
        "The canary receives the message, which proves more than a log line. The sentence "
        "contains the queue id."
    ),
    "Bans of fail2ban": "They need a ban, which the audit does not cause.",
    "Versions with known faults": "The audit tests for the flaw itself instead.",
    "Text of single settings": (
        "The text of one setting proves nothing. relay_configured evaluates all of them together."
    ),
}
