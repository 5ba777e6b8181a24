# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what SMTP allows before TLS: sessions in, findings out (RFC 3207, 4954, 6409, 8314).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp_reply_text

from ..base import Observation, Scene, each, error_text, finding, said
from ..relay import replies


def _mail_refused(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    mail, rcpt = seen["facts"].get("mail_in_clear"), seen["facts"].get("rcpt_in_clear")
    if mail is None:
        yield finding(UNKNOWN, "MAIL was not answered before TLS: %s." % error_text(seen), seen)
    elif mail["code"] >= 500 and smtp_reply_text.wants_tls(mail):
        yield finding(PASS, "MAIL before TLS was answered %s." % said(mail), seen)
    elif rcpt and smtp_reply_text.wants_tls(rcpt):
        yield finding(PASS, "RCPT before TLS was answered %s." % said(rcpt), seen)
    elif mail["code"] >= 500 and smtp_reply_text.LOGIN.search(mail["text"]):
        yield _login_first(seen, mail)
    elif mail["code"] >= 500:
        yield finding(UNKNOWN, "MAIL was refused for another reason than missing TLS: %s." % said(mail), seen)
    elif mail["code"] >= 400:
        yield finding(UNKNOWN, "MAIL was put off: %s." % said(mail), seen)
    else:
        yield finding(FAIL, "MAIL was accepted before TLS: %s." % said(mail), seen)


def _login_first(seen: Observation, mail: t.Mapping[str, t.Any]) -> Finding:
    """Mail is taken after a login only, so it is taken before TLS where a login is."""
    reply = seen["facts"].get("auth_in_clear")
    if "AUTH" in seen["facts"].get("extensions", {}) or (reply and reply["code"] in (334, 235)):
        return finding(FAIL, "MAIL before TLS needs a login only (%s), and a login is to be had before TLS." % said(mail), seen)
    if reply and reply["code"] >= 500:
        words = "MAIL before TLS was answered %s, and AUTH %s: without TLS there is no login, and so no mail."
        return finding(PASS, words % (said(mail), said(reply).rstrip(".")), seen)
    return finding(UNKNOWN, "MAIL before TLS asks for a login (%s); whether that is to be had was not seen." % said(mail), seen)


def _auth_hidden(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    if "extensions" not in seen["facts"]:
        yield finding(UNKNOWN, "The EHLO reply was not seen: %s." % error_text(seen), seen)
    elif "AUTH" in seen["facts"]["extensions"]:
        yield finding(FAIL, "AUTH %s is offered before TLS." % seen["facts"]["extensions"]["AUTH"], seen)
    else:
        yield finding(PASS, "AUTH is not offered before TLS.", seen)


def _auth_refused(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    """Whoever means to take a password asks for it with 334 (RFC 4954 section 4); Courier says 535 where AUTH is off."""
    reply = seen["facts"].get("auth_in_clear")
    if reply is None:
        yield finding(UNKNOWN, "AUTH was not answered: %s." % error_text(seen), seen)
    elif reply["code"] in (334, 235) or (reply["code"] == 535 and "AUTH" in seen["facts"].get("extensions", {})):
        yield finding(FAIL, "AUTH PLAIN before TLS was answered %s: a password would have travelled in clear." % said(reply), seen)
    elif reply["code"] >= 500:
        yield finding(PASS, "AUTH PLAIN before TLS was answered %s." % said(reply), seen)
    else:
        yield finding(UNKNOWN, "AUTH PLAIN before TLS was answered %s, which decides nothing." % said(reply), seen)


def _mx_takes_clear(scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    mail, rcpt = seen["facts"].get("mail_in_clear"), seen["facts"].get("rcpt_in_clear")
    if not scene.policy["cleartext_mx"]:
        yield finding(NOT_APPLICABLE, "The policy lets this MX require TLS.", seen)
    elif mail is None:
        yield finding(UNKNOWN, "MAIL was not answered: %s." % error_text(seen), seen)
    elif smtp_reply_text.wants_tls(mail):
        yield finding(FAIL, "MAIL without TLS was answered %s." % said(mail), seen)
    elif smtp_reply_text.wants_tls(rcpt):
        yield finding(FAIL, "MAIL without TLS is taken, but RCPT was answered %s." % said(rcpt or mail), seen)
    elif 200 <= mail["code"] < 300 and _not_exercised(rcpt):
        answer = said(rcpt).rstrip(".") if rcpt else error_text(seen)
        yield finding(UNKNOWN, "MAIL without TLS is taken; whether RCPT is was not seen: %s." % answer, seen)
    elif 200 <= mail["code"] < 300:
        yield finding(PASS, "MAIL without TLS is taken, as the standard demands of a public MX.", seen)
    else:
        yield finding(UNKNOWN, "MAIL was refused for another reason: %s." % said(mail), seen)


def _not_exercised(rcpt: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a recipient met a delay, or a refusal of the client, which may come before a demand for TLS."""
    state = replies.state({"phase": "rcpt", "reply": rcpt, "form": "unknown_at_domain"})
    return state in (replies.LOST, replies.DEFERRED, replies.NOT_EXERCISED)


def _no_auth_on_25(_scene: Scene, seen: Observation) -> t.Iterable[Finding]:
    facts = seen["facts"]
    for key, words in (("extensions", "before"), ("extensions_tls", "inside")):
        if "AUTH" in facts.get(key, {}):
            yield finding(FAIL, "AUTH %s is offered on port 25 %s TLS." % (facts[key]["AUTH"], words), seen)
            return
    if "extensions" not in facts or ("STARTTLS" in facts["extensions"] and "extensions_tls" not in facts):
        yield finding(UNKNOWN, "The EHLO reply inside TLS was not seen: %s." % error_text(seen), seen)
    else:
        yield finding(PASS, "AUTH is offered neither before nor inside TLS.", seen)


judge_mail_refused = each(("submission",), _mail_refused)
judge_auth_hidden = each(("smtp", "submission"), _auth_hidden)
judge_auth_refused = each(("smtp", "submission"), _auth_refused)
judge_mx_takes_clear = each(("smtp",), _mx_takes_clear)
judge_no_auth_on_25 = each(("smtp",), _no_auth_on_25)
