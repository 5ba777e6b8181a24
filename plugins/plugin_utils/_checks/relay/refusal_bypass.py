# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of claims to be somebody else and of ways round a refusal: what a stranger is believed
(RFC 2920, 3030, 4954; XCLIENT, PROXY).

A refusal is evidence from anywhere; an acceptance only from where the target has no reason to trust
us.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from . import declared_relay, open_relay
from . import replies as attempts
from .vantage import trusted_because

if t.TYPE_CHECKING:
    from .replies import View

Reply = t.Mapping[str, t.Any]
SERVICES = ("smtp", "submission", "submissions")
#: Replies about a word that the server did not make out, so that what it asks for was not
#: considered.
SYNTAX_REFUSED = (501, 504, 555)
_CLOSED = (attempts.REFUSED, attempts.REFUSED_FOR_NOW)
_GO_ON = 354


def is_positive(reply: Reply | None) -> bool:
    return reply is not None and 200 <= reply["code"] < 300


def accepted_claim(
    context: AuditContext, session: Observation, seen: Observation, sentence: str
) -> Finding:
    """What it means that something was taken: nothing, from where we may be trusted."""
    why = trusted_because(context, seen)
    if why:
        return finding(
            UNKNOWN,
            f"{sentence}, but {why}, so it may be trusted here; ask again from a host outside.",
            session,
            seen,
        )
    return finding(FAIL, sentence + ".", session, seen)


def last_part(context: AuditContext, session: Observation, name: str) -> tuple[Observation, t.Any]:
    """What came of a part of the claims probe at last, and where; where it did not come to that,
    the session and None.
    """
    tried = context.of("client_identity", session["service"], session["address"])
    for seen in reversed(tried):
        if name in seen["facts"]:
            return seen, seen["facts"][name]
    asked = [seen for seen in tried if seen["error"]]
    return (asked or [session])[-1], None


def _state(refused: t.Mapping[str, t.Any], service: str) -> tuple[str, Reply]:
    """The state of the plain attempt of the claims probe, and the reply that decided it."""
    phase = "rcpt" if "rcpt" in refused else "mail"
    return attempts.state(
        {"phase": phase, "reply": refused[phase], "form": "plain"}, service
    ), refused[phase]


