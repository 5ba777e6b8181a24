# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of MX records: they name hosts with addresses, and port 25 answers (RFC 5321 section 5,
RFC 2181 section 10.3, RFC 7505).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.fields import mx_fields, shown
from ..._dns.queries import BOGUS, ERROR, NXDOMAIN, RECORDS, Answer, ask, canonical
from ..base import Check, answered, endpoint_text, error_text, rfc
from .lookup import StoredAnswers, per_domain


def mx_records(view: StoredAnswers) -> t.Iterable[Finding]:
    answer, hosts = view.replay(domain_queries.mx_hosts(view.subject, ask))
    if answer.state == NXDOMAIN:
        yield view.finding(FAIL, "The domain does not exist.")
    elif not hosts:
        text = "There is no MX record; senders then try the address of the domain, or give up."
        yield view.finding(FAIL, text)
    elif any(not host.host for host in hosts):
        text = (
            "A null MX record says that the domain accepts no mail, but the domain is declared as "
            "one that does."
        )
        if any(host.host for host in hosts):
            text = "A null MX record stands beside others, which no sender has to understand."
        null = [record for record in answer.records if not mx_fields(record).host]
        yield view.finding(FAIL, text, answer, records=null)
    else:
        yield from _mx_hosts(view, answer, hosts)
        yield from _left_out(view, answer, hosts)
        yield from _port_25(view, answer, hosts)


def _names(hosts: t.Iterable[domain_queries.MxHost]) -> str:
    return ", ".join(host.host for host in hosts)


def _mx_hosts(
    view: StoredAnswers, answer: Answer, hosts: t.Sequence[domain_queries.MxHost]
) -> t.Iterable[Finding]:
    """A finding for each MX host that cannot receive mail, or of which that is unknown; or one
    pass.
    """
    unseen = {host.host: missing for host in hosts if (missing := _unseen(host))}
    problems = [(host, problem) for host in hosts if (problem := _problem(host))]
    for host, problem in problems:
        yield view.finding(FAIL, problem, decisive=host.answers or [answer])
    for name, missing in unseen.items():
        text = f"The addresses of {name} were not seen: {missing.text.rstrip('.')}."
        not_seen = view.finding(UNKNOWN, text, decisive=[missing])
        yield not_seen._replace(caused_by="dnssec" if missing.kind == BOGUS else "")
    if not problems and not unseen:
        found = [entry for host in hosts for entry in host.answers if entry.state == RECORDS]
        yield view.finding(PASS, f"The MX hosts are {_names(hosts)}.", decisive=[answer, *found])


def _left_out(
    view: StoredAnswers, answer: Answer, hosts: t.Sequence[domain_queries.MxHost]
) -> t.Iterable[Finding]:
    """A finding about the MX hosts that were not looked up."""
    seen = {host.host for host in hosts}
    others = [name for record in answer.records if (name := mx_fields(record).host) not in seen]
    if others:
        text = f"Only {len(hosts)} MX hosts are looked up, so not {', '.join(sorted(others))}."
        yield view.finding(UNKNOWN, text, answer)


def _unseen(host: domain_queries.MxHost) -> Answer | None:
    """The answer about the addresses of a host that did not come."""
    return next((entry for entry in host.answers if entry.state == ERROR), None)


def _problem(host: domain_queries.MxHost) -> str:
    if _model.is_address(host.host):
        return f"The MX record names the address {host.host} where a host name is required."
    if not _model.is_name(host.host):
        return f"The MX record names {shown(host.host)}, which is no name of a host."
    if any(answer.chain for answer in host.answers):
        return f"The MX host {host.host} is an alias (CNAME), which an MX record may not name."
    if _unseen(host):
        return ""
    if not host.addresses:
        return f"The MX host {host.host} has no address."
    if all(domain_queries.private(address) for address in host.addresses):
        return f"The MX host {host.host} has private addresses only."
    return ""


def _port_25(
    view: StoredAnswers, answer: Answer, hosts: t.Sequence[domain_queries.MxHost]
) -> t.Iterable[Finding]:
    """Whether port 25 answers, if this host is one of the MX hosts."""
    context = view.context
    name, own_addresses = canonical(context.target.name), set(context.addresses)
    if not any(
        canonical(host.host) == name or own_addresses & set(host.addresses) for host in hosts
    ):
        if any(_unseen(host) for host in hosts):
            return
        text = (
            f"This host is none of the MX hosts ({_names(hosts)}), so its port 25 is not required."
        )
        yield view.finding(PASS, text, answer)
        return
    sessions = context.of("smtp_session", "smtp")
    if not sessions:
        yield view.finding(UNKNOWN, "Port 25 of this host was not tested.", answer)
    for session in sessions:
        if not answered(session):
            refused = (session["error"] or {}).get("kind") == "connect_refused"
            text = f"This host is an MX host, but {endpoint_text(session)}: {error_text(session)}."
            yield view.endpoint_finding(FAIL if refused else UNKNOWN, text, session)


CHECKS = (
    Check(
        id="mx_records",
        title="MX records name hosts with addresses (no CNAME, no IP); port 25 answers",
        title_failed="MX record missing or unusable, or MX host closed on port 25",
        group="dns",
        severity="high",
        evaluate=per_domain(mx_records),
        control="None needed: the records are the evidence, and port 25 has to answer.",
        false_pass=(
            "The servers of the zone give senders other records, or port 25 answers this "
            "vantage alone."
        ),
        impact=(
            "Mail for the domain does not arrive. Some senders give up at once, others after days."
        ),
        fix={
            "roles": (
                "Publish an MX record for each of mail_domains that names mail_hostname, and A "
                "and AAAA records for that name."
            ),
            "dns": (
                "Publish: example.org. MX 10 mx1.example.org. and A or AAAA records for "
                "mx1.example.org. No CNAME, no IP address, no null MX (0 .)."
            ),
            "network": "Open port 25 of the MX host to the Internet.",
        },
        references=(rfc(5321, "5.1"), rfc(2181, "10.3"), rfc(7505)),
        peers=("Internet.nl", "checkdmarc"),
    ),
)
