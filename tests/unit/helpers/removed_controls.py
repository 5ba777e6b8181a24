# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What takes the control of each check out of its recording: the observations without what the
control was seen by.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import controls

from .recorded_checks import CLOSED, Observation

Remove = t.Callable[[list[Observation]], list[Observation]]
#: Codes that are about a command: it is not known, not implemented, or wants a login or TLS first.
ABOUT_COMMANDS = (*range(500, 505), 530, 534, 538)


def _is_own(form: str) -> bool:
    return relay_addresses.base(form) in controls.OWN


def own_recipients(observations: list[Observation]) -> list[Observation]:
    """Without the recipients of the host's own, in what was planned and in what was answered."""
    for seen in observations:
        attempts = seen["facts"].get("attempts", [])
        seen["facts"]["attempts"] = [item for item in attempts if not _is_own(item.get("form", ""))]
        for transaction in seen["params"].get("transactions", ()):
            kept = [item for item in transaction["recipients"] if not _is_own(item["form"])]
            transaction["recipients"] = kept
    return observations


def port_25(observations: list[Observation]) -> list[Observation]:
    """Without what port 25 said to relay attempts."""
    return [seen for seen in observations if (seen["probe"], seen["service"]) != ("relay", "smtp")]


def facts(probe: str, *names: str) -> Remove:
    """Without some facts of a probe, or all of them: the connection ended before."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            if seen["probe"] == probe:
                kept = {key: seen["facts"][key] for key in seen["facts"] if key not in names}
                seen.update(facts=kept if names else {}, error=seen["error"] or CLOSED)
        return observations

    return remove


def sessions(observations: list[Observation]) -> list[Observation]:
    """Without what the sessions with mail services said."""
    return facts("mailstore_session")(facts("smtp_session")(observations))


def hellos(*purposes: str) -> Remove:
    """Without the answers to ClientHellos of some purposes."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            if seen["params"].get("purpose") in purposes:
                seen.update(facts={}, error=CLOSED)
        return observations

    return remove


def recipients(*names: str) -> Remove:
    """Without the replies to some recipients of the session about conformance."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            for name in names:
                seen["facts"].get("rcpt", {}).pop(name, None)
        return observations

    return remove


def first_message(observations: list[Observation]) -> list[Observation]:
    """With a rejection of the message before the pipelined one."""
    refused = {"command": "MAIL FROM:<>", "reply": {"code": 550, "enhanced": "", "text": "No"}}
    for seen in observations:
        if seen["probe"] == "smuggle_sync":
            seen["facts"] = {"refused": refused}
    return observations


def messages(probe: str, *ids: str) -> Remove:
    """Without the messages that nothing is wrong with."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            if seen["probe"] == probe:
                for place, name in ((seen["facts"], "messages"), (seen["params"], "letters")):
                    place[name] = [item for item in place.get(name, ()) if item["id"] not in ids]
        return observations

    return remove


def accepted_messages(probe: str, *ids: str) -> Remove:
    """With rejections of all messages, and without those that nothing is wrong with."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in messages(probe, *ids)(observations):
            for item in seen["facts"].get("messages", ()):
                item["reply"] = {"code": 554, "enhanced": "5.7.1", "text": "5.7.1 bare <LF>"}
            seen["facts"].pop("arrivals", None)
        return observations

    return remove


def standard_codes(observations: list[Observation]) -> list[Observation]:
    """Without the response codes of a standard, and without what was said inside TLS."""
    codes = ("[PRIVACYREQUIRED] ", "(ENCRYPT-NEEDED) ")
    for seen in observations:
        kept = {key: fact for key, fact in seen["facts"].items() if not key.endswith("_tls")}
        text = json.dumps(kept)
        for code in codes:
            text = text.replace(code, "")
        seen["facts"] = json.loads(text)
    return observations


def other_code(*codes: int) -> Remove:
    """With 550 in place of some reply codes."""

    def change(value: t.Any) -> None:
        if isinstance(value, dict):
            if value.get("code") in codes:
                value.update(code=550, enhanced="5.7.1")
            value = list(value.values())
        for item in value if isinstance(value, list) else ():
            change(item)

    def remove(observations: list[Observation]) -> list[Observation]:
        change([seen["facts"] for seen in observations])
        return observations

    return remove


def both(first: Remove, second: Remove) -> Remove:
    """Without what either takes away."""
    return lambda observations: second(first(observations))


def answers(*types: str, name: str = "") -> Remove:
    """Without the answers of the DNS to questions of some types, whose names contain a text."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            asked = seen["params"]
            if seen["probe"] == "dns" and asked["type"] in types and name in asked["name"]:
                seen.update(facts={}, error={"kind": "timeout", "text": "no answer came"})
        return observations

    return remove


def outside(observations: list[Observation]) -> list[Observation]:
    """Without what was seen of the host from outside."""
    for seen in observations:
        if seen["probe"] not in ("dns", "host_config"):
            seen.update(facts={}, error={"kind": "unreachable", "text": "no route to the host"})
            seen.pop("source", None)
    return observations