def relay_data_path(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """RLY-21: a refused recipient stays refused, whatever is said next to it or after it."""
    seen, refused = last_part(context, session, "refused")
    if refused is None:
        yield finding(UNKNOWN, f"Not asked: {error_text(seen)}.", session, seen)
        return
    state, reply = _state(refused, session["service"])
    if state == attempts.ACCEPTED:
        words = f"Mail for a stranger is taken ({reply_text(reply)})"
        yield declared_relay.meant(context, seen, words) or finding(
            UNKNOWN, words + ", so there was no refusal to get round.", session, seen
        )
    elif state not in _CLOSED:
        yield finding(
            UNKNOWN,
            (
                "It was refused for another reason before relaying was considered: "
                f"{reply_text(reply).rstrip('.')}."
            ),
            session,
            seen,
        )
    else:
        yield from _round_it(context, session, seen, refused)


def _round_it(
    context: AuditContext, session: Observation, seen: Observation, refused: t.Mapping[str, t.Any]
) -> t.Iterable[Finding]:
    """The findings for each way round a refusal: those that were gone, or one for all that are
    closed.
    """
    beside, mixed = last_part(context, session, "mixed")
    at_once, pipelined = last_part(context, session, "pipelined")
    ways: list[tuple[str, Observation, Reply | None]] = [
        ("DATA after it", seen, refused.get("data")),
        ("the same beside a recipient of the server's own", beside, (mixed or {}).get("rcpt")),
        ("the same in one go with DATA", at_once, (pipelined or {}).get("rcpt")),
        ("a chunk of a message (BDAT) after it", at_once, (pipelined or {}).get("bdat")),
    ]
    bad = [accepted_claim(context, session, where, f"Mail for a stranger is refused, but {way} was answered {reply_text(answer)}")
           for way, where, answer in ways if answer and is_positive(answer)]  # fmt: skip
    yield from (
        bad
        or _not_seen(session, (seen, refused), (beside, mixed), (at_once, pipelined))
        or [finding(PASS, f"Nothing got round the refusal: {_list(ways)}.", session, seen)]
    )


def _list(ways: t.Sequence[tuple[str, Observation, Reply | None]]) -> str:
    found = [
        f"{way} was answered {reply_text(answer).rstrip('.')}"
        for way, _where, answer in ways
        if answer
    ]
    return "; ".join(found) or "MAIL itself is refused"


def _not_seen(session: Observation, *parts: tuple[Observation, t.Any]) -> list[Finding]:
    """What of it was not seen to be closed."""
    (seen, refused), (beside, mixed), (at_once, pipelined) = parts
    facts = seen["facts"]
    if refused.get("data", {}).get("code") == _GO_ON:
        words = (
            "DATA was answered 354 although the only recipient had been refused. RFC 2920 lets a "
            "server do so; only a message could tell"
        )
        return [finding(UNKNOWN, words + ", so we hung up.", session, seen)]
    if "rcpt" in refused and "data" not in refused:
        return [
            finding(
                UNKNOWN,
                f"What follows a refused recipient was not answered: {error_text(seen)}.",
                session,
                seen,
            )
        ]
    chunks = "CHUNKING" in facts["extensions"] and "bdat" not in (pipelined or {})
    if "PIPELINING" in facts["extensions"] and (pipelined is None or chunks):
        return [
            finding(
                UNKNOWN,
                f"Commands in one go were not answered: {error_text(at_once)}.",
                session,
                at_once,
            )
        ]
    if seen["params"]["local"] and mixed is None:
        return [
            finding(
                UNKNOWN,
                f"Two recipients in one transaction were not answered: {error_text(beside)}.",
                session,
                beside,
            )
        ]
    if mixed and not is_positive(mixed.get("local", mixed["mail"])) and "rcpt" in refused:
        answer = reply_text(mixed.get("local", mixed["mail"])).rstrip(".")
        return [
            finding(
                UNKNOWN,
                f"No recipient of the server's own was taken, to put a stranger beside: {answer}.",
                session,
                beside,
            )
        ]
    return []


def relay_after_cancelled_login(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """RLY-08: a login that is called off opens nothing."""
    if "AUTH" not in (
        session["facts"].get("extensions_tls") or session["facts"].get("extensions", {})
    ):
        known = "extensions_tls" in session["facts"] or (
            "extensions" in session["facts"] and not session["error"]
        )
        sentence = (
            "AUTH is not offered."
            if known
            else f"Whether AUTH is offered was not seen: {error_text(session)}."
        )
        yield finding(NOT_APPLICABLE if known else UNKNOWN, sentence, session)
        return
    seen, replies = last_part(context, session, "cancelled")
    refused = seen["facts"].get("refused") if replies else None
    if not replies or "end" not in replies:
        why = reply_text(replies["auth"]) if replies else error_text(seen)
        yield finding(
            UNKNOWN,
            f"No login was begun that could be called off: {why.rstrip('.')}.",
            session,
            seen,
        )
    elif is_positive(replies["end"]):
        yield accepted_claim(
            context,
            session,
            seen,
            f"A login that was called off was answered {reply_text(replies['end'])}",
        )
    elif refused is None:
        yield finding(
            UNKNOWN,
            f"Relaying after a login that was called off was not answered: {error_text(seen)}.",
            session,
            seen,
        )
    else:
        state, reply = _state(refused, session["service"])
        if state == attempts.ACCEPTED:
            yield accepted_claim(
                context,
                session,
                seen,
                (
                    "After a login that was called off, mail for a stranger was answered "
                    f"{reply_text(reply)}"
                ),
            )
        elif state in _CLOSED:
            yield finding(
                PASS,
                (
                    "After a login that was called off, mail for a stranger is refused: "
                    f"{reply_text(reply).rstrip('.')}."
                ),
                session,
                seen,
            )
        else:
            yield finding(
                UNKNOWN,
                f"It was refused for another reason: {reply_text(reply).rstrip('.')}.",
                session,
                seen,
            )


def relay_subdomains(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """RLY-17: mail for a name below a domain of the host that nobody has set up is refused."""
    everything = attempts.views(context, session["service"], session["address"])
    group = [view for view in everything if view.attempt["form"] == "subdomain"]
    accepted = [view for view in group if view.state in attempts.TAKEN]
    if not group:
        known = any(view.attempt["form"] == "plain" for view in everything)
        sentence = (
            "No domain is known to make up a subdomain of."
            if known
            else f"Not asked: {error_text(session)}."
        )
        yield finding(NOT_APPLICABLE if known else UNKNOWN, sentence, session)
    elif accepted and any(
        view.attempt["form"] == "plain" and view.state in attempts.TAKEN for view in everything
    ):
        words, look = "Mail for strangers is taken", accepted[0].seen
        yield declared_relay.meant(context, look, words) or finding(
            UNKNOWN, words + ", so nothing is known of subdomains.", session, look
        )
    elif accepted:
        words = (
            f"{accepted[0].words} was answered {accepted[0].reply}, and nobody has set that "
            "subdomain up"
        )
        yield accepted_claim(context, session, accepted[0].seen, words)
    else:
        yield open_relay.closed(context, session, group, everything)


def relay_parameters(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """RLY-22: what may be said beside an address changes nothing."""
    extensions = session["facts"].get("extensions_tls") or session["facts"].get("extensions")
    everything = attempts.views(context, session["service"], session["address"])
    group = [
        _considered(view)
        for view in open_relay.inside(list(filter(_with_parameters, everything)), everything)
    ]
    if group:
        yield open_relay.closed(context, session, group, everything, (attempts.REFUSED,))
    elif extensions is not None and not {
        keyword for keyword, _sender, _form in relay_addresses.PARAMETERS
    } & set(extensions):
        yield finding(
            NOT_APPLICABLE,
            "The server offers nothing that could be said beside an address.",
            session,
        )
    else:
        yield finding(UNKNOWN, f"Not asked: {error_text(session)}.", session)


def _with_parameters(view: View) -> bool:
    return (
        view.attempt["sender"] in relay_addresses.WITH_PARAMETERS
        or view.attempt["form"] == relay_addresses.NOTICES.id
    )


def _considered(view: View) -> View:
    """A view, where a parameter was not understood as one that was not exercised."""
    reply = view.attempt["reply"]
    return (
        view._replace(state=attempts.NOT_EXERCISED)
        if reply and reply["code"] in SYNTAX_REFUSED
        else view
    )


CHECKS = (
    Check(
        id="relay_subdomains",
        title="Mail for non-existent subdomains of a local domain is rejected",
        title_failed="Mail for a non-existent subdomain accepted",
        group="relay",
        severity="medium",
        evaluate=per_endpoint(("smtp",), relay_subdomains),
        impact=(
            "Mail for names that do not exist fills the queue and bounces to forged senders. Mail "
            "for existing subdomains of other operators is relayed to them."
        ),
        fix={
            "roles": (
                "List each domain in mail_domains, and remove relay_domains, "
                "virtual_mailbox_domains and parent_domain_matches_subdomains from "
                "postfix_settings."
            ),
            "postfix": (
                "Set parent_domain_matches_subdomains without relay_domains. Remove patterns that "
                "match any subdomain from mydestination, relay_domains and "
                "virtual_mailbox_domains."
            ),
            "exim": (
                "Remove *.example.org entries from the domain lists local_domains and "
                "relay_to_domains."
            ),
            "opensmtpd": (
                "Remove '*.example.org' and unanchored regular expressions from 'for domain' rules."
            ),
            "sendmail": (
                "Set FEATURE(`relay_hosts_only'), or list full host names in class {R} and the "
                "access map."
            ),
            "courier": (
                "Remove entries that begin with a dot from esmtpacceptmailfor and hosteddomains."
            ),
            "any": "List each local domain by its full name.",
        },
        references=("https://www.postfix.org/postconf.5.html#parent_domain_matches_subdomains",),
    ),
    Check(
        id="relay_data_path",
        title="DATA, BDAT, pipelining and a valid co-recipient bypass no relay rejection",
        title_failed="Relay rejection bypassed by DATA, BDAT, pipelining or a co-recipient",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(SERVICES, relay_data_path),
        impact=(
            "A proxy or filter that loses track of replies passes on mail whose recipient was "
            "rejected, or accepts it beside a valid recipient. Spammers send through the host, "
            "and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only. The role sets smtpd_forbid_unauth_pipelining = yes."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes and end smtpd_relay_restrictions with "
                "reject_unauth_destination. Update or remove the smtpd_proxy_filter or SMTP proxy "
                "in front of Postfix."
            ),
            "exim": (
                "Remove conditions on $rcpt_count and $recipients_count from accept rules in "
                "acl_smtp_rcpt. Update or remove an SMTP proxy in front of Exim."
            ),
            "any": (
                "Decide about each recipient on its own. Update or remove the SMTP proxy in front "
                "of the server."
            ),
        },
        references=(rfc(2920, "3.1"), rfc(3030, "4.2"), rfc(5321, "3.3")),
    ),
    Check(
        id="relay_parameters",
        title="Relaying is rejected with ESMTP parameters (AUTH=, BODY=, SIZE=, NOTIFY=)",
        title_failed="ESMTP parameter of MAIL or RCPT permits relaying",
        group="relay",
        severity="critical",
        evaluate=per_endpoint(("smtp",), relay_parameters),
        impact=(
            "A server or filter that misparses MAIL and RCPT parameters, or trusts AUTH=, misses "
            "that the recipient is external. Spammers send through the host, and DNSBLs list it "
            "within hours."
        ),
        fix={
            "roles": (
                "Remove relay_domains, mydestination and virtual_mailbox_domains from "
                "postfix_settings and run airtight.mail.site again; the postfix role relays for "
                "authenticated clients only."
            ),
            "postfix": (
                "Remove rules that rewrite MAIL FROM or RCPT TO from smtpd_command_filter, and "
                "end smtpd_relay_restrictions with reject_unauth_destination."
            ),
            "exim": (
                "Set the condition authenticated = * in place of a test of $authenticated_sender, "
                "and accept only authenticated clients in acl_smtp_mailauth."
            ),
            "opensmtpd": (
                "Combine 'match from any' only with 'for local' or 'for domain' of your own "
                "domains. Permit 'for any' only with 'match auth' or 'match from local'."
            ),
            "any": "Ignore MAIL and RCPT parameters in the decision to relay; AUTH= is no login.",
        },
        references=(rfc(4954, "5"), rfc(3461, "4"), rfc(6531, "3.4")),
    ),
    Check(
        id="relay_after_cancelled_login",
        title="Relaying is rejected after an AUTH exchange cancelled with *",
        title_failed="Cancelled AUTH exchange accepted as a login",
        group="relay",
        severity="high",
        evaluate=per_endpoint(SERVICES, relay_after_cancelled_login),
        impact=(
            "A server or proxy that counts an AUTH exchange cancelled with * as a login relays "
            "for every client. Spammers send through the host, and DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Update Postfix and Dovecot (apt upgrade), and remove an SMTP proxy in front of "
                "them."
            ),
            "any": (
                "Update the server. Update or remove an SMTP proxy in front of it that answers "
                "AUTH itself."
            ),
        },
        references=(rfc(4954, "4"),),
    ),
)
