# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a server tells, takes and does beside relaying: sessions in, findings out (RFC
5321, 1870, 2142).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smtp_conformance
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

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
from .relay import replies

_VERSION = re.compile(r"v?\d+(\.\d+)+[a-z]?\d*", re.I)
_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)
#: Names that mean something on one machine only (RFC 2606, 6761, 6762).
_NOWHERE = (".localdomain", ".localhost", ".local", ".invalid", ".lan", ".internal")
_TOO_LONG = re.compile(r"long|length|size|exceed|limit", re.I)
#: A command or a parameter was not known to the server.
_NOT_KNOWN = (500, 501, 502, 504, 555)
Look = t.Callable[[AuditContext, Observation, Observation], t.Iterable[Finding]]


def _seen_by(probe: str, look: Look) -> Evaluator:
    """A judge of what a probe saw on port 25, beside the session there."""

    @functools.wraps(look)
    def beside(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
        found = context.of(probe, session["service"], session["address"])
        if found:
            yield from look(context, session, found[0])
        else:
            yield finding(UNKNOWN, f"Nothing was asked: {error_text(session)}.", session)

    return per_endpoint(("smtp",), beside)


def _recipient(seen: Observation, name: str) -> tuple[str, str]:
    """The state of a recipient, as that of a relay attempt, and the reply in words."""
    reply, phase = seen["facts"].get("rcpt", {}).get(name), "rcpt"
    mail = seen["facts"].get("mail")
    if reply is None and mail and mail["code"] != 250:
        reply, phase = mail, "mail"
    if reply is None:
        return replies.LOST, error_text(seen)
    return replies.state({"phase": phase, "reply": reply, "form": "unknown_at_domain"}), reply_text(
        reply
    ).rstrip(".")


def _accepted(
    session: Observation, seen: Observation, names: t.Sequence[str], who: str
) -> t.Iterator[Finding]:
    """Whether recipients that every host has to have are accepted."""
    for name in names:
        path = seen["params"]["recipients"].get(name)
        if path is None:
            continue
        state, words = _recipient(seen, name)
        if state == replies.ACCEPTED:
            yield finding(PASS, f"Mail for {path} is taken.", session, seen)
        elif state in (replies.REFUSED, replies.REFUSED_FOR_NOW, replies.SENDER_REFUSED):
            yield finding(FAIL, f"Mail for {path} from <> is refused: {words}.", session, seen)
        else:
            yield finding(
                UNKNOWN, f"Whether mail for {path} is taken was not seen: {words}.", session, seen
            )
    if not set(names) & set(seen["params"]["recipients"]):
        yield finding(
            NOT_APPLICABLE, f"No domain is known whose {who} could be written to.", session
        )


def postmaster_accepted(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    """RFC 5321 section 4.5.1: postmaster, with and without the domain."""
    return _accepted(session, seen, ("bare", "postmaster"), "postmaster")


def abuse_accepted(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    """RFC 2142 section 4: abuse."""
    return _accepted(session, seen, ("abuse",), "abuse desk")


def unknown_users_refused(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    path = seen["params"]["recipients"].get("unknown")
    state, words = _recipient(seen, "unknown")
    if path is None:
        yield finding(NOT_APPLICABLE, "No domain is known to make up a user in.", session)
    elif state == replies.ACCEPTED:
        yield finding(FAIL, f"Mail for {path}, who cannot exist, is taken.", session, seen)
    elif state == replies.REFUSED:
        yield finding(PASS, f"Mail for a user who cannot exist is refused: {words}.", session, seen)
    else:
        yield finding(
            UNKNOWN,
            f"Whether mail for a user who cannot exist is taken was not seen: {words}.",
            session,
            seen,
        )


def lists_not_disclosed(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    reply = seen["facts"].get("expn")
    if reply and reply["code"] in (250, 251):
        yield finding(
            FAIL, f"EXPN postmaster was answered {reply_text(reply).rstrip('.')}.", session, seen
        )
    elif reply and (reply["code"] >= 500 or reply["code"] == 252):
        yield finding(PASS, f"EXPN was answered {reply_text(reply).rstrip('.')}.", session, seen)
    else:
        yield finding(
            UNKNOWN,
            f"EXPN was not answered: {reply_text(reply) if reply else error_text(seen)}.",
            session,
            seen,
        )


def _told(context: AuditContext, seen: Observation) -> list[str]:
    """Everything that a service said of itself, without addresses in brackets and reply codes."""
    facts = seen["facts"]
    replies = [facts[key] for key in ("greeting", "ehlo") if isinstance(facts.get(key), dict)]
    replies += [
        other["facts"]["help"]
        for other in context.of("smtp_commands", seen["service"], seen["address"])
        if "help" in other["facts"]
    ]
    told = [
        " ".join(word for word in reply["text"].split() if word != reply["enhanced"])
        for reply in replies
    ]
    told += [facts["greeting"]] if isinstance(facts.get("greeting"), str) else []
    told += [facts["id"]] if "id" in facts else []
    told += [line for line in facts.get("capa") or () if line.upper().startswith("IMPLEMENTATION")]
    if isinstance(facts.get("capabilities"), dict):
        told.append(facts["capabilities"].get("IMPLEMENTATION", ""))
    return [re.sub(r"\[[^\]]*\]", "", text) for text in told]


def no_version_told(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    known = (seen["address"], seen.get("source"))
    for text in _told(context, seen):
        for word in re.split(r'[\s()/;,"=_-]+', text):
            if _VERSION.fullmatch(word) and word not in known:
                yield finding(FAIL, f"It tells that it is version {word}: {text}", seen)
                return
    if "greeting" in seen["facts"]:
        yield finding(PASS, "It tells no version.", seen)
    else:
        yield finding(UNKNOWN, f"The greeting was not seen: {error_text(seen)}.", seen)


def greeting_name(_context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    greeting, ehlo = seen["facts"].get("greeting"), seen["facts"].get("ehlo")
    if not greeting or not ehlo or not 200 <= ehlo["code"] < 300:
        yield finding(UNKNOWN, f"Greeting and EHLO reply were not seen: {error_text(seen)}.", seen)
        return
    first, second = (reply["text"].partition(" ")[0] for reply in (greeting, ehlo))
    if not _NAME.fullmatch(first) or first.lower().endswith(_NOWHERE):
        yield finding(FAIL, f"It greets as {first!r}, which is no full host name.", seen)
    elif first.lower() != second.lower():
        yield finding(FAIL, f"It greets as {first} but answers EHLO as {second}.", seen)
    else:
        yield finding(PASS, f"It calls itself {first}.", seen)


def minimum_limits(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    line, path, bad = seen["facts"].get("long_line"), seen["facts"].get("long_path"), []
    if line and (line["code"] == 500 or (line["code"] > 500 and _TOO_LONG.search(line["text"]))):
        bad.append(f"a line of {smtp_conformance.LINE} octets was answered {reply_text(line)}")
    if (
        path
        and path["code"] in (500, 501, 552, 553)
        and _TOO_LONG.search(smtp_reply_text.ECHO.sub("", path["text"]))
    ):
        bad.append(f"a path of {smtp_conformance.PATH} octets was answered {reply_text(path)}")
    if bad:
        yield finding(FAIL, f"Less than every server has to take: {'; '.join(bad)}.", session, seen)
    elif line and line["code"] < 400 and path and path["code"] != 421:
        yield finding(
            PASS,
            (
                f"Lines of {smtp_conformance.LINE} octets and paths of {smtp_conformance.PATH} are "
                "taken."
            ),
            session,
            seen,
        )
    else:
        reason = (
            error_text(seen)
            if seen["error"]
            else reply_text(line)
            if line and line["code"] >= 400
            else _recipient(seen, "postmaster")[1]
        )
        yield finding(UNKNOWN, f"Not seen: {reason.rstrip('.')}.", session, seen)


def size_limit(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    facts = seen["facts"]
    limit, reply = facts.get("extensions", {}).get("SIZE"), facts.get("oversize")
    if "extensions" not in facts:
        yield finding(UNKNOWN, f"The EHLO reply was not seen: {error_text(seen)}.", session, seen)
    elif limit is None:
        yield finding(NOT_APPLICABLE, "SIZE is not offered.", session)
    elif not limit.isdigit() or not int(limit):
        yield finding(
            FAIL,
            "SIZE is offered without a limit: a message may be as large as somebody likes.",
            session,
            seen,
        )
    elif reply is None or 400 <= reply["code"] < 500 or reply["code"] in (503, 530):
        words = reply_text(reply) if reply else _recipient(seen, "")[1]
        yield finding(
            UNKNOWN, f"A message above the limit could not be announced: {words}.", session, seen
        )
    elif reply["code"] < 300:
        yield finding(
            FAIL,
            f"A message above the stated limit of {limit} octets is let in: {reply_text(reply)}.",
            session,
            seen,
        )
    else:
        yield finding(
            PASS,
            (
                f"A message above the limit of {limit} octets is refused before it is sent: "
                f"{reply_text(reply)}."
            ),
            session,
            seen,
        )


def extensions_work(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    facts = seen["facts"]
    asked = facts.get("promised", [])
    broken = [entry for entry in asked if entry["reply"]["code"] in _NOT_KNOWN]
    odd = [
        entry
        for entry in asked
        if entry["reply"]["code"] >= 400 and entry["reply"]["code"] != 503 and entry not in broken
    ]
    for entry in broken:
        yield finding(
            FAIL,
            f"EHLO offers it, but {entry['words']} was answered {reply_text(entry['reply'])}.",
            session,
            seen,
        )
    if odd:
        yield finding(
            UNKNOWN, f"{odd[0]['words']} was answered {reply_text(odd[0]['reply'])}.", session, seen
        )
    elif not asked or seen["error"]:
        mail = facts.get("mail")
        yield finding(
            UNKNOWN,
            f"Not seen: {reply_text(mail) if mail and mail['code'] != 250 else error_text(seen)}.",
            session,
            seen,
        )
    elif not broken:
        yield finding(
            PASS,
            f"What EHLO offers is taken: {', '.join(entry['words'] for entry in asked)}.",
            session,
            seen,
        )


def old_commands_refused(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    replies = seen["facts"].get("verbs", {})
    taken = [verb for verb, reply in replies.items() if reply["code"] < 400]
    if taken:
        yield finding(
            FAIL, f"{taken[0]} was answered {reply_text(replies[taken[0]])}.", session, seen
        )
    elif len(replies) < len(smtp_conformance.VERBS) or any(
        reply["code"] < 500 for reply in replies.values()
    ):
        soft = [reply for reply in replies.values() if reply["code"] < 500]
        yield finding(
            UNKNOWN,
            f"Not all were answered: {reply_text(soft[0]) if soft else error_text(seen)}.",
            session,
            seen,
        )
    else:
        yield finding(PASS, f"{', '.join(replies)} are refused.", session, seen)


def http_rejected(
    _context: AuditContext, session: Observation, seen: Observation
) -> t.Iterable[Finding]:
    replies = seen["facts"].get("replies", [])
    done = [reply for reply in replies if reply["code"] == 250]
    if len(done) > 1:
        yield finding(
            FAIL,
            "A request for a web page was forgiven, and the EHLO and MAIL in it were carried out.",
            session,
            seen,
        )
    elif seen["facts"].get("closed") and replies[-1]["code"] != 421:
        yield finding(
            PASS,
            f"A request for a web page ends the session: {reply_text(replies[-1]).rstrip('.')}.",
            session,
            seen,
        )
    elif seen["facts"].get("closed") and len(replies) > 1:
        yield finding(
            PASS,
            f"A request for a web page ends the session, at last: {reply_text(replies[-1]).rstrip('.')}.",
            session,
            seen,
        )
    else:
        yield finding(
            UNKNOWN,
            f"Not seen: {error_text(seen) if seen['error'] else 'the server talked on'}.",
            session,
            seen,
        )


_SMTP = tuple(name for name, service in _model.SERVICES.items() if service.protocol == "smtp")


CHECKS = (
    Check(
        id="lists_not_disclosed",
        title="EXPN is disabled: it expands no alias",
        title_failed="EXPN expands an alias",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_commands", lists_not_disclosed),
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
        id="unknown_users_refused",
        title="RCPT TO an unknown local user is rejected with 5yz (no catch-all)",
        title_failed="Mail for an unknown local user accepted at RCPT TO",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_conformance", unknown_users_refused),
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
        id="no_version_told",
        title="No version number in greeting, EHLO, HELP, IMAP ID or IMPLEMENTATION",
        title_failed="Service discloses its software version",
        group="conformance",
        severity="info",
        evaluate=per_endpoint(tuple(_model.SERVICES), no_version_told),
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
    Check(
        id="greeting_name",
        title="The SMTP greeting gives an FQDN, and the EHLO reply gives the same name",
        title_failed="SMTP greeting without FQDN, or different from the EHLO reply",
        group="conformance",
        severity="low",
        evaluate=per_endpoint(_SMTP, greeting_name),
        impact=(
            "Other servers expect one fully qualified name. A name that is not, or that changes, "
            "gets mail rejected and makes logs hard to read."
        ),
        fix={
            "roles": "Set mail_hostname to the FQDN of the host.",
            "postfix": "Set myhostname to the FQDN, and begin smtpd_banner with $myhostname.",
            "exim": "Set primary_hostname to the FQDN.",
            "opensmtpd": (
                "Set the FQDN in /etc/mail/mailname (Debian: /etc/mailname), or listen on ... "
                "hostname."
            ),
            "sendmail": (
                "Set the FQDN in /etc/hosts, or define(`confDOMAIN_NAME', `mx1.example.org')."
            ),
            "any": "Set the server name to the FQDN of the host.",
        },
        references=(rfc(5321, "4.3.1"), rfc(5321, "4.1.1.1")),
        peers=("DomainDetective",),
    ),
    Check(
        id="postmaster_accepted",
        title="Mail from <> to postmaster and to postmaster@domain is accepted",
        title_failed="Mail from <> to postmaster rejected",
        group="conformance",
        severity="medium",
        evaluate=_seen_by("smtp_conformance", postmaster_accepted),
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
        evaluate=_seen_by("smtp_conformance", abuse_accepted),
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
    Check(
        id="minimum_limits",
        title="Command lines of 512 and paths of 256 octets are accepted (RFC 5321 limits)",
        title_failed="Command line of 512 or path of 256 octets rejected as too long",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_conformance", minimum_limits),
        impact=(
            "Valid mail with long commands or addresses is rejected, rarely and without a visible "
            "pattern."
        ),
        fix={
            "roles": (
                "The postfix role does not limit them. Remove line_length_limit from "
                "postfix_settings, and look for a filter in front."
            ),
            "postfix": (
                "Set line_length_limit = 2048 (the default), and look for a filter or firewall in "
                "front."
            ),
            "sendmail": (
                "Sendmail accepts one octet less in a path than RFC 5321 demands, and has no "
                "setting for it: waive this check."
            ),
            "any": (
                "Raise the limit, and look for a filter or firewall that shortens SMTP commands."
            ),
        },
        references=(rfc(5321, "4.5.3.1"),),
    ),
    Check(
        id="size_limit",
        title="EHLO SIZE states a limit, and MAIL FROM with a larger SIZE is rejected",
        title_failed="SIZE states no limit, or MAIL FROM above the limit is accepted",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_conformance", size_limit),
        impact=(
            "Without a limit one sender can fill the disk. Where MAIL FROM ignores it, messages "
            "that are too large are transferred in full, again and again for days."
        ),
        fix={
            "roles": "Set postfix_message_size_limit to a number above 0.",
            "postfix": "Set message_size_limit = 26214400 or another number above 0.",
            "exim": "Set message_size_limit = 50M (the default).",
            "opensmtpd": "Set smtp max-message-size 35M.",
            "sendmail": "Set define(`confMAX_MESSAGE_SIZE', `52428800').",
            "any": "Set a message size limit, and apply it at MAIL FROM.",
        },
        references=(rfc(1870, "6.1"),),
    ),
    Check(
        id="extensions_work",
        title="Announced EHLO extensions work: 8BITMIME, DSN, SMTPUTF8, CHUNKING",
        title_failed="Extension announced in EHLO but rejected when used",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_conformance", extensions_work),
        impact=(
            "Senders use what EHLO announces, and their mail is rejected. The usual cause is a "
            "proxy or filter that announces more than it supports."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_discard_ehlo_keywords. Remove the override from "
                "postfix_settings, and look for a filter in front."
            ),
            "postfix": (
                "Set smtpd_discard_ehlo_keywords to the keywords that a proxy or filter in front "
                "does not support."
            ),
            "exim": (
                "Set chunking_advertise_hosts, dsn_advertise_hosts or smtputf8_advertise_hosts to "
                "an empty list."
            ),
            "opensmtpd": "Set no-dsn in the listen line if DSN is not supported.",
            "any": "Have the proxy or filter announce only the extensions that it supports.",
        },
        references=(rfc(5321, "2.2"),),
    ),
    Check(
        id="old_commands_refused",
        title="The obsolete SMTP commands DEBUG, TURN and VERB are rejected",
        title_failed="Obsolete SMTP command accepted (DEBUG, TURN or VERB)",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_commands", old_commands_refused),
        impact=(
            "DEBUG once gave a shell to remote attackers, VERB shows details of delivery, and "
            "TURN hands queued mail to the client."
        ),
        fix={
            "roles": "Postfix does not know them. Look for another server or a proxy on port 25.",
            "sendmail": "Set define(`confPRIVACY_FLAGS', `goaway').",
            "any": "Disable DEBUG, TURN and VERB, and look for a proxy in front of the server.",
        },
        references=(rfc(5321, "appendix-F.1"), rfc(2505, "2.11")),
    ),
    Check(
        id="http_rejected",
        title="HTTP POST with SMTP commands ends the session (cross-protocol attack)",
        title_failed="SMTP commands inside an HTTP POST executed (cross-protocol attack)",
        group="conformance",
        severity="low",
        evaluate=_seen_by("smtp_http", http_rejected),
        impact=(
            "A web page can have a browser inside the network send SMTP commands to this host. "
            "They are executed with the trust given to the browser's address."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_unauth_pipelining = yes. Remove it and "
                "smtpd_forbidden_commands from postfix_settings, and run the role again."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes, and remove smtpd_forbidden_commands "
                "from main.cf (the default has GET and POST)."
            ),
            "exim": "Set smtp_enforce_sync = true (the default).",
            "any": "Close the session at an HTTP method, or after a few unknown commands.",
        },
        references=(
            "https://alpaca-attack.com/",
            "https://www.postfix.org/postconf.5.html#smtpd_forbidden_commands",
        ),
    ),
)
