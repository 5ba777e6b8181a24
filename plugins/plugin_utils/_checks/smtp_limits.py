# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes that port 25 has to accept, and the size of a message that it has to reject (RFC 5321
section 4.5.3.1, RFC 1870).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smtp_conformance
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp
from ansible_collections.airtight.mail.plugins.module_utils._protocols.numbers import number

from .base import (
    AuditContext,
    Check,
    Observation,
    Reply,
    error_text,
    finding,
    reply_codes,
    reply_text,
    rfc,
)
from .smtp_recipients import beside_session, recipient_reply

#: Codes about a command line or path itself (RFC 5321 sections 4.2.2 and 4.5.3.1.10).
_ABOUT_PATH = (500, 501, 552, 553)
#: Recipients of usual length in the domain of the long path, which are the control.
_SHORT_PATHS = ("stranger", "second_stranger")


def _line_rejected(line: Reply | None) -> bool:
    """Whether the reply rejects a command line for its length."""
    return line is not None and line["code"] == 500


def _path_state(observation: Observation, path: Reply | None) -> str:
    """Whether a path of full length is accepted, or rejected as a short one of the same domain is;
    FAIL where that one met another code, and this one a code about the path itself.
    """
    rcpt = observation["facts"].get("rcpt", {})
    short = [reply_codes(rcpt[name]) for name in _SHORT_PATHS if name in rcpt]
    if path is None or path["code"] == 421:
        return UNKNOWN
    if path["code"] < 300 or reply_codes(path) in short:
        return PASS
    return FAIL if short and path["code"] in _ABOUT_PATH else UNKNOWN


def minimum_limits(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    line, path = observation["facts"].get("long_line"), observation["facts"].get("long_path")
    of_path = _path_state(observation, path)
    rejected = []
    if line and _line_rejected(line):
        sentence = f"a line of {smtp_conformance.LINE} octets was answered {reply_text(line)}"
        rejected.append((sentence, line))
    if path and of_path == FAIL:
        sentence = f"a path of {smtp_conformance.PATH} octets was answered {reply_text(path)}"
        rejected.append((sentence, path))
    if rejected:
        yield finding(
            FAIL,
            f"Below the minimum of RFC 5321: {'; '.join(words for words, _reply in rejected)}.",
            session,
            observation,
            decisive=[reply for _sentence, reply in rejected],
        )
    elif line and line["code"] < 300 and of_path == PASS:
        yield finding(
            PASS,
            f"Lines of {smtp_conformance.LINE} octets and paths of {smtp_conformance.PATH} octets "
            "are accepted.",
            session,
            observation,
            decisive=(line, path),
        )
    else:
        reason, reply = _why_no_limits(observation, line)
        yield finding(
            UNKNOWN,
            f"The limits were not tested: {reason.rstrip('.')}.",
            session,
            observation,
            decisive=(reply or -1,),
        )


def _why_no_limits(observation: Observation, line: Reply | None) -> tuple[str, Reply | None]:
    """Why the limits are not known, and the reply that shows it."""
    if observation["error"]:
        return error_text(observation), None
    if line and line["code"] >= 300:
        return reply_text(line), line
    path = observation["facts"].get("long_path")
    if path:
        return f"the long path was answered {reply_text(path)}, a short one otherwise", path
    postmaster = recipient_reply(observation, "postmaster")
    return postmaster.text, postmaster.reply


def size_limit(
    _context: AuditContext, session: Observation, observation: Observation
) -> t.Iterable[Finding]:
    facts = observation["facts"]
    ehlo = facts.get("ehlo")
    limit = facts.get("extensions", {}).get("SIZE")
    if "extensions" not in facts:
        yield finding(
            UNKNOWN,
            f"EHLO was not answered: {error_text(observation)}.",
            session,
            observation,
            decisive=(-1,),
        )
    elif limit is None:
        sentence = "SIZE is not offered."
        yield finding(
            NOT_APPLICABLE, sentence, session, observation, decisive=(ehlo,), reason=NO_SUBJECT
        )
    elif limit and number(limit, smtp.MAX_SIZE) is None:
        yield finding(UNKNOWN, "SIZE announces no number.", session, observation, decisive=(ehlo,))
    elif not number(limit, smtp.MAX_SIZE):
        yield finding(
            FAIL,
            "SIZE is announced without a limit: a message may be of any size.",
            session,
            observation,
            decisive=(ehlo,),
        )
    else:
        yield _oversize(session, observation, limit)


def _oversize(session: Observation, observation: Observation, limit: str) -> Finding:
    """Whether MAIL with a SIZE above the announced limit is rejected."""
    reply = observation["facts"].get("oversize")
    plain = observation["facts"].get("mail", {}).get("code") == 250
    refused = bool(reply) and reply["code"] >= 500 and reply["code"] not in (503, 530) and plain
    if reply is None or (reply["code"] >= 300 and not refused):
        status, decisive = UNKNOWN, reply or recipient_reply(observation, "").reply
        text = reply_text(reply) if reply else recipient_reply(observation, "").text
        sentence = f"MAIL with a SIZE above the limit was neither accepted nor rejected: {text}."
    elif reply["code"] < 300:
        status, decisive = FAIL, reply
        sentence = (
            f"MAIL with a SIZE above the announced limit of {limit} octets is accepted: "
            f"{reply_text(reply)}."
        )
    else:
        status, decisive = PASS, reply
        sentence = (
            f"MAIL with a SIZE above the announced limit of {limit} octets is rejected: "
            f"{reply_text(reply)}."
        )
    return finding(status, sentence, session, observation, decisive=(decisive or -1,))


CHECKS = (
    Check(
        id="minimum_limits",
        title="NOOP lines of 512 and RCPT paths of 256 octets are not too long (RFC 5321)",
        title_failed="Command line of 512 or path of 256 octets rejected as too long",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_conformance", minimum_limits),
        control=(
            "The line is accepted; the path is accepted, or rejected with the codes that a short "
            "one of the same domain meets in the same session."
        ),
        false_pass=("It would have to reject longer lines in other commands."),
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
        title="EHLO SIZE, if offered, has a limit, and MAIL with a larger SIZE is rejected",
        title_failed="SIZE states no limit, or MAIL FROM above the limit is accepted",
        group="conformance",
        severity="low",
        evaluate=beside_session("smtp_conformance", size_limit),
        control=("The same MAIL without SIZE has to be accepted in the same session."),
        false_pass=(
            "It would have to reject the announced size and accept a message that is larger than "
            "it announced."
        ),
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
)
