# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes that several relay checks share: how each software rejects relaying.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

ROLES = (
    "Remove relay_domains, mydestination and virtual_mailbox_domains from postfix_settings "
    "and run airtight.mail.site again; the postfix role relays for authenticated clients "
    "only."
)
POSTFIX = (
    "Set smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, "
    "reject_unauth_destination and mynetworks = 127.0.0.0/8 [::1]/128. List in relay_domains "
    "only domains that the host is a backup MX for."
)
OPENSMTPD = (
    "Combine 'match from any' only with 'for local' or 'for domain' of your own domains. "
    "Permit 'for any' only with 'match auth' or 'match from local'."
)
SENDMAIL = (
    "Remove FEATURE(`promiscuous_relay') and every host, domain and network that is not yours "
    "from class {R} (/etc/mail/relay-domains) and from the RELAY entries of the access map."
)
COURIER = (
    "Set RELAYCLIENT in smtpaccess for your own networks only (Debian presets 10.0.0.0/8 and "
    "192.168.0.0/16), list only your own domains in esmtpacceptmailfor, and run "
    "makesmtpaccess and makeacceptmailfor."
)
