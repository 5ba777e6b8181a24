# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that relaying, TLS and AUTH, as seen from outside, match the host's configuration.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL, LEGACY
from ansible_collections.airtight.mail.plugins.module_utils._probes.relay_addresses import REMOTE

from ..base import Check, Observation, finding, is_in_clear, overlay
from ..relay import replies
from ..relay.vantage import trusted_because
from ..tls.lookup import VERSIONS, accepted_client_hellos, answer_lines
from . import tls
from .base import HostConfig, Line, host_finding, per_host_config, setting_line, with_host_lines
from .postfix_listeners import Listener, postfix_listeners
from .postfix_scope import REJECTS_ALL, REJECTS_RELAYING, RELAYS, Outcome
from .relay import configured_outcomes, relay_lines

EXPLANATION = "the daemon runs with another configuration, or something else answers in its place"


def _listeners_by_port(config: HostConfig) -> dict[int, Listener]:
    return {listener.port: listener for listener in postfix_listeners(config) if listener.port}


def _remote_attempts(config: HostConfig, session: Observation) -> list[replies.View]:
    """The attempts on an endpoint to relay to a recipient elsewhere."""
    return [
        view
        for view in replies.views(config.context, session["service"], session["address"])
        if replies.kind_of(view.attempt) == REMOTE
    ]


def _relay_findings(config: HostConfig) -> t.Iterable[Finding]:
    """Whether relaying is accepted or rejected as configured."""
    outcomes, listeners = configured_outcomes(config), _listeners_by_port(config)
    for session in config.context.of("smtp_session"):
        outcome = outcomes.get(session["port"])
        if outcome is None:
            continue
        listener = listeners.get(session["port"])
        lines = relay_lines(listener, outcome)[1] if listener else []
        item = _relay_finding(config, session, outcome)
        if item:
            yield with_host_lines(item, *lines)


def _relay_finding(config: HostConfig, session: Observation, outcome: Outcome) -> Finding | None:
    """What was seen of relaying on one endpoint; None where nothing was seen that decides."""
    attempts = _remote_attempts(config, session)
    accepted = [view for view in attempts if view.state in replies.ACCEPTANCES]
    rejected = [view for view in attempts if view.state == replies.REFUSED]
    closed = outcome.state in (REJECTS_RELAYING, REJECTS_ALL)
    if closed and accepted and not trusted_because(config.context, accepted[0].observation):
        sentence = (
            f"The configuration rejects relaying ({outcome.reason}), but the reply to "
            f"{accepted[0].commands} was {accepted[0].reply_text}: {EXPLANATION}."
        )
        return _attempt_finding(FAIL, sentence, accepted[0])
    if not rejected or accepted:
        return None
    if outcome.state == RELAYS:
        sentence = (
            f"The configuration permits relaying ({outcome.reason}), but the relay attempt was "
            f"rejected: {EXPLANATION}."
        )
        return _attempt_finding(FAIL, sentence, rejected[0])
    if closed:
        sentence = "Relaying is rejected, as configured."
        return _attempt_finding(PASS, sentence, rejected[0])
    return None


def _attempt_finding(status: str, sentence: str, attempt: replies.View) -> Finding:
    """A finding whose decisive line is the reply to a relay attempt."""
    return finding(status, sentence, attempt.evidence, decisive=attempt.decisive)


def _tls_findings(config: HostConfig) -> t.Iterable[Finding]:
    """Whether the oldest version of TLS that is accepted is the configured one."""
    listeners = _listeners_by_port(config)
    for session in config.context.sessions():
        configured = _configured_version(config, session, listeners.get(session["port"]))
        accepted = accepted_client_hellos(config.context, session, LEGACY, CONTROL)
        if configured is None or not accepted:
            continue
        minimum, line = configured
        older = [
            hello
            for hello in accepted
            if VERSIONS.index(hello["facts"]["version"]) < VERSIONS.index(minimum)
        ]
        shown = (older or accepted)[0]
        if older:
            status = FAIL
            sentence = (
                f"The configuration requires {minimum} or newer, but {shown['facts']['version']} "
                f"was accepted: {EXPLANATION}."
            )
        else:
            status = PASS
            sentence = f"No version older than {minimum} was accepted, as configured."
        item = finding(status, sentence, shown, decisive=answer_lines(shown))
        yield with_host_lines(item, line)


