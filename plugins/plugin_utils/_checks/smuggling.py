# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what ends a message: replies that came before its true end (RFC 5321 sections 2.3.8 and
4.1.1.4; CVE-2023-51764 to 51766).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling

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
from .relay.vantage import trusted_because

#: A server may refuse such text altogether; that is no end of the message, but the end of the
#: matter.
_REFUSED = re.compile(r"\bbare\b|line ?(ending|feed)|newline|smuggl|<(cr|lf)>", re.I)
#: It ends the message, it does not, or why that is not known.
_ENDS, _KEPT = "ends", "kept"


def _gone(others: t.Sequence[Observation], reply: dict[str, t.Any]) -> str:
    """What an untimely reply means after which the server hung up: the reply to a whole message, or
    no more of this.
    """
    if reply["code"] >= 400 and _REFUSED.search(reply["text"]):
        return _KEPT
    whole = [(entry["facts"].get("end") or {}).get("text") for entry in others]
    if reply["code"] < 400 or reply["text"] in whole:
        return _ENDS
    return _KEPT if reply["code"] >= 500 else f"the server answered {reply_text(reply)} and hung up"


def _state(seen: Observation, others: t.Sequence[Observation], variant: str) -> str:
    """_ENDS, _KEPT, or the reason why it is not known, for a variant that was asked alone or with
    others that were silent.
    """
    facts = seen["facts"]
    if facts.get("refused"):
        return f"{facts['refused']['command']} was answered {reply_text(facts['refused']['reply'])}"
    reply = facts.get("variants", {}).get(variant)
    if reply:
        if "next" not in facts:
            return error_text(seen)
        return _ENDS if facts["next"] and facts["next"]["code"] != 421 else _gone(others, reply)
    if "end" not in facts or variant not in facts["variants"] or "quit" not in facts:
        return error_text(seen)
    end, left = facts["end"], facts["quit"]
    if (left and left["code"] == 221) or (end["code"] >= 500 and _REFUSED.search(end["text"])):
        return _KEPT
    if left and left["code"] >= 500 and len(facts["variants"]) == 1:
        return _ENDS
    return "something ended the message before its end, or the server hung up after it"


def _states(
    context: AuditContext, session: Observation, variants: t.Sequence[str]
) -> dict[str, tuple[str, Observation]]:
    """What is known of each variant, from the connection that asked for it last."""
    asked = context.of("smuggle", session["service"], session["address"])
    found = {}
    for seen in sorted(asked, key=lambda entry: bool(entry["params"].get("retry"))):
        for variant in seen["params"]["variants"]:
            if variant in variants:
                found[variant] = (_state(seen, asked, variant), seen)
    return found


def _ended(
    context: AuditContext, session: Observation, variants: t.Sequence[str]
) -> t.Iterator[Finding]:
    """Which of these variants end a message here."""
    found = _states(context, session, variants)
    ends = [variant for variant in variants if found.get(variant, ("",))[0] == _ENDS]
    lost = [variant for variant in variants if found.get(variant, ("",))[0] not in (_ENDS, _KEPT)]
    if ends:
        seen = found[ends[0]][1]
        why = trusted_because(context, session)
        verb = "ends" if len(ends) == 1 else "each end"
        sentence = (
            f"{', '.join(ends)} {verb} a message here: the server answered before its true end"
        )
        yield finding(
            UNKNOWN if why else FAIL,
            sentence + (f"; but {why}, and some are excepted." if why else "."),
            session,
            seen,
        )
    if lost:
        reason, seen = found.get(lost[0], (error_text(session), session))
        yield finding(
            UNKNOWN, f"Not seen for {', '.join(lost)}: {reason.rstrip('.')}.", session, seen
        )
    if not ends and not lost:
        yield finding(
            PASS, f"{', '.join(variants)}: none of them ended a message. {_queued(found)}", session
        )


