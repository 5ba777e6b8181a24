# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipients that relay probes try, as data (RFC 2505, RFC 5321 sections 3.6, 4.1.2, appendix
C).

A form that needs a name nobody gave (a local domain, a host name) is left out and reported so.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import string
import typing as t

from .._model import is_address

if t.TYPE_CHECKING:
    from .._target import Target

#: Where an accepted form would go: out to a stranger; to whatever the host makes of a local-looking
#: name; perhaps nowhere but here.
REMOTE, REWRITTEN, LOCAL = "remote", "rewritten", "local"


class Form(t.NamedTuple):
    """A recipient to try. control and other_control name controls, either of whose acceptance would
    explain this one's; literal ones cost Exim's patience.
    """

    id: str
    path: str
    kind: str
    control: str = ""
    literal: bool = False
    other_control: str = ""


#: Every form of the reference table that some server routes, the likely ones first; {names} are
#: filled by `fill`. Those that RFC 5321 does not permit cost as much as a literal.
FORMS = (
    Form("plain", "<{user}@{stranger}>", REMOTE),
    Form("percent_host", "<{user}%{stranger}@{host}>", REWRITTEN, "unknown_at_host"),
    Form("bang_at_host", "<{stranger}!{user}@{host}>", REWRITTEN, "unknown_at_host"),
    Form("quoted_at_host", '<"{user}@{stranger}"@{host}>', REWRITTEN, "unknown_at_host"),
    Form("source_route", "<@{host}:{user}@{stranger}>", REMOTE),
    Form("percent_literal", "<{user}%{stranger}@{literal}>", REWRITTEN, "unknown_at_literal", True),
    Form(
        "quoted_at_literal",
        '<"{user}@{stranger}"@{literal}>',
        REWRITTEN,
        "unknown_at_literal",
        True,
    ),
    Form("source_route_literal", "<@{literal}:{user}@{stranger}>", REMOTE, "", True),
    Form("source_route_two_hops", "<@{host},@{host}:{user}@{stranger}>", REMOTE),
    Form("bang_at_literal", "<{stranger}!{user}@{literal}>", REWRITTEN, "unknown_at_literal", True),
    Form("escaped_at", "<{user}\\@{stranger}@{host}>", REWRITTEN, "unknown_at_host"),
    Form("quoted_percent", '<"{user}%{stranger}"@{host}>', REWRITTEN, "unknown_at_host"),
    Form("percent_nested", "<{user}%{stranger}%{host}@{host}>", REWRITTEN, "unknown_at_host"),
    Form("bang_own_hop", "<{host}!{stranger}!{user}@{host}>", REWRITTEN, "unknown_at_host"),
    Form("bang_hop_after", "<{stranger}!{host}!{user}@{host}>", REWRITTEN, "unknown_at_host"),
    # Postfix makes an address at the host of it, others a name without a domain.
    Form(
        "bang_own_hop_bare",
        "<{host}!{stranger}!{user}>",
        REWRITTEN,
        "unknown_bare",
        True,
        "unknown_at_host",
    ),
    Form("percent_outside", "<{user}@{stranger}%{host}>", REMOTE, "", True),
    Form("stranger_ipv4", "<{user}@[192.0.2.25]>", REMOTE, "", True),
    Form("stranger_ipv6", "<{user}@[IPv6:2001:db8::25]>", REMOTE, "", True),
    Form("loopback_literal", "<{user}@[127.0.0.1]>", LOCAL, "", True),
    Form("localhost", "<{user}@localhost>", LOCAL),
    Form("percent_bare", "<{user}%{stranger}>", REWRITTEN, "unknown_bare", True),
    Form("bang_bare", "<{stranger}!{user}>", REWRITTEN, "unknown_bare", True),
    Form("quoted_bare", '<"{user}@{stranger}">', REWRITTEN, "unknown_bare", True),
    Form("double_at", "<{user}@{stranger}@{host}>", REWRITTEN, "unknown_at_host", True),
    Form("trailing_dot", "<{user}@{stranger}.>", REMOTE, "", True),
    Form("no_brackets", "{user}@{stranger}", REMOTE, "", True),
    Form("plus_tag", "<{user}+tag@{stranger}>", REMOTE),
    Form("quoted_user", '<"{user}"@{stranger}>', REMOTE),
    Form("upper_case", "<{user}@{STRANGER}>", REMOTE),
    Form("punycode", "<{user}@xn--bcher-kva.{stranger}>", REMOTE),
    Form("ends_in_stranger", "<{user}@{host}.{stranger}>", REMOTE),
    Form("ends_in_host_name", "<{user}@airtight{host}>", REMOTE),
    Form("backup_domain", "<{user}@{backup}>", REMOTE),
    Form("imceasmtp", "<IMCEASMTP-{user}+40{stranger}@{domain}>", REWRITTEN, "unknown_at_domain"),
    Form("srs0", "<SRS0=AAAA=BB={stranger}={user}@{domain}>", REWRITTEN, "unknown_at_domain"),
    Form(
        "srs1",
        "<SRS1=AAAA={stranger}==AAAA=BB={stranger}={user}@{domain}>",
        REWRITTEN,
        "unknown_at_domain",
    ),
    Form("batv", "<prvs=1234abcdef={user}@{domain}>", REWRITTEN, "unknown_at_domain"),
    Form("verp", "<{user}={stranger}@{domain}>", REWRITTEN, "unknown_at_domain"),
    Form("subdomain", "<{user}@{token}.{domain}>", LOCAL),
)
#: Forms that few servers route, for port 25 before TLS.
RARE_FORMS = (
    Form("quoted_bang", '<"{stranger}!{user}"@{host}>', REWRITTEN, "unknown_at_host"),
    Form("percent_upper_case", "<{user}%{stranger}@{HOST}>", REWRITTEN, "unknown_at_host"),
    Form("percent_trailing_dot", "<{user}%{stranger}@{host}.>", REWRITTEN, "unknown_at_host"),
    Form("percent_localhost", "<{user}%{stranger}@localhost>", REWRITTEN, "unknown_at_host"),
    Form("space_before_at", "<{user} @{stranger}>", REMOTE, "", True),
)
#: For servers that take addresses beyond ASCII (RFC 6531).
INTERNATIONAL = Form("u_label", "<{user}@b\u00fccher.{stranger}>", REMOTE)
#: A recipient with what a server that sends notices takes beside it (RFC 3461).
NOTICES = Form(
    "dsn_notify",
    "<{user}@{stranger}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{user}@{stranger}",
    REMOTE,
)
#: Addresses that careless exemptions let through (RFC 2142).
ROLES = tuple(
    Form(
        "role_" + name.lower() + ("_upper" if name.isupper() else ""),
        f"<{name}@{{stranger}}>",
        REMOTE,
    )
    for name in ("postmaster", "abuse", "POSTMASTER", "hostmaster", "webmaster", "noreply")
)
#: What the host says to names that cannot exist; these explain an acceptance elsewhere.
CONTROLS = (
    Form("unknown_at_host", "<{token}@{host}>", LOCAL),
    Form("unknown_at_domain", "<{token}@{domain}>", LOCAL),
    Form("unknown_at_literal", "<{token}@{literal}>", LOCAL, "", True),
    Form("unknown_bare", "<{token}>", LOCAL, "", True),
    Form("second_stranger", "<{token}@{stranger}>", REMOTE),
    Form("second_unknown_at_domain", "<{second}@{domain}>", LOCAL),
    Form("own_user", "<{own}>", LOCAL),
)
#: Every recipient by its id.
EVERY_FORM = {
    form.id: form for form in (*FORMS, *RARE_FORMS, *ROLES, *CONTROLS, INTERNATIONAL, NOTICES)
}
#: What tells whether a server weighs recipients on their merits: two unknown users of its own and
#: two strangers, in an order that replies which change with the count of errors cannot imitate;
#: and a user that it may have.
EXPERIMENT = (
    "unknown_at_domain",
    "plain",
    "second_stranger",
    "second_unknown_at_domain",
    "own_user",
)
#: Other ways to write the plain recipient, which change nothing about it.
VARIANTS = ("plus_tag", "quoted_user", "upper_case")
#: What is tried under an unusual sender or HELO name; the replies are compared with those that the
#: usual ones met in the experiment.
COMPARISON = ("unknown_at_domain", "plain")
#: Recipients that hosts exempt from blocks: what becomes of them says nothing about others.
EXEMPT = ("postmaster", "abuse")


