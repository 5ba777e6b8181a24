# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody who is no user can log in: under a made-up name, or with a well-known password.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import login, plan_login

from .auth import INSIDE, mechanism_lists
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

Attempt = t.Mapping[str, t.Any]
_ALL = tuple(_model.SERVICES)
#: The reply of SMTP to wrong credentials (RFC 4954 section 6).
_WRONG = 535
#: Response codes of a NO or -ERR that is about something else than the credentials.
_OTHER_CAUSE = (
    *("UNAVAILABLE", "PRIVACYREQUIRED", "CONTACTADMIN", "SERVERBUG", "LIMIT", "INUSE"),
    *("SYS/TEMP", "SYS/PERM", "IN-USE", "LOGIN-DELAY"),
    *("ENCRYPT-NEEDED", "AUTH-TOO-WEAK", "TRYLATER", "REFERRAL"),
)


def _said(attempt: Attempt) -> str:
    """The reply to a login, as it stood on the wire."""
    if attempt.get("reply"):
        return reply_text(attempt["reply"])
    answer = attempt["answer"]
    return f"{answer['status']} {answer['rest']}".strip()


def _is_refused(attempt: Attempt) -> bool:
    """Whether the server says that these credentials are wrong, as a standard defines it."""
    if attempt.get("reply"):
        return bool(attempt["reply"]["code"] == _WRONG)
    answer = attempt.get("answer")
    if not answer or answer["status"] not in ("NO", "-ERR"):
        return False
    code = answer["rest"].lstrip('[(" ').upper()
    return not code.startswith(_OTHER_CAUSE)


def _attempts(seen: Observation) -> list[Attempt]:
    """The logins of a connection that got an answer."""
    attempts = seen["facts"].get("attempts", [])
    return [entry for entry in attempts if entry.get("reply") or entry.get("answer")]


def _reply(attempt: Attempt) -> Attempt:
    return attempt.get("reply") or attempt["answer"]


def _taken(seen: Observation) -> Finding | None:
    """The finding for a login that succeeded."""
    for attempt in _attempts(seen):
        if login.is_taken(t.cast("t.Any", attempt)):
            return finding(
                FAIL,
                f"{attempt['command']} as {attempt['user']} with the password "
                f"{attempt['password']} was accepted: {_said(attempt).rstrip('.')}.",
                seen,
                decisive=(_reply(attempt),),
            )
    return None


def _undecided(seen: Observation) -> Finding | None:
    """The finding for a login that was neither accepted nor refused for its credentials."""
    attempts = _attempts(seen)
    others = [attempt for attempt in attempts if not _is_refused(attempt)]
    if others:
        sentence = f"{others[0]['command']} was answered {_said(others[0]).rstrip('.')}"
        text = f"{sentence}, which does not say that the credentials are wrong."
        return finding(UNKNOWN, text, seen, decisive=(_reply(others[0]),))
    if not attempts:
        return finding(
            UNKNOWN, f"The login was not answered: {error_text(seen)}.", seen, decisive=(-1,)
        )
    return None


def made_up_login_refused(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    tried = [
        seen
        for seen in context.of("login", session["service"], session["address"])
        if seen["params"].get("purpose") == plan_login.MADE_UP
    ]
    if not tried:
        yield _not_tried(session)
    for seen in tried:
        attempt = (_attempts(seen) or [{}])[0]
        yield (
            _taken(seen)
            or _undecided(seen)
            or finding(
                PASS,
                f"{attempt['command']} as a made-up user was rejected: "
                f"{_said(attempt).rstrip('.')}.",
                seen,
                decisive=(_reply(attempt),),
            )
        )


def _not_tried(session: Observation) -> Finding:
    """Why there was no login: SMTP offers none inside TLS, or the session ended before."""
    offered = mechanism_lists(session).get(INSIDE)
    if _model.SERVICES[session["service"]].protocol == "smtp" and offered and offered.names == []:
        sentence = "AUTH is not offered here."
        return finding(
            NOT_APPLICABLE, sentence, session, decisive=offered.decisive, reason=NO_SUBJECT
        )
    return finding(UNKNOWN, f"No login was tried: {error_text(session)}.", session)


def well_known_logins_refused(context: AuditContext) -> list[Finding]:
    logins = context.of("login")
    tried = [seen for seen in logins if seen["params"].get("purpose") == plan_login.GUESS]
    if not tried:
        return per_endpoint(_ALL, lambda _context, session: [_not_tried(session)])(context)
    for seen in tried:
        taken = _taken(seen)
        if taken:
            return [taken]
    pairs = [f"{user}/{password}" for seen in tried for user, password in seen["params"]["logins"]]
    for seen in tried:
        undecided = _undecided(seen)
        if undecided:
            text = f"{undecided.sentence} Tried: {', '.join(pairs)}."
            return [undecided._replace(sentence=text)]
    count = f"{len(pairs)} logins were" if len(pairs) > 1 else "One login was"
    return [
        finding(
            PASS,
            f"{count} tried and rejected: {', '.join(pairs)}.",
            tried[-1],
            decisive=(_reply(_attempts(tried[-1])[0]),),
        )
    ]


CHECKS = (
    Check(
        id="made_up_login_refused",
        title="A made-up user with a made-up password cannot log in (SMTP, IMAP, POP3, Sieve)",
        title_failed="Login as a made-up user with a made-up password accepted",
        group="auth",
        severity="critical",
        opt_in="login",
        evaluate=per_endpoint(_ALL, made_up_login_refused),
        control=(
            "The refusal has to say by the code of a standard that the credentials are wrong (535, "
            "NO, -ERR), inside TLS, where the service offers a login; any other code is unknown."
        ),
        false_pass=(
            "It would have to refuse the user of the probe alone, or accept any password of a user "
            "who exists."
        ),
        impact=(
            "Anybody logs in with any name and any password. Spammers send through the host, and "
            "everybody may read mail."
        ),
        fix={
            "roles": (
                "The dovecot role has one passdb, a file of users. Remove passdbs from "
                "dovecot_settings and run the role again."
            ),
            "dovecot": "Remove passdbs that accept any password (static without a password).",
            "exim": "Set server_condition of each authenticator to check the password.",
            "any": "Check the password of every login against the list of users.",
        },
        references=(rfc(4954, "4"), rfc(9051, "6.2.3")),
    ),
    Check(
        id="well_known_logins_refused",
        title="No login with a pair that everybody knows, such as admin and admin (5 pairs)",
        title_failed="Login with a well-known user and password accepted",
        group="auth",
        severity="critical",
        opt_in="guess",
        evaluate=well_known_logins_refused,
        control=(
            "The refusal has to say by the code of a standard that the credentials are wrong (535, "
            "NO, -ERR), for each pair in a connection of its own; any other code is unknown."
        ),
        false_pass=(
            "It would have to accept a pair that is not among the five, or ban the vantage before "
            "they were tried and answer as if the password were wrong."
        ),
        impact=(
            "Password guessing begins with these pairs. Spammers send through the host within "
            "hours, and DNSBLs list it."
        ),
        fix={
            "roles": (
                "Set another password for the user: the dovecot role takes hashes from "
                "mail_users, and the filter password_weakness names weak passwords."
            ),
            "any": "Set another password for the user, or remove the user.",
        },
        references=(
            "https://cwe.mitre.org/data/definitions/1392.html",
            rfc(4954, "9"),
        ),
        peers=("nmap smtp-brute, imap-brute (lists without a limit)",),
    ),
)
