# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More relay rows of the catalogue: what a stranger says of himself, and ways round a refusal.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .relay import client_identity, refusal_bypass
from .rows_relay import HAND, OPEN, RFC5321, ROLE

RFC2920 = "https://www.rfc-editor.org/rfc/rfc2920"
POSTCONF = "https://www.postfix.org/postconf.5.html#"
_UNSET = "Keep postfix_settings free of %s; the postfix role leaves it empty."

ROWS = (
    Check(
        "relay_client_certificate",
        ("RLY-10",),
        "A certificate that anybody can make opens nothing",
        "relay",
        "critical",
        client_identity.judge_certificate,
        "Some servers let in clients that show a certificate, and forget to look at who signed it: then everybody who makes one can relay. What is "
        "shown is signed by nobody. It cannot tell whether every certificate of a public authority is let in, which is as bad. " + OPEN,
        "Leave the listeners of the postfix role as they are: they ask no client for a certificate.",
        "Postfix: list the fingerprints of your clients in relay_clientcerts, never a pattern that fits all, and use permit_tls_all_clientcerts only "
        "where smtpd_tls_CAfile holds one authority of your own. Exim: require verify = certificate, not only that $tls_in_peerdn is there.",
        (POSTCONF + "permit_tls_clientcerts", "https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2"),
    ),
    Check(
        "relay_xclient",
        ("RLY-11",),
        "No stranger can speak as another client (XCLIENT)",
        "relay",
        "critical",
        refusal_bypass.judge_xclient,
        "By XCLIENT a proxy tells Postfix for which client it speaks. If strangers may say it, they are whoever they like to be, the host itself for "
        "instance, and may then send anything. " + OPEN,
        _UNSET % "smtpd_authorized_xclient_hosts",
        "Postfix: smtpd_authorized_xclient_hosts holds the addresses of your own proxies only, best none. Exim: the same for hosts_xclient.",
        ("https://www.postfix.org/XCLIENT_README.html",),
    ),
    Check(
        "relay_xforward",
        ("RLY-12",),
        "No stranger can forge what is logged (XFORWARD)",
        "relay",
        "medium",
        refusal_bypass.judge_xforward,
        "By XFORWARD a filter tells Postfix from whom it had a message, for the log. If strangers may say it, the log names whomever they like, and "
        "who looks for a culprit, or bans by the log, finds somebody else.",
        _UNSET % "smtpd_authorized_xforward_hosts",
        "Postfix: smtpd_authorized_xforward_hosts = 127.0.0.0/8 on the listener behind the filter, and nowhere else.",
        ("https://www.postfix.org/XFORWARD_README.html",),
    ),
    Check(
        "relay_proxy_header",
        ("RLY-13",),
        "No stranger's PROXY header is believed",
        "relay",
        "critical",
        client_identity.judge_proxy,
        "A load balancer says in a line before all else from where a client comes. A listener that waits for this line believes whoever sends it: where "
        "strangers can reach it past the balancer, they say that they come from the host itself, and may send anything. " + OPEN,
        _UNSET % "smtpd_upstream_proxy_protocol",
        "Postfix: set smtpd_upstream_proxy_protocol on a listener of its own and let a firewall pass only the balancer to it, since Postfix does not ask "
        "who sends the header. Exim: hosts_proxy holds the balancer's address only. Dovecot: the same for haproxy_trusted_networks.",
        (POSTCONF + "smtpd_upstream_proxy_protocol", "https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt"),
    ),
    Check(
        "relay_subdomains",
        ("RLY-17", "F35"),
        "Mail for subdomains that nobody set up is refused",
        "relay",
        "medium",
        refusal_bypass.judge_subdomains,
        "A host that takes mail for every name below its domain takes it for names that do not exist, and passes it on to subdomains that are run by "
        "others. It fills the queue and comes back to forged senders.",
        "Name each domain in mail_domains; the postfix role takes mail for no other.",
        "Postfix: parent_domain_matches_subdomains without relay_domains, and no pattern that fits any subdomain in mydestination or "
        "virtual_mailbox_domains. Exim: no *.example.org in local_domains or relay_to_domains. Do so only if you mean to catch them all.",
        (POSTCONF + "parent_domain_matches_subdomains",),
    ),
    Check(
        "relay_data_path",
        ("RLY-21",),
        "A refused recipient stays refused",
        "relay",
        "critical",
        refusal_bypass.judge_data_path,
        "Filters and proxies in front of a server can lose count of what it said: they go on with a message whose recipient was refused, let a stranger "
        "through beside a recipient of the server's own, or check only the first of several commands that come at once. " + OPEN,
        ROLE + " It also sets smtpd_forbid_unauth_pipelining.",
        HAND
        + " Let no policy service or ACL take a recipient because another one of the message was taken. Update or remove a proxy in front.",
        (RFC2920 + "#section-3.1", "https://www.rfc-editor.org/rfc/rfc3030#section-4.2", RFC5321 + "#section-3.3"),
    ),
    Check(
        "relay_parameters",
        ("RLY-22", "F31", "S15"),
        "No parameter gets round the refusal",
        "relay",
        "critical",
        refusal_bypass.judge_parameters,
        "Beside an address a client can say how the message is encoded, who wrote it or which notices are wanted. A server or a filter that reads such a "
        "command in another way, or believes it, can miss that the recipient is a stranger's. " + OPEN,
        ROLE,
        HAND
        + " Exim: do not take $authenticated_sender for a login; it is whatever AUTH= says. Postfix: no smtpd_command_filter that rewrites MAIL or RCPT.",
        (
            "https://www.rfc-editor.org/rfc/rfc4954#section-5",
            "https://www.rfc-editor.org/rfc/rfc3461#section-4",
            "https://www.rfc-editor.org/rfc/rfc6531#section-3.4",
        ),
    ),
    Check(
        "relay_after_cancelled_login",
        ("RLY-08",),
        "A login that is called off opens nothing",
        "relay",
        "high",
        refusal_bypass.judge_cancelled,
        "A client may begin a login and take it back before it has named a user. Servers for tests, and proxies that answer AUTH themselves, have taken "
        "that for a login. " + OPEN,
        "Leave the submission listeners of the postfix role as they are, and keep Postfix and Dovecot up to date.",
        "Update the server; take a front end that answers AUTH by itself out of the way, and a test server off the Internet.",
        ("https://www.rfc-editor.org/rfc/rfc4954#section-4",),
    ),
)
