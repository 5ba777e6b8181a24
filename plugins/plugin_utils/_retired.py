# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that were retired, each with the one that took its place.

Errors about an unknown name and the changelog are made from it; no retired name may be used
elsewhere.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

CHECKS = {
    "backends_inside": "backends_not_exposed",
    "browsers_refused": "http_rejected",
    "client_address_honest": "xclient_hosts_trusted",
    "egress_known": "egress_addresses_match",
    "filter_not_poisoned": "bayes_database_protected",
    "one_author": "multiple_from_rejected",
    "own_author_refused": "from_spoofing_detected",
    "own_domain_refused": "envelope_spoofing_rejected",
    "passwords_kept_slow": "password_hash_strength",
    "promises_kept": "extensions_work",
    "relay_side_ports": "relay_other_ports",
    "signer_trusts_nobody": "dkim_signs_by_origin",
    "some_author": "missing_from_rejected",
    "starttls_forgets_commands": "starttls_command_injection",
    "starttls_not_hidden": "starttls_stripping",
    "starttls_nothing_between": "starttls_response_injection",
    "tls_not_for_browsers": "tls_alpn_http_rejected",
}
GROUPS = {
    "hygiene": "conformance",
    "lists": "dnsbl",
    "mailbox": "mailstore",
    "names": "dns",
}
OPTIONS = {
    "host_truth": "host_config",
    "side_ports": "other_ports",
}
VARIABLES = {
    "audit_host_truth": "audit_host_config",
    "audit_side_ports": "audit_other_ports",
}
RETIRED = {**CHECKS, **GROUPS, **OPTIONS, **VARIABLES}