def table(observations: list[Observation]) -> list[Observation]:
    """With a table before the rejection on each listener of Postfix, and without what it holds."""
    for seen in observations:
        postfix = seen["facts"]["postfix"]
        postfix["tables"] = {}
        for service in postfix["services"].values():
            given = service["parameters"]
            for name in [name for name in given if name.endswith("_restrictions")]:
                given[name] = f"check_client_access hash:/etc/postfix/clients, {given[name]}"
    return observations


def networks(observations: list[Observation]) -> list[Observation]:
    """With a table in place of the members of mynetworks, and without what it holds."""
    for seen in observations:
        for place in ("main", "defaults"):
            seen["facts"]["postfix"][place]["mynetworks"] = "hash:/etc/postfix/networks"
    return observations


HONEST = messages("spoof", "honest")
PLAIN = messages("submit", "plain")
#: Check to what takes its control away.
REMOVE: dict[str, Remove] = {
    **dict.fromkeys(
        (
            *("relay_third_party", "relay_null_sender", "relay_after_starttls"),
            *("relay_address_forms", "relay_sender_forms", "relay_helo_names"),
            *("relay_role_addresses", "relay_client_certificate", "relay_xclient"),
            *("relay_data_path", "relay_parameters", "relay_delivery", "relay_other_ports"),
            *("relay_refusal_is_permanent", "relay_xforward", "relay_subdomains"),
            "relay_backscatter",
        ),
        own_recipients,
    ),
    **dict.fromkeys(
        (
            *("relay_submission", "relay_every_address", "relay_after_failed_login"),
            "relay_after_cancelled_login",
        ),
        port_25,
    ),
    "relay_proxy_header": facts("smtp_session", "ehlo"),
    "ports_as_declared": sessions,
    "starttls_command_injection": facts("starttls", "answers"),
    "starttls_response_injection": hellos("control"),
    "starttls_forgets_state": facts("starttls", "mail"),
    "starttls_once": facts("starttls", "answers"),
    "starttls_failure_ends": facts("starttls_garbage", "starttls"),
    "implicit_tls_only": sessions,
    "mail_refused_before_tls": facts("smtp_session", "mechanisms_in_clear", "mail_tls"),
    "mx_takes_cleartext": facts("smtp_session", "mail_in_clear"),
    "auth_refused_before_tls": other_code(*ABOUT_COMMANDS),
    "tls_versions": hellos("repeated_control"),
    "tls_cipher_suites": hellos("repeated_control"),
    "tls_forward_secrecy": hellos("repeated_control"),
    "tls_alpn_http_rejected": hellos("control"),
    "certificate_every_key": hellos("other_certificate_control"),
    "imap_login_refused": standard_codes,
    "imap_authenticate_refused": standard_codes,
    "pop3_user_refused": facts("mailstore_session", "user_tls", "auth_tls"),
    "sieve_authenticate_refused": standard_codes,
    **dict.fromkeys(
        (
            *("smuggling_bare_lf", "smuggling_bare_cr", "smuggling_other_breaks"),
            "smuggling_stuffed",
        ),
        facts("smuggle", "quit"),
    ),
    "smuggling_sync": first_message,
    "users_not_disclosed": both(
        other_code(*ABOUT_COMMANDS), facts("smtp_session", "mail_in_clear", "mail_tls")
    ),
    "lists_not_disclosed": both(other_code(*ABOUT_COMMANDS), facts("smtp_commands", "help")),
    "old_commands_refused": both(other_code(*ABOUT_COMMANDS), facts("smtp_commands", "help")),
    "unknown_users_refused": recipients("second_unknown"),
    "postmaster_accepted": recipients("second_unknown"),
    "abuse_accepted": recipients("second_unknown"),
    "minimum_limits": recipients("stranger", "second_stranger"),
    "size_limit": facts("smtp_conformance", "mail"),
    "auth_other_identity": other_code(535),
    "made_up_login_refused": other_code(535),
    "well_known_logins_refused": other_code(535),
    **dict.fromkeys(("submission_senders", "submission_author", "outbound_spam"), PLAIN),
    "smuggling_outbound": accepted_messages("submit", "plain"),
    **dict.fromkeys(
        (
            *("envelope_spoofing_rejected", "from_spoofing_detected", "spam_noticed"),
            *("spf_enforced", "multiple_from_rejected", "missing_from_rejected"),
        ),
        HONEST,
    ),
    **dict.fromkeys(
        ("forged_results_removed", "forged_trace_harmless"),
        both(accepted_messages("spoof", "honest"), facts("read_back", "delivered")),
    ),
    "reverse_names": answers("A", "AAAA"),
    "wildcard_names": answers("TXT"),
    "dangling_names": answers("A", "AAAA", "TXT"),
    "service_records": facts("tls_trust"),
    "spf_egress": answers("TXT"),
    "dmarc_reports": answers("TXT", name="._report._dmarc."),
    "dnssec": answers("SOA", name="home.arpa"),
    "dnsbl_listed": answers("A", name="2.0.0.127."),
    "relay_configured": table,
    "submission_configured": table,
    "trusted_networks": networks,
    "configuration_in_force": outside,
    "listeners_reachable": outside,
    "backends_not_exposed": facts("host_config", "listeners"),
    "certificate_on_disk": outside,
    "next_key_published": answers("TLSA"),
    "dkim_key_published": answers("TXT"),
    "resolver_validates": facts("host_config", "resolver"),
}
