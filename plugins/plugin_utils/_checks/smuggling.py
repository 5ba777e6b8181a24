# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a non-standard sequence ends a message on port 25 (SMTP smuggling).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

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
    Reply,
    error_text,
    finding,
    per_endpoint,
    reply_codes,
    reply_text,
    rfc,
)
from .relay.vantage import trusted_because

_CONTROL = (
    "Each sequence is sent in a message whose real end is answered, and QUIT after it: the session "
    "was in step. Where the server leaves, it has to leave in the same way after the same octets "
    "with a letter in place of the dot."
)
_ENDS, _CONTINUES, _UNKNOWN = "ends", "continues", "unknown"


class Outcome(t.NamedTuple):
    """Whether a sequence ended the message; reason: why that is unknown.

    observation: the connection that shows it. decisive: the replies that decided, or a line.
    """

    state: str
    observation: Observation
    decisive: tuple[Reply | int | None, ...] = (-1,)
    reason: str = ""


_Manner = tuple[str, int, str]


def _manner(observation: Observation, variant: str) -> _Manner | None:
    """How a server left after a sequence that was sent alone or first: before or at the end of the
    message, and the codes of its reply; None where it went on.
    """
    facts = observation["facts"]
    early = facts.get("variants", {}).get(variant)
    after = facts.get("next") if early else facts.get("quit")
    reply = early or facts.get("end")
    if not reply or (after and after["code"] != 421) or ("next" if early else "quit") not in facts:
        return None
    return "before" if early else "at the end", *reply_codes(reply)


def _state_by_control(
    observation: Observation, observations: t.Sequence[Observation], variant: str
) -> str:
    """What it means that a server left after a variant: it rejects the octets, where it leaves in
    the same way after the same ones with a letter in place of the dot. At the end of a message it
    has to stay after others, whose end it answers with other codes.
    """
    manner, control = _manner(observation, variant), smuggling.without_dot(variant)
    if not manner or (manner[0] != "before" and not _stays_after_others(observations, manner)):
        return _UNKNOWN
    for item in observations:
        if item["params"]["variants"] != [control]:
            continue
        if _manner(item, control) == manner:
            return _CONTINUES
        went_on = (item["facts"].get("quit") or {}).get("code") == 221
        if manner[0] == "before" and went_on:
            return _ENDS
    return _UNKNOWN


def _stays_after_others(observations: t.Sequence[Observation], manner: _Manner) -> bool:
    """Whether the server answered QUIT after a message whose end met other codes."""
    return any(
        (item["facts"].get("quit") or {}).get("code") == 221
        and reply_codes(item["facts"]["end"]) != manner[1:]
        for item in observations
        if "end" in item["facts"]
    )


def _state_after_close(
    observation: Observation,
    observations: t.Sequence[Observation],
    variant: str,
    reply: Reply,
) -> str:
    """What an early reply means after which the server closed the connection.

    It ended the message if it is the reply to a whole one, as other connections had it.
    """
    state = _state_by_control(observation, observations, variant)
    if state != _UNKNOWN:
        return state
    texts = [(item["facts"].get("end") or {}).get("text") for item in observations]
    return _ENDS if reply["code"] < 400 or reply["text"] in texts else _UNKNOWN


def _outcome(
    observation: Observation, observations: t.Sequence[Observation], variant: str
) -> Outcome:
    """The outcome of a variant that was sent alone, or with others that got no reply."""
    facts = observation["facts"]
    refused = facts.get("refused")
    if refused:
        return Outcome(_UNKNOWN, observation, (refused["reply"],), refusal_text(refused))
    early = facts.get("variants", {}).get(variant)
    if early:
        return _outcome_of_early_reply(observation, observations, variant, early)
    if "end" not in facts or variant not in facts["variants"] or "quit" not in facts:
        return Outcome(_UNKNOWN, observation, reason=error_text(observation))
    end, after = facts["end"], facts["quit"]
    decisive = (end, after)
    if after and after["code"] == 221:
        return Outcome(_CONTINUES, observation, decisive)
    if after and after["code"] >= 500 and len(facts["variants"]) == 1:
        return Outcome(_ENDS, observation, decisive)
    alone = len(facts["variants"]) == 1
    if alone and _state_by_control(observation, observations, variant) == _CONTINUES:
        return Outcome(_CONTINUES, observation, decisive)
    reason = "a sequence ended the message early, or the server closed the connection after it"
    return Outcome(_UNKNOWN, observation, decisive, reason)