def _configured_version(
    config: HostConfig, session: Observation, listener: Listener | None
) -> tuple[str, Line] | None:
    """The oldest version of TLS that the configuration permits on an endpoint, and its setting;
    None where the configuration says nothing of it, or names no single version.
    """
    if listener:
        minimum = tls.minimum_version(listener)
        line = listener.line(tls.protocols_parameter(listener))
    elif overlay(session) == "mailstore":
        dovecot = (config.facts.get("dovecot") or {}).get("defaults", {})
        minimum = dovecot.get("ssl_min_protocol")
        line = setting_line("dovecot.conf", "ssl_min_protocol", minimum)
    else:
        return None
    return (minimum, line) if minimum in VERSIONS else None


def _auth_findings(config: HostConfig) -> t.Iterable[Finding]:
    """Whether AUTH is offered where it is configured."""
    listeners = _listeners_by_port(config)
    for session in config.context.of("smtp_session"):
        listener, facts = listeners.get(session["port"]), session["facts"]
        begins_with_tls = SERVICES[session["service"]].implicit_tls and not is_in_clear(session)
        suffix = "" if begins_with_tls else "_tls"
        extensions = facts.get(f"extensions{suffix}")
        if listener is None or extensions is None:
            continue
        configured = listener.enabled("smtpd_sasl_auth_enable")
        if configured == ("AUTH" in extensions):
            status, sentence = PASS, "AUTH is not offered, as configured."
            if configured:
                sentence = "AUTH is offered, as configured."
        else:
            status = FAIL
            sentence = f"AUTH is not configured here, but is offered: {EXPLANATION}."
            if configured:
                sentence = f"AUTH is configured here, but is not offered: {EXPLANATION}."
        item = finding(status, sentence, session, decisive=(facts.get(f"ehlo{suffix}"),))
        yield with_host_lines(item, listener.line("smtpd_sasl_auth_enable"))


def configuration_in_force(config: HostConfig) -> t.Iterable[Finding]:
    if not any(config.facts.get(daemon) for daemon in ("postfix", "exim", "dovecot")):
        return
    findings = [*_relay_findings(config), *_tls_findings(config), *_auth_findings(config)]
    sentence = "Nothing was seen from outside that could be compared."
    yield from findings or [host_finding(UNKNOWN, sentence, "")]


CHECKS = (
    Check(
        id="configuration_in_force",
        title="Relaying, TLS versions and AUTH seen from outside match the configuration",
        title_failed="Relaying, TLS or AUTH seen from outside differs from the configuration",
        group="host",
        severity="high",
        evaluate=per_host_config(
            configuration_in_force, "No mail server that can be read is on this host."
        ),
        control=(
            "An attempt to relay, a hello or an EHLO reply has to be seen on the same port in "
            "this run; without one the verdict is unknown."
        ),
        false_pass=(
            "It would have to answer the probe as the files on disk say, while it serves "
            "others by another configuration."
        ),
        impact=(
            "The daemon runs with an older configuration, or another daemon or host answers in "
            "its place. The configuration on disk then protects nobody."
        ),
        fix={
            "roles": (
                "Run the roles again; they reload what they change. Look for another daemon, a "
                "proxy or another host at that address."
            ),
            "postfix": "Run postfix reload.",
            "exim": "Restart Exim.",
            "dovecot": "Run doveadm reload.",
            "network": (
                "Check which host and which process answer at the address (ss -ltnp, NAT and "
                "proxy rules)."
            ),
        },
        references=("https://www.postfix.org/postfix.1.html",),
    ),
)