def smuggling_bare_lf(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A line feed alone is no line ending (RFC 5321 section 2.3.8)."""
    return _ended(context, session, smuggling.BARE_LF)


def smuggling_bare_cr(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A carriage return alone is no line ending (RFC 5321 section 2.3.8)."""
    return _ended(context, session, smuggling.BARE_CR)


def smuggling_other_breaks(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """Other octets that some software takes for a line ending."""
    return _ended(context, session, smuggling.OTHER_BREAKS)


def smuggling_stuffed(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A line that begins with a dot which was doubled (RFC 5321 section 4.5.2) ends nothing."""
    return _ended(context, session, smuggling.STUFFED)


def _queued(found: t.Mapping[str, tuple[str, Observation]]) -> str:
    """What became of the messages at their true end."""
    ends = [seen["facts"].get("end") for _state, seen in found.values()]
    if any(end and end["code"] < 400 for end in ends):
        return "The server took the message at its true end; the postmaster has it."
    return "At its true end the server refused it, as it was meant to."


def smuggling_sync(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    for seen in context.of("smuggle_sync", session["service"], session["address"]):
        yield _sync_one(session, seen)
        return
    yield finding(UNKNOWN, f"Nothing was asked: {error_text(session)}.", session)


def _sync_one(session: Observation, seen: Observation) -> Finding:
    facts = seen["facts"]
    if facts.get("refused"):
        return finding(
            UNKNOWN,
            f"{facts['refused']['command']} was answered {reply_text(facts['refused']['reply'])}.",
            session,
            seen,
        )
    replies = facts.get("replies") or []
    if len(replies) > 1 and replies[-1]["code"] == 354:
        return finding(
            FAIL,
            "A second message, sent along with the end of the first, was let in up to its text.",
            session,
            seen,
        )
    if any(reply["code"] >= 500 for reply in replies[1:]) or (
        replies and facts.get("closed") and replies[-1]["code"] != 421
    ):
        last = (
            replies[-1]
            if len(replies) == 1
            else next(
                reply for reply in replies[1:] if reply["code"] >= 500 or reply is replies[-1]
            )
        )
        return finding(
            PASS,
            f"A second message, sent along with the end of the first, was stopped: {reply_text(last)}.",
            session,
            seen,
        )
    return finding(UNKNOWN, f"Not seen: {error_text(seen)}.", session, seen)


CHECKS = (
    Check(
        id="smuggling_bare_lf",
        title="Bare LF around the dot does not end DATA (SMTP smuggling, CVE-2023-51764)",
        title_failed="Bare LF ends DATA (SMTP smuggling, CVE-2023-51764)",
        group="smuggling",
        severity="high",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_bare_lf),
        impact=(
            "A second message hidden behind a false end of data arrives with a forged sender, and "
            "passes SPF and DMARC. CVE-2023-51764 (Postfix), CVE-2023-51765 (Sendmail), "
            "CVE-2023-51766 (Exim)."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_bare_newline = normalize without exclusions. "
                "Remove the override from postfix_settings and run the role again."
            ),
            "postfix": (
                "Set smtpd_forbid_bare_newline = normalize (off by default before Postfix 3.9) "
                "and smtpd_forbid_bare_newline_exclusions empty (default: $mynetworks)."
            ),
            "exim": "Upgrade to 4.97.1 or to a package with the fix (Debian 12: 4.96-15+deb12u4).",
            "opensmtpd": (
                "OpenSMTPD 7.6 ends DATA at a bare LF. Put a server that does not in front of "
                "port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": (
                "Upgrade to a version that ends DATA at <CR><LF>.<CR><LF> only, and replace "
                "proxies or filters on port 25 that do otherwise."
            ),
        },
        references=(
            "https://www.postfix.org/smtp-smuggling.html",
            rfc(5321, "2.3.8"),
            "https://nvd.nist.gov/vuln/detail/CVE-2023-51764",
        ),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, does not judge)",
        ),
    ),
    Check(
        id="smuggling_bare_cr",
        title="Bare CR around the dot does not end DATA (SMTP smuggling)",
        title_failed="Bare CR ends DATA (SMTP smuggling)",
        group="smuggling",
        severity="high",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_bare_cr),
        impact=(
            "A second message hidden behind a false end of data arrives with a forged sender, and "
            "passes SPF and DMARC. Some servers relay a bare CR unchanged."
        ),
        fix={
            "roles": (
                "Postfix ends DATA at no bare CR. Look for a proxy or filter in front of port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": (
                "Upgrade to a version that ends DATA at <CR><LF>.<CR><LF> only, and replace "
                "proxies or filters on port 25 that do otherwise."
            ),
        },
        references=(rfc(5321, "2.3.8"), "https://www.postfix.org/smtp-smuggling.html"),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, does not judge)",
            "mxcheck (one of these; calls sound servers vulnerable)",
        ),
    ),
    Check(
        id="smuggling_other_breaks",
        title="NUL, TAB, VT, FF, NEL or LS around the dot does not end DATA (smuggling)",
        title_failed="NUL, TAB, VT, FF, NEL or LS ends DATA (SMTP smuggling)",
        group="smuggling",
        severity="medium",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_other_breaks),
        impact=(
            "A server that drops NUL and blanks, or splits lines at Unicode breaks, sees a false "
            "end of data. An attacker can hide a forged message behind it."
        ),
        fix={
            "roles": (
                "Postfix ends DATA at none of these. Look for a proxy or filter in front of port "
                "25."
            ),
            "any": (
                "Upgrade to a version that ends DATA at <CR><LF>.<CR><LF> only, and replace "
                "proxies or filters on port 25 that do otherwise."
            ),
        },
        references=(rfc(5321, "4.1.1.4"), "https://www.unicode.org/reports/tr14/"),
        peers=("SMTP-Smuggling-Tools (NUL only)", "smtpsmug (NUL only)"),
    ),
    Check(
        id="smuggling_stuffed",
        title="<CR><LF>. followed by LF, CR, NUL or space does not end DATA (smuggling)",
        title_failed="<CR><LF>. followed by LF, CR, NUL or space ends DATA (SMTP smuggling)",
        group="smuggling",
        severity="low",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_stuffed),
        impact=(
            "Compliant senders double a dot at the start of a line, so only a faulty relay sends "
            "this. Through one, an attacker can hide a forged message in another."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_bare_newline = normalize without exclusions. "
                "Remove the override from postfix_settings and run the role again."
            ),
            "postfix": (
                "Set smtpd_forbid_bare_newline = normalize (off by default before Postfix 3.9) "
                "and smtpd_forbid_bare_newline_exclusions empty (default: $mynetworks)."
            ),
            "exim": "Upgrade to 4.97.1 or to a package with the fix (Debian 12: 4.96-15+deb12u4).",
            "opensmtpd": (
                "OpenSMTPD 7.6 ends DATA at a bare LF. Put a server that does not in front of "
                "port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": (
                "Upgrade to a version that ends DATA at <CR><LF>.<CR><LF> only, and replace "
                "proxies or filters on port 25 that do otherwise."
            ),
        },
        references=(
            rfc(5321, "4.5.2"),
            "https://github.com/hannob/smtpsmug/issues/8",
            "https://www.postfix.org/smtp-smuggling.html",
        ),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, does not judge)",
        ),
    ),
    Check(
        id="smuggling_sync",
        title="A whole second message pipelined behind end-of-data is rejected",
        title_failed="Second message accepted although pipelined behind end-of-data",
        group="smuggling",
        severity="low",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_sync),
        impact=(
            "A smuggled message and many spam bots send everything at once, without waiting for "
            "the replies. A server that enforces the order stops them whatever ends DATA."
        ),
        fix={
            "roles": (
                "The postfix role sets smtpd_forbid_unauth_pipelining = yes and "
                "reject_unauth_pipelining. Remove the override from postfix_settings and run the "
                "role again."
            ),
            "postfix": (
                "Set smtpd_forbid_unauth_pipelining = yes (off by default before Postfix 3.9) and "
                "smtpd_data_restrictions = reject_unauth_pipelining."
            ),
            "exim": (
                "Set smtp_enforce_sync = true (the default), and remove control = no_enforce_sync."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features F.",
            "any": "Reject input that arrives after DATA but before the 354 reply.",
        },
        references=(rfc(2920, "3.1"), "https://www.postfix.org/smtp-smuggling.html"),
        peers=("smtpsmug (prints, does not judge)",),
    ),
)