def refusal_text(refused: t.Mapping[str, t.Any]) -> str:
    """Which command was rejected before the message, and how."""
    return f"{refused['command']} was answered {reply_text(refused['reply'])}"


def _outcome_of_early_reply(
    observation: Observation,
    observations: t.Sequence[Observation],
    variant: str,
    early: Reply,
) -> Outcome:
    """The server replied before the end of the message; the reply to NOOP tells why."""
    facts = observation["facts"]
    if "next" not in facts:
        return Outcome(_UNKNOWN, observation, (early,), error_text(observation))
    if facts["next"] and facts["next"]["code"] != 421:
        return Outcome(_ENDS, observation, (early,))
    state = _state_after_close(observation, observations, variant, early)
    reason = (
        f"the server answered {reply_text(early)} and closed the connection, and was not seen to "
        "answer the same octets without the dot in that way"
    )
    return Outcome(state, observation, (early,), reason)


def _outcomes(
    context: AuditContext, session: Observation, variants: t.Sequence[str]
) -> dict[str, Outcome]:
    """The outcome of each variant, from the last connection in which it was sent."""
    observations = context.of("smuggle", session["service"], session["address"])
    not_sent = Outcome(_UNKNOWN, session, reason=error_text(session))
    outcomes = dict.fromkeys(variants, not_sent)
    for observation in sorted(observations, key=lambda item: bool(item["params"].get("retry"))):
        for variant in observation["params"]["variants"]:
            if variant in outcomes:
                outcomes[variant] = _outcome(observation, observations, variant)
    return outcomes


def _evaluate_variants(
    context: AuditContext, session: Observation, variants: t.Sequence[str]
) -> t.Iterator[Finding]:
    """Which of these variants end a message on this server."""
    outcomes = _outcomes(context, session, variants)
    ends = [variant for variant in outcomes if outcomes[variant].state == _ENDS]
    unknown = [variant for variant in outcomes if outcomes[variant].state == _UNKNOWN]
    if ends:
        yield _ending_found(context, session, ends, outcomes[ends[0]])
    if unknown:
        outcome = outcomes[unknown[0]]
        yield finding(
            UNKNOWN,
            f"Unknown for {', '.join(unknown)}: {outcome.reason.rstrip('.')}.",
            outcome.observation,
            decisive=outcome.decisive,
        )
    if not ends and not unknown:
        yield from _no_ending_found(outcomes)


def _ending_found(
    context: AuditContext, session: Observation, variants: t.Sequence[str], outcome: Outcome
) -> Finding:
    """Some variants end a message, which is a failure unless this client may be exempt."""
    verb = "ends" if len(variants) == 1 else "end"
    sentence = (
        f"{', '.join(variants)} {verb} a message: the server replied before the end of the data"
    )
    trusted = trusted_because(context, session)
    if trusted:
        status = UNKNOWN
        sentence = f"{sentence}; but {trusted}, and trusted clients may be exempt."
    else:
        status, sentence = FAIL, f"{sentence}."
    return finding(status, sentence, outcome.observation, decisive=outcome.decisive)


def _no_ending_found(outcomes: t.Mapping[str, Outcome]) -> t.Iterator[Finding]:
    """One finding for each connection, with the replies to the end of the data and to QUIT."""
    connections: dict[int, list[str]] = {}
    for variant, outcome in outcomes.items():
        if outcome.state == _CONTINUES:
            connections.setdefault(id(outcome.observation), []).append(variant)
    for variants in connections.values():
        outcome = outcomes[variants[0]]
        yield finding(
            PASS,
            f"None of {', '.join(variants)} ended a message. {_fate(outcome.observation)}",
            outcome.observation,
            decisive=outcome.decisive,
        )


