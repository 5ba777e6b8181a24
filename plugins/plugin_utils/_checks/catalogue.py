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
    mailstore_capabilities,
    mailstore_login,
    other_ports_declared,
    other_ports_relay,
    smtp_conformance,
    smtp_disclosure,
    smtp_limits,
    smtp_recipients,
    smuggling,
)
from .dns import caa, dane, dkim, dmarc, dnsbl, dnssec, mta_sts, mx_and_reverse, spf, srv
from .host import daemons, effective_settings, key_files
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
    smtp_disclosure.CHECKS,
    smtp_recipients.CHECKS,
    smtp_limits.CHECKS,
    smtp_conformance.CHECKS,
    auth.CHECKS,
    other_ports_relay.CHECKS,
    other_ports_declared.CHECKS,
    mx_and_reverse.CHECKS,
    srv.CHECKS,
    spf.CHECKS,
    dkim.CHECKS,
    dmarc.CHECKS,
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
    host_network.CHECKS,
    key_files.CHECKS,
    daemons.CHECKS,
    effective_settings.CHECKS,
)
CATALOGUE: tuple[Check, ...] = tuple(
    sorted(
        itertools.chain.from_iterable(_BY_TOPIC), key=lambda check: _model.GROUPS.index(check.group)
    )
)
#: What other tools or guides check and this catalogue does not, and why.
NOT_CHECKED: dict[str, str] = {
    "Recipients that are not valid addresses": (
        "These are no addresses: they test how a server reads, and use up the patience of one that counts errors. What they would reach is "
        "asked for in the valid forms beside them."
    ),
    "AUTH EXTERNAL, empty names and passwords": "Such a login counts as a failed one, and one failed login is all that is tried.",
    "ATRN, ETRN, SEND, SAML, SOML": (
        "TURN stands for them. Exim hangs up after three commands that it does not know; ATRN needs a login, ETRN makes a server send what "
        "is queued for a domain to that domain's own MX hosts, and the others wrote to the terminals of users."
    ),
    "Well-known passwords": "Trying well-known passwords locks users out and gets the vantage banned; password_weakness judges them where they are set.",
    "Differences between the MX hosts of a domain": "Each host is judged by itself: name every MX host of a domain as a target, and the one that is laxer fails.",
    "User enumeration by the time of a reply": "A difference in time needs dozens of attempts to tell from noise, which look like an attack.",
    "User enumeration by the time of a failed login": "The same, with failed logins of users who exist.",
    "A hundred recipients in one transaction": "A hundred recipients in one transaction trip limits that are sound, and keep a slow server busy for minutes.",
    "Length of a line of text": "A long line is only seen in the text of a message.",
    "Limit of errors in a session": "More than ten errors in a session get the vantage banned where it matters.",
    "Early talkers": "Nothing says that a client which speaks too early must be refused; http_rejected has the case that harms.",
    "Limit of concurrent connections": "Holding connections open until a server takes no more is an attack.",
    "Lockout after failed logins": "Guessing passwords until a ban comes locks out whoever shares the vantage's address.",
    "Length of a lockout": "Needs such a lockout, which is not made.",
    "Lockout over several protocols": "Needs such a lockout, which is not made.",
    "Limit of recipients for an authenticated user": "Needs a user's password and some hundreds of recipients.",
    "Outgoing mail to a server with a wrong certificate": "What a host does to a server with a wrong certificate needs domains made for that, and leaves messages in its queue.",
    "REQUIRETLS": "REQUIRETLS is rare, and a host that does not offer it promises nothing.",
    "Outgoing smuggling by BDAT": "Few offer BDAT to users; what leaves the host is looked at with DATA.",
    "Signatures of bounces": "Reports to strangers can only be had by sending what bounces, which is what relay_backscatter forbids; no host known "
    "gives those to its own users a sender.",
    "Weak DKIM keys of senders": "Needs keys of 512 bits and the like, published in a domain of yours for this alone.",
    "ARC seals of forwarders": "The same, for a chain of seals that a host might trust.",
    "EICAR test virus": "A test virus on its way gets the vantage into trouble; ask your scanner at its own socket.",
    "Attachment types": "Which attachments are let in is a matter of policy that no record or reply declares.",
    "Malformed MIME": "What is malformed is refused by some, put right by others, and both may be; the ends of messages have checks of their own.",
    "BIMI": "A logo beside the sender's name protects nobody and is a matter of taste.",
    "DNS allowlists": "A list of good senders is no evidence of anything that this host does.",
    "RPKI": "Who may announce an address is the network operator's to sign, and not to be seen in the DNS.",
    "Renegotiation by the client": "To try it makes a server work for us, and no TLS library of Python can; TLS 1.3 has none.",
    "CCS injection, ROBOT, Ticketbleed, 0-RTT": "Faults of single versions of TLS libraries, which their updates mended long ago.",
    "Session tickets": "A ticket is taken or not for many reasons, and Python lets no client show one server's ticket to another.",
    "Cross-protocol attacks inside TLS": "http_rejected sends HTTP to port 25; inside TLS a server would have to know it by the same words.",
    "Fallback between 465 and 587": "Offering both 465 and 587, as RFC 8314 asks for, is all that it takes; only clients and closed ports can end it.",
    "Id of a changed MTA-STS policy": "Whether the id of an MTA-STS policy changed with the policy can only be told from an earlier run.",
    "Web interfaces": "What is served on the ports of the web is another field; ports_as_declared has the pages of filters.",
    "Organizational domain by the public suffix list": "Which domain RFC 7489 takes for the organization's is told where it is certain without that list.",
    "Mailbox for DMARC reports": "Whether the mailbox for reports takes them is seen by whoever sends one.",
    "Age of a DKIM key": "How old a key is cannot be seen from outside.",
    "Log of the host": "A message is followed to the canary, which proves more than a line in the host's log; the sentence has the queue id.",
    "Bans of fail2ban": "Needs a ban, which is not made.",
    "Versions with known faults": "What a version has in it does not matter where the flaw itself was looked for.",
    "Text of single settings": "Comparing the text of one setting proves nothing; relay_configured reads what all of them come to.",
}
