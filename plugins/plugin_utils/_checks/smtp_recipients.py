# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recipients port 25 has to accept and which it has to reject (RFC 5321 section 4.5.1).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from .base import (
    AuditContext,
    Check,
    Evaluator,
    Observation,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from .relay import controls, proof, replies

_REJECTED = (replies.REFUSED, replies.REFUSED_FOR_NOW, replies.SENDER_REFUSED)
EvaluateObservation = t.Callable[[AuditContext, Observation, Observation], t.Iterable[Finding]]


def beside_session(probe: str, evaluate_observation: EvaluateObservation) -> Evaluator:
    """An evaluator of what a probe observed on port 25, beside the session there."""

    @functools.wraps(evaluate_observation)
    def evaluate_session(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
        observations = context.of(probe, session["service"], session["address"])
        if observations:
            yield from evaluate_observation(context, session, observations[0])
        else:
            yield finding(UNKNOWN, f"The probe did not run: {error_text(session)}.", session)

    return per_endpoint(("smtp",), evaluate_session)


class RecipientReply(t.NamedTuple):
    """What became of a recipient: a state as of a relay attempt, the reply, and its text."""

    state: str
    text: str
    reply: t.Mapping[str, t.Any] | None


def recipient_reply(observation: Observation, name: str) -> RecipientReply:
    """The reply to RCPT for a named recipient, or to MAIL where that was rejected."""
    reply, phase = observation["facts"].get("rcpt", {}).get(name), "rcpt"
    mail = observation["facts"].get("mail")
    if reply is None and mail and mail["code"] != 250:
        reply, phase = mail, "mail"
    if reply is None:
        return RecipientReply(replies.LOST, error_text(observation), None)
    attempt = {"phase": phase, "reply": reply, "form": "unknown_at_domain"}
    return RecipientReply(replies.state(attempt), reply_text(reply).rstrip("."), reply)


def _of_relay_probe(
    context: AuditContext, session: Observation, observation: Observation
) -> tuple[Observation, RecipientReply]:
    """What the relay probe saw of an unknown user of the null sender, where this one has no answer:
    some servers close the connection after a few rejections, or take one recipient at a time.
    """
    for view in replies.views(context, session["service"], session["address"]):
        attempt = view.attempt
        is_unknown = attempt["form"].partition("@")[0] == "unknown_at_domain"
        if is_unknown and attempt["sender"] == "null" and attempt["phase"] == "rcpt":
            found = RecipientReply(view.state, view.reply_text, attempt["reply"])
            return view.observation, found
    return observation, recipient_reply(observation, "unknown")


#: The recipients of the probe that make the control, as forms of relay attempts.
_CONTROL = {
    "unknown": "unknown_at_domain",
    "stranger": "plain",
    "second_stranger": "second_stranger",
    "second_unknown": "second_unknown_at_domain",
}


def _is_weighed(context: AuditContext, session: Observation, observation: Observation) -> bool:
    """Whether the server was seen to weigh recipients of the null sender on their merits: in this
    probe, or in the relay probe.
    """
    service, address = session["service"], session["address"]
    inside = observation["params"].get("tls", False)
    params = {"state": "starttls" if inside else "clear"}
    views = [
        replies.View(attempt, replies.state(attempt), {**observation, "params": params})
        for attempt in _control_attempts(observation)
    ]
    state = (params["state"], False, "", "null")
    return (
        controls.is_weighed(views)
        or proof.of_endpoint(context, service, address).is_weighing(state)
        or controls.is_external_accepted(views)
    )


def _control_attempts(observation: Observation) -> t.Iterator[dict[str, t.Any]]:
    """The recipients of the control, as relay attempts."""
    for name, reply in observation["facts"].get("rcpt", {}).items():
        if name in _CONTROL:
            yield {
                "form": _CONTROL[name],
                "path": observation["params"]["recipients"].get(name, ""),
                "sender": "null",
                "mail_from": "<>",
                "helo": "",
                "phase": "rcpt",
                "reply": reply,
            }


def _is_null_sender_refused(session: Observation, observation: Observation) -> bool:
    """Whether MAIL from <> was rejected beside a transaction of another sender that was not."""
    mail, other = observation["facts"].get("mail"), session["facts"].get("rcpt_in_clear")
    return bool(mail and mail["code"] >= 500 and other and 200 <= other["code"] < 300)


def _accepted(
    context: AuditContext,
    session: Observation,
    observation: Observation,
    names: t.Sequence[str],
    role: str,
) -> t.Iterator[Finding]:
    """Whether recipients that every host has to have are accepted. A rejection is a failure of a
    server that considers this client.
    """
    considered = _is_weighed(context, session, observation) or _is_null_sender_refused(
        session, observation
    )
    recipients = observation["params"]["recipients"]
    for name in names:
        if name not in recipients:
            continue
        path = recipients[name]
        state, text, reply = recipient_reply(observation, name)
        decisive = (reply or -1,)
        if state == replies.ACCEPTED:
            yield finding(
                PASS, f"RCPT TO:{path} is accepted.", session, observation, decisive=decisive
            )
        elif state in _REJECTED and not considered:
            yield _turned_away_finding(session, observation, text, reply)
        elif state in _REJECTED:
            yield finding(
                FAIL,
                f"Mail from <> to {path} is rejected: {text}.",
                session,
                observation,
                decisive=decisive,
            )
        else:
            yield finding(
                UNKNOWN,
                f"Mail to {path} was neither accepted nor rejected: {text}.",
                session,
                observation,
                decisive=decisive,
            )
    if not set(names) & set(recipients):
        sentence = f"No domain is known that has a {role} address."
        yield finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)


