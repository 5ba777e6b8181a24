# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No control, no pass: the recording that passes, without what the control of the check was seen
by, is unknown.
"""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes import relay_addresses
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import controls
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    recording,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import recorded

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base

Observation = dict[str, t.Any]
Remove = t.Callable[[list[Observation]], list[Observation]]
#: The groups of checks whose controls are answers of the DNS or facts of the host.
NOT_ON_THE_WIRE = ("dns", "host")


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


def messages(probe: str, *ids: str) -> Remove:
    """Without the messages that nothing is wrong with."""

    def remove(observations: list[Observation]) -> list[Observation]:
        for seen in observations:
            if seen["probe"] == probe:
                for place, name in ((seen["facts"], "messages"), (seen["params"], "letters")):
                    place[name] = [item for item in place.get(name, ()) if item["id"] not in ids]
        return observations

    return remove


def accepted_messages(observations: list[Observation]) -> list[Observation]:
    """With rejections of all messages, and without the plain one."""
    for seen in messages("submit", "plain")(observations):
        for item in seen["facts"].get("messages", ()):
            item["reply"] = {"code": 554, "enhanced": "5.7.1", "text": "5.7.1 bare <LF>"}
        seen["facts"].pop("arrivals", None)
    return observations


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


def code_for_credentials(observations: list[Observation]) -> list[Observation]:
    """With another code in place of the one for wrong credentials."""

    def change(value: t.Any) -> None:
        if isinstance(value, dict):
            if value.get("code") == 535:
                value.update(code=550, enhanced="5.7.1")
            value = list(value.values())
        for item in value if isinstance(value, list) else ():
            change(item)

    change([seen["facts"] for seen in observations])
    return observations


#: Check to what takes its control away.
REMOVE: dict[str, Remove] = {
    **dict.fromkeys(
        (
            *("relay_third_party", "relay_null_sender", "relay_after_starttls"),
            *("relay_address_forms", "relay_sender_forms", "relay_helo_names"),
            *("relay_role_addresses", "relay_client_certificate", "relay_xclient"),
            *("relay_data_path", "relay_parameters", "relay_delivery"),
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
    "relay_other_ports": own_recipients,
    "ports_as_declared": sessions,
    "starttls_command_injection": facts("starttls", "answers"),
    "starttls_response_injection": hellos("control"),
    "starttls_failure_ends": facts("starttls_garbage", "starttls"),
    "implicit_tls_only": sessions,
    "mail_refused_before_tls": facts("smtp_session", "mechanisms_in_clear", "mail_tls"),
    "auth_refused_before_tls": facts("smtp_session", "mechanisms_in_clear"),
    "tls_cipher_suites": hellos("repeated_control"),
    "certificate_every_key": hellos("other_certificate_control"),
    "imap_login_refused": standard_codes,
    "imap_authenticate_refused": standard_codes,
    "pop3_user_refused": facts("mailstore_session", "user_tls", "auth_tls"),
    "sieve_authenticate_refused": standard_codes,
    "smuggling_bare_lf": facts("smuggle", "quit"),
    "smuggling_bare_cr": facts("smuggle", "quit"),
    "auth_other_identity": code_for_credentials,
    "made_up_login_refused": code_for_credentials,
    "well_known_logins_refused": code_for_credentials,
    "submission_senders": messages("submit", "plain"),
    "smuggling_outbound": accepted_messages,
    "envelope_spoofing_rejected": messages("spoof", "honest"),
}
WITH_CONTROL = [
    check
    for check in CATALOGUE
    if check.severity in ("critical", "high")
    and check.group not in NOT_ON_THE_WIRE
    and not check.control.startswith("None needed: ")
]


@pytest.mark.parametrize("check", WITH_CONTROL, ids=lambda check: check.id)
def test_recorded_pass_without_its_control_is_unknown(check: base.Check) -> None:
    entry = recording(check.id, PASS)
    assert verdict(check.id, entry)["status"] == PASS
    seen = REMOVE[check.id](copy.deepcopy(entry["observations"]))
    found = verdict(check.id, entry, seen)
    assert found["status"] == UNKNOWN, found["sentence"]


def test_every_entry_removes_the_control_of_a_check_that_has_one() -> None:
    assert set(REMOVE) == {check.id for check in WITH_CONTROL}


#: Checks whose subject is the text of replies.
ABOUT_TEXTS = ("no_version_told",)
#: What servers say to refusals of every kind.
WORDINGS = (
    "Relay access denied",
    "User unknown",
    "bare <LF> received",
    "SPF fail",
    "Must issue a STARTTLS command first",
    "Authentication required",
    "line too long",
    "Greylisted, try again later",
    "",
)


def reworded(value: t.Any, text: str) -> t.Any:
    """Facts in which every SMTP reply says the same text; the codes stay."""
    if isinstance(value, list):
        return [reworded(item, text) for item in value]
    if not isinstance(value, dict):
        return value
    if {"code", "enhanced", "text"} <= set(value):
        return {**value, "text": f"{value['enhanced']} {text}".strip()}
    return {key: reworded(item, text) for key, item in value.items()}


@pytest.mark.parametrize(
    "check",
    [check for check in CATALOGUE if check.id not in ABOUT_TEXTS],
    ids=lambda check: check.id,
)
def test_text_of_replies_never_turns_a_verdict_into_a_pass(check: base.Check) -> None:
    passed = [
        (status, text)
        for status, entry in recorded(check.id).items()
        for text in WORDINGS
        if status != PASS
        and verdict(
            check.id,
            entry,
            [{**seen, "facts": reworded(seen["facts"], text)} for seen in entry["observations"]],
        )["status"]
        == PASS
    ]
    assert passed == []
