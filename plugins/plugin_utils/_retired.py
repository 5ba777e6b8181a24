# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that were retired, each with the one that took its place.

Errors about an unknown name and the changelog are made from it; no retired name may be used
elsewhere.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

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
#: Variables of the roles; `__common_renamed` of the role common has the same.
ROLE_VARIABLES = {
    "certificate_file": "mail_certificate_file",
    "certificate_hostname": "mail_hostname",
    "certificate_key_file": "mail_certificate_key_file",
    "dovecot_certificate_file": "mail_certificate_file",
    "dovecot_certificate_key_file": "mail_certificate_key_file",
    "dovecot_domains": "mail_domains",
    "dovecot_hostname": "mail_hostname",
    "dovecot_users": "mail_users",
    "dovecot_weakened": "dovecot_allow_insecure",
    "opendkim_domains": "mail_domains",
    "opendkim_hostname": "mail_hostname",
    "opendkim_weakened": "opendkim_allow_insecure",
    "postfix_aliases": "mail_aliases",
    "postfix_certificate_file": "mail_certificate_file",
    "postfix_certificate_key_file": "mail_certificate_key_file",
    "postfix_domains": "mail_domains",
    "postfix_hostname": "mail_hostname",
    "postfix_mynetworks_acknowledged": "postfix_allow_insecure: [mynetworks]",
    "postfix_recipient_delimiter": "mail_recipient_delimiter",
    "postfix_users": "mail_users",
}
#: Identifiers of the code.
WORDS = {
    "host_truth": "host_config",
    "mailbox_session": "mailstore_session",
    "side_session": "other_port_session",
    "smtp_claims": "client_identity",
    "smtp_manners": "smtp_conformance",
    "smtp_proxy": "proxy_header",
    "smtp_verbs": "smtp_commands",
    "tls_garbage": "starttls_garbage",
    "tls_hello": "client_hello",
    "tls_upgrade": "starttls",
    "by_hand": "fix",
    "side_ports": "other_ports",
}
#: File names that said nothing, each with the name of today.
FILES = {
    "accomplice": "policy_service",
    "agreed": "handshake",
    "animals": "targets",
    "announced": "check_mode_diff",
    "asked": "plan_smtp",
    "batches": "relay_batches",
    "blurred": "inconclusive",
    "claims": "client_identity",
    "disguises": "client_identity",
    "enforcement": "cleartext",
    "flight": "tls_server_flight",
    "handshakes": "plan_tls",
    "hellos": "versions",
    "hostile": "strategies",
    "hygiene": "smtp_conformance",
    "inert": "escaping",
    "judge": "evaluate",
    "judges": "scanners",
    "letter": "message",
    "letters": "messages",
    "liars": "misbehaving_servers",
    "look": "collect",
    "manners": "smtp_conformance",
    "meant": "declared",
    "middle": "tls_proxy",
    "offer": "client_hello_params",
    "patience": "deferred",
    "posted": "outcomes",
    "scene": "base",
    "served": "certificates",
    "straight": "starttls_after_ehlo",
    "sweep": "port_scan",
    "talk": "conversation",
    "throwaway": "client_certificate",
    "told": "sample_verdicts",
    "truth": "ground_truth",
    "unannounced": "check_mode_exceptions",
    "wording": "smtp_reply_text",
}
RETIRED = {**CHECKS, **GROUPS, **OPTIONS, **VARIABLES, **ROLE_VARIABLES}


def refusal(
    options: t.Iterable[t.Any] = (),
    variables: t.Iterable[t.Any] = (),
    groups: t.Iterable[t.Any] = (),
) -> str:
    """One sentence for the first name of the audit that was renamed; empty for none.

    options, groups: those that a task was given. variables: those of its host; a variable may have
    the name of a former option.
    """
    given = ((OPTIONS, options), (VARIABLES, variables), (GROUPS, groups))
    found = ((name, renamed[name]) for renamed, names in given for name in names if name in renamed)
    return next((f"{old} was renamed; use {new}." for old, new in found), "")