def _turned_away_finding(
    session: Observation,
    observation: Observation,
    text: str,
    reply: t.Mapping[str, t.Any] | None,
) -> Finding:
    """The finding where a rejection says nothing about its recipient."""
    sentence = (
        "The server was not seen to tell recipients of its own from external ones, so this client "
        f"may be turned away whatever it asks: {text}."
    )
    return finding(
        UNKNOWN,
        sentence,
        session,
        observation,
        decisive=(reply or -1,),
        caused_by="relay_third_party",
    )


def postmaster_accepted(
    context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    """RFC 5321 section 4.5.1: postmaster, with and without the domain."""
    return _accepted(context, session, observation, ("bare", "postmaster"), "postmaster")


def abuse_accepted(
    context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    """RFC 2142 section 4: abuse."""
    return _accepted(context, session, observation, ("abuse",), "abuse")


def unknown_users_refused(
    context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    """No mail is accepted for a user who does not exist."""
    path = observation["params"]["recipients"].get("unknown")
    is_weighed = _is_weighed(context, session, observation)
    state, text, reply = recipient_reply(observation, "unknown")
    if state in (replies.LOST, replies.DEFERRED):
        observation, (state, text, reply) = _of_relay_probe(context, session, observation)
    decisive = (reply or -1,)
    if path is None:
        sentence = "No domain is known in which to make up a user."
        yield finding(NOT_APPLICABLE, sentence, session, reason=NO_SUBJECT)
    elif state == replies.ACCEPTED:
        yield finding(
            FAIL,
            f"RCPT TO:{path}, a user who does not exist, is accepted.",
            session,
            observation,
            decisive=decisive,
        )
    elif state == replies.REFUSED and not is_weighed:
        yield _turned_away_finding(session, observation, text, reply)
    elif state == replies.REFUSED:
        yield finding(
            PASS,
            f"A recipient who does not exist is rejected: {text}.",
            session,
            observation,
            decisive=decisive,
        )
    else:
        yield finding(
            UNKNOWN,
            f"A recipient who does not exist was neither accepted nor rejected: {text}.",
            session,
            observation,
            decisive=decisive,
        )


CHECKS = (
    Check(
        id="unknown_users_refused",
        title="RCPT TO an unknown local user is rejected with 5yz (no catch-all)",
        title_failed="Mail for an unknown local user accepted at RCPT TO",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_conformance", unknown_users_refused),
        control=(
            "In the same session, two unknown users are rejected in another way than two external "
            "recipients; or the control of relay_null_sender."
        ),
        false_pass="Reject made-up local parts by a pattern, and accept other unknown users.",
        impact=(
            "Mail that cannot be delivered is bounced to forged senders (backscatter), which gets "
            "the host listed on DNSBLs. A catch-all collects mistyped and guessed addresses."
        ),
        fix={
            "roles": (
                "The postfix role lists all users in virtual_mailbox_maps. Remove catch-all "
                "entries (@example.org) from mail_aliases."
            ),
            "postfix": (
                "Set local_recipient_maps, virtual_mailbox_maps and relay_recipient_maps to "
                "tables of all users, and remove catch-all entries such as @example.org."
            ),
            "exim": (
                "Set require verify = recipient in acl_smtp_rcpt, and remove catch-all aliases."
            ),
            "opensmtpd": "Remove catch-all entries (@ or @example.org) from the virtual table.",
            "sendmail": (
                "Remove catch-all entries (@example.org) from virtusertable, and unset LUSER_RELAY."
            ),
            "any": "Reject unknown recipients at RCPT TO, and remove catch-all addresses.",
        },
        references=("https://www.postfix.org/BACKSCATTER_README.html", rfc(5321, "6.2")),
        peers=("nmap smtp-enum-users (takes a catch-all for a list of users)",),
    ),
    Check(
        id="postmaster_accepted",
        title="Mail from <> to postmaster and to postmaster@domain is accepted",
        title_failed="Mail from <> to postmaster rejected",
        group="conformance",
        severity="medium",
        evaluate=beside_session("smtp_conformance", postmaster_accepted),
        control=(
            "In the same session, two unknown users are rejected in another way than two external "
            "recipients, before a rejection counts; an acceptance needs none."
        ),
        false_pass="Accept postmaster at RCPT, and discard or bounce the message later.",
        impact=(
            "Other operators cannot report problems, and may block the host instead. Where the "
            "null sender is rejected, bounces are lost."
        ),
        fix={
            "roles": (
                "The postfix role accepts postmaster for each of mail_domains. Set its reader in "
                "mail_aliases."
            ),
            "postfix": (
                "Set postmaster for each domain in virtual_alias_maps or alias_maps, and reject "
                "no mail from <>."
            ),
            "exim": (
                "Set postmaster in /etc/aliases, and accept local_parts = postmaster, domains = "
                "+local_domains in acl_smtp_rcpt."
            ),
            "opensmtpd": "Set postmaster in the aliases or virtual table of each domain.",
            "sendmail": (
                "Set postmaster in /etc/mail/aliases and, for virtual domains, in virtusertable."
            ),
            "any": "Accept postmaster for each domain and without a domain, also from <>.",
        },
        references=(rfc(5321, "4.5.1"),),
        peers=("Mail-in-a-Box (looks at its own aliases only)",),
    ),
    Check(
        id="abuse_accepted",
        title="Mail from <> to abuse@domain is accepted (RFC 2142)",
        title_failed="Mail from <> to abuse@domain rejected",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_conformance", abuse_accepted),
        control=(
            "In the same session, two unknown users are rejected in another way than two external "
            "recipients, before a rejection counts; an acceptance needs none."
        ),
        false_pass="Accept abuse at RCPT, and discard or bounce the message later.",
        impact=(
            "Reports about spam from a stolen account do not arrive. The first sign is then a "
            "DNSBL listing."
        ),
        fix={
            "roles": (
                "The postfix role accepts abuse for each of mail_domains. Set its reader in "
                "mail_aliases."
            ),
            "postfix": "Set abuse for each domain in virtual_alias_maps or alias_maps.",
            "exim": "Set abuse in /etc/aliases for each domain.",
            "opensmtpd": "Set abuse in the aliases or virtual table of each domain.",
            "sendmail": (
                "Set abuse in /etc/mail/aliases and, for virtual domains, in virtusertable."
            ),
            "any": "Accept abuse for each domain, also from <>.",
        },
        references=(rfc(2142, "2"), rfc(2142, "4")),
        peers=("Mail-in-a-Box (looks at its own aliases only)",),
    ),
)