def _fate(observation: Observation) -> str:
    """What became of the message at the end of its data."""
    end = observation["facts"].get("end")
    if end and end["code"] < 400:
        return "The server accepted the message at its end; it was sent to postmaster."
    return "The server rejected the message at its end, as intended."


def smuggling_bare_lf(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A bare LF is not a line ending (RFC 5321 section 2.3.8)."""
    return _evaluate_variants(context, session, smuggling.BARE_LF)


def smuggling_bare_cr(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A bare CR is not a line ending (RFC 5321 section 2.3.8)."""
    return _evaluate_variants(context, session, smuggling.BARE_CR)


def smuggling_other_breaks(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """Other octets that some software reads as a line ending."""
    return _evaluate_variants(context, session, smuggling.OTHER_BREAKS)


def smuggling_stuffed(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """A line that begins with a dot and continues does not end DATA (RFC 5321 section 4.5.2)."""
    return _evaluate_variants(context, session, smuggling.STUFFED)


#: Fixes that several checks share.
FIX_ANY = (
    "Upgrade to a version that ends DATA at <CR><LF>.<CR><LF> only, and replace proxies or "
    "filters on port 25 that do otherwise."
)
FIX_EXIM = "Upgrade to 4.97.1 or to a package with the fix (Debian 12: 4.96-15+deb12u4)."

CHECKS = (
    Check(
        id="smuggling_bare_lf",
        title="Bare LF around the dot does not end DATA (SMTP smuggling, CVE-2023-51764)",
        title_failed="Bare LF ends DATA (SMTP smuggling, CVE-2023-51764)",
        group="smuggling",
        severity="high",
        opt_in="smuggle",
        evaluate=per_endpoint(("smtp",), smuggling_bare_lf),
        control=_CONTROL,
        false_pass=(
            "It would have to end a message at a sequence that the check does not send, or for "
            "other senders alone."
        ),
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
            "exim": FIX_EXIM,
            "opensmtpd": (
                "OpenSMTPD 7.6 ends DATA at a bare LF. Put a server that does not in front of "
                "port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": FIX_ANY,
        },
        references=(
            "https://www.postfix.org/smtp-smuggling.html",
            rfc(5321, "2.3.8"),
            "https://nvd.nist.gov/vuln/detail/CVE-2023-51764",
        ),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, gives no verdict)",
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
        control=_CONTROL,
        false_pass=(
            "It would have to end a message at a sequence that the check does not send, or for "
            "other senders alone."
        ),
        impact=(
            "A second message hidden behind a false end of data arrives with a forged sender, and "
            "passes SPF and DMARC. Some servers relay a bare CR unchanged."
        ),
        fix={
            "roles": (
                "Postfix ends DATA at no bare CR. Look for a proxy or filter in front of port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": FIX_ANY,
        },
        references=(rfc(5321, "2.3.8"), "https://www.postfix.org/smtp-smuggling.html"),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, gives no verdict)",
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
        control=_CONTROL,
        false_pass=(
            "It would have to end a message at a sequence that the check does not send, or for "
            "other senders alone."
        ),
        impact=(
            "A server that drops NUL and blanks, or splits lines at Unicode breaks, sees a false "
            "end of data. An attacker can hide a forged message behind it."
        ),
        fix={
            "roles": (
                "Postfix ends DATA at none of these. Look for a proxy or filter in front of port "
                "25."
            ),
            "any": FIX_ANY,
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
        control=_CONTROL,
        false_pass=(
            "It would have to end a message at a sequence that the check does not send, or for "
            "other senders alone."
        ),
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
            "exim": FIX_EXIM,
            "opensmtpd": (
                "OpenSMTPD 7.6 ends DATA at a bare LF. Put a server that does not in front of "
                "port 25."
            ),
            "sendmail": "Upgrade to 8.18.1 or newer, without srv_features O, U and G.",
            "any": FIX_ANY,
        },
        references=(
            rfc(5321, "4.5.2"),
            "https://github.com/hannob/smtpsmug/issues/8",
            "https://www.postfix.org/smtp-smuggling.html",
        ),
        peers=(
            "SMTP-Smuggling-Tools (reads the mailbox by eye)",
            "smtpsmug (prints, gives no verdict)",
        ),
    ),
)