def names(target: Target, address: str, stranger: str, backup: str, token: str) -> dict[str, str]:
    """The names that forms are filled with; those that nobody knows are absent."""
    literal = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    known = {
        "user": "airtight-" + token,
        "token": "airtight-nobody-" + token,
        "second": "airtight-nothere-" + token,
        "stranger": stranger,
        "STRANGER": stranger.upper(),
        "literal": literal,
    }
    if backup:
        known["backup"] = backup
    if not is_address(target.name):
        known["host"] = known["domain"] = target.name
    if target.domains:
        known["domain"] = target.domains[0]
    known.update(
        {name.upper(): known[name].upper() for name in ("host", "domain") if name in known}
    )
    own = target.account or (f"root@{known['domain']}" if "domain" in known else "")
    if own.partition("@")[0].lower() not in ("", *EXEMPT):
        known["own"] = own
    known["domains"] = " ".join(dict.fromkeys(target.domains))
    return known


def base(form_id: str) -> str:
    """The form of an id, which names the domain where that is not the usual one."""
    return form_id.partition("@")[0]


def fill(pattern: str, known: t.Mapping[str, str]) -> str | None:
    """A pattern with its names put in; None when one of them is not known."""
    wanted = [name for _text, name, _spec, _conversion in string.Formatter().parse(pattern) if name]
    return pattern.format(**known) if all(name in known for name in wanted) else None
