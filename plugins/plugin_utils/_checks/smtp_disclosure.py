# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers disclose: users by VRFY, aliases by EXPN, their version.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols.smtp import NOT_UNDERSTOOD

from .base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    per_endpoint,
    reply_text,
    rfc,
)
from .mailstore_replies import capability_lines, greeting_lines, reply_lines
from .smtp_recipients import beside_session

#: Codes that are about a command, whoever sends it (RFC 5321 section 4.2.4, RFC 3207 section 4).
NOT_KNOWN = (*NOT_UNDERSTOOD, 530)
_VERSION = re.compile(r"v?\d+(\.\d+)+[a-z]?\d*", re.I)


def users_not_disclosed(_context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    known = session["facts"].get("vrfy_known")
    unknown = session["facts"].get("vrfy_unknown")
    if known is None or unknown is None:
        yield finding(
            UNKNOWN, f"VRFY was not answered: {error_text(session)}.", session, decisive=(-1,)
        )
        return
    mails = [session["facts"].get(key) for key in ("mail_in_clear", "mail_tls")]
    answered = any(mail and mail["code"] < 400 for mail in mails)
    status, sentence = _compare_vrfy(known, unknown, answered)
    yield finding(status, sentence, session, decisive=(known, unknown))


def _compare_vrfy(
    known: t.Mapping[str, t.Any], unknown: t.Mapping[str, t.Any], answered: bool
) -> tuple[str, str]:
    """Status and sentence, from the replies to VRFY for an existing and for an unknown user.

    answered: whether the server took a sender of this client, so that it does not turn it away.
    """
    both = f"{reply_text(known)}; {reply_text(unknown)}"
    codes = {known["code"], unknown["code"]}
    if any(400 <= code < 500 for code in codes):
        return UNKNOWN, f"VRFY was deferred: {both}."
    if len(codes) == 2 and codes.intersection(NOT_UNDERSTOOD):
        return UNKNOWN, f"VRFY was not understood, so no user was looked up: {both}."
    if known["code"] == 550 and "unknown" in known["text"].lower():
        sentence = (
            "VRFY does not find postmaster either, so the test has no existing user: "
            f"{reply_text(known)}."
        )
        return UNKNOWN, sentence
    if known["code"] >= 500 and known["code"] not in NOT_KNOWN and not answered:
        return UNKNOWN, f"Nothing shows that the server answers this client: {both}."
    if len(codes) == 2:
        sentence = (
            f"VRFY distinguishes users: {reply_text(known)} for an existing one, "
            f"{reply_text(unknown)} for an unknown one."
        )
        return FAIL, sentence
    return PASS, f"VRFY is answered {reply_text(known)} for existing and for unknown users."


def answers_this_client(observation: Observation) -> bool:
    """Whether HELP was answered, so that a refusal is about the command and not the client."""
    reply = observation["facts"].get("help")
    return bool(reply) and 200 <= reply["code"] < 300


def lists_not_disclosed(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    reply = observation["facts"].get("expn")
    if reply is None:
        sentence = f"EXPN was not answered: {error_text(observation)}."
        yield finding(UNKNOWN, sentence, session, observation, decisive=(-1,))
        return
    sentence = f"EXPN postmaster was answered {reply_text(reply).rstrip('.')}."
    if reply["code"] in (250, 251):
        status = FAIL
    elif reply["code"] in (252, *NOT_KNOWN) or (
        reply["code"] >= 500 and answers_this_client(observation)
    ):
        status = PASS
    else:
        status = UNKNOWN
    yield finding(status, sentence, session, observation, decisive=(reply,))


class Announcement(t.NamedTuple):
    """A text in which a service may name its version, with the lines in which it stands."""

    text: str
    observation: Observation
    decisive: t.Sequence[t.Mapping[str, t.Any] | int | None]


def _announcements(context: AuditContext, session: Observation) -> list[Announcement]:
    """What a service announces of itself, without addresses in brackets and reply codes."""
    facts = session["facts"]
    stored = [
        (session, facts[key]) for key in ("greeting", "ehlo") if isinstance(facts.get(key), dict)
    ]
    stored += [
        (observation, observation["facts"]["help"])
        for observation in context.of("smtp_commands", session["service"], session["address"])
        if "help" in observation["facts"]
    ]
    found = [
        Announcement(
            " ".join(word for word in reply["text"].split() if word != reply["enhanced"]),
            observation,
            (reply,),
        )
        for observation, reply in stored
    ]
    found += _mailstore_announcements(session)
    return [item._replace(text=re.sub(r"\[[^\]]*\]", "", item.text)) for item in found]


def _mailstore_announcements(session: Observation) -> list[Announcement]:
    """The greeting, ID and IMPLEMENTATION of a mail store."""
    facts = session["facts"]
    texts: list[tuple[str, tuple[int, ...]]] = []
    if isinstance(facts.get("greeting"), str):
        texts.append((facts["greeting"], greeting_lines(session)))
    if "id" in facts:
        texts.append((facts["id"], reply_lines(session, "a6 ID NIL")))
    texts += [
        (line, capability_lines(session))
        for line in facts.get("capa") or ()
        if line.upper().startswith("IMPLEMENTATION")
    ]
    if isinstance(facts.get("capabilities"), dict):
        implementation = facts["capabilities"].get("IMPLEMENTATION", "")
        texts.append((implementation, capability_lines(session)))
    return [Announcement(text, session, lines) for text, lines in texts]


def no_version_told(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    addresses = (session["address"], session.get("source"))
    announcements = _announcements(context, session)
    for text, observation, decisive in announcements:
        for word in re.split(r'[\s()/;,"=_-]+', text):
            if _VERSION.fullmatch(word) and word not in addresses:
                sentence = f"The server announces its version {word}: {text}"
                yield finding(FAIL, sentence, session, observation, decisive=decisive)
                return
    if "greeting" in session["facts"]:
        yield finding(
            PASS,
            "The server announces no version.",
            session,
            decisive=announcements[0].decisive if announcements else (),
        )
    else:
        yield finding(
            UNKNOWN,
            f"The server sent no greeting: {error_text(session)}.",
            session,
            decisive=(-1,),
        )


CHECKS = (
    Check(
        id="users_not_disclosed",
        title="VRFY (ports 25, 587, 465) gives known and unknown users the same reply code",
        title_failed="VRFY distinguishes existing from unknown users",
        group="conformance",
        severity="low",
        evaluate=per_endpoint(("smtp", "submission", "submissions"), users_not_disclosed),
        control=(
            "The same code for both users decides; where it is a refusal that may be of the "
            "client, MAIL has to be accepted in the same session."
        ),
        false_pass=("It would have to tell users apart by the text of the reply or by its time."),
        impact="An attacker can collect valid addresses for spam and password guessing.",
        fix={
            "roles": (
                "The postfix role sets disable_vrfy_command = yes. Remove the override from "
                "postfix_settings and run the role again."
            ),
            "postfix": "Set disable_vrfy_command = yes.",
            "exim": "Remove acl_smtp_vrfy; unset, VRFY is denied.",
            "sendmail": "Set define(`confPRIVACY_FLAGS', `goaway').",
            "any": "Disable VRFY, or answer 252 to every VRFY.",
        },
        references=(rfc(5321, "3.5.3"), rfc(5321, "7.3")),
        peers=("nmap smtp-enum-users",),
    ),
    Check(
        id="lists_not_disclosed",
        title="EXPN is disabled: it expands no alias",
        title_failed="EXPN expands an alias",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_commands", lists_not_disclosed),
        control=(
            "252 and the codes for a command that is not known or not implemented decide (500 to "
            "504, 530); any other refusal counts where HELP is answered with 2yz in the same "
            "session."
        ),
        false_pass=("It would have to expand aliases other than postmaster."),
        impact=(
            "EXPN shows the members of aliases and mailing lists, such as the persons behind "
            "postmaster."
        ),
        fix={
            "roles": "Postfix has no EXPN. Look for another server or a proxy on port 25.",
            "exim": "Remove acl_smtp_expn; unset, EXPN is denied.",
            "sendmail": "Set define(`confPRIVACY_FLAGS', `goaway').",
            "any": "Disable EXPN.",
        },
        references=(rfc(5321, "3.5.2"), rfc(5321, "7.3")),
        peers=("nmap smtp-enum-users",),
    ),
    Check(
        id="no_version_told",
        title="No version number in greeting, EHLO, HELP, IMAP ID or IMPLEMENTATION",
        title_failed="Service discloses its software version",
        group="conformance",
        severity="info",
        evaluate=per_endpoint(tuple(_model.SERVICES), no_version_told),
        control=("None needed: what the server announces is the evidence."),
        false_pass=("It would have to write its version in another form than numbers with dots."),
        impact=(
            "An attacker with an exploit for one version can pick matching hosts by their "
            "banners. Hiding the version closes no hole."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_banner = $myhostname ESMTP. Remove the override from "
                "postfix_settings and run the role again."
            ),
            "postfix": "Set smtpd_banner = $myhostname ESMTP.",
            "exim": "Set smtp_banner = $smtp_active_hostname ESMTP.",
            "dovecot": "Set login_greeting and imap_id_send without a version.",
            "sendmail": (
                "Set define(`confSMTP_LOGIN_MSG', `$j ESMTP'), and install an empty helpfile."
            ),
            "cyrus": "Set serverinfo: off in imapd.conf.",
            "any": "Remove version numbers from banners and capability replies.",
        },
        references=(rfc(5321, "4.3.1"),),
        peers=("nmap smtp-commands (lists only)", "mxcheck", "DomainDetective"),
    ),
)
