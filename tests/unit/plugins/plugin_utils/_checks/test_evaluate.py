# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Every check can pass, fail and be unknown: recorded observations of real servers, evaluated again
at a fixed time.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WAIVED,
    ModelError,
)
from ansible_collections.airtight.mail.plugins.plugin_utils import _retired
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base,
    evaluate,
    waivers,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    ADDRESS,
    FIXTURES,
    NOW,
    Entry,
    context,
    context_of,
    recorded,
)

STATUSES = (PASS, FAIL, UNKNOWN)
#: Statuses that a check has only after a change of the policy, which no recording has.
NOT_RECORDED: dict[tuple[str, str], str] = {
    (name, FAIL): "the policy must demand it"
    for name in (
        "auth_channel_binding",
        "from_spoofing_detected",
        "spf_enforced",
        "submission_author",
        "outbound_spam",
    )
}
#: Causes of unknown, the check whose recording shows it, and a part of its sentence.
CAUSES_OF_UNKNOWN = {
    "timeout": ("implicit_tls_only", "no whole answer within 1 s"),
    "greeted with 421": ("relay_role_addresses", "the server greeted with 421"),
    "421 to a command": ("mail_refused_before_tls", "MAIL was deferred: 421"),
    "lost in the middle of a batch": ("relay_address_forms", "29 of 52 attempts were not answered"),
    "greylisting": ("relay_null_sender", "deferred (450 4.2.0"),
    "sender refused": (
        "relay_third_party",
        "rejected for another reason before relaying was considered",
    ),
    "trusted vantage": (
        "relay_submission",
        "shares a subnet with the target, so it may be trusted",
    ),
    "control not answered": (
        "tls_versions",
        "The control (the same ClientHello with a version and a suite that are accepted) was not",
    ),
    "catch-all": ("relay_every_address", "SUSPECTED OPEN RELAY"),
    "no answer from the resolver": ("spf_record", "the resolver"),
    "a list without its control": ("dnsbl_listed", "gave no answer that counts"),
    "handshake failed": ("certificate_name", "the TLS handshake failed"),
}
#: Checks that one reply decides, whatever other replies were lost.
DECIDED_BY_ONE_REPLY = ("relay_vantage", "relay_refusal_is_permanent")
#: Checks that need the Python package cryptography.
NEED_CRYPTOGRAPHY = (
    "certificate_name",
    "certificate_expiry",
    "certificate_strength",
    "certificate_every_key",
    "certificate_without_name",
    "certificate_everywhere",
    "certificate_staple",
    "dkim_records",
    "mta_sts_policy",
    "mta_sts_serving",
    "caa_records",
    "dane_match",
    "dane_rollover",
    "dane_other_ports",
    "service_records",
    "outbound_signature",
)
CHECKS = pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.id)


def verdict(
    check: base.Check,
    entry: Entry,
    observations: t.Sequence[Entry] | None = None,
) -> dict[str, t.Any]:
    return evaluate.evaluate(context_of(entry, observations), [check])[0]


def skip_without_cryptography(check: base.Check) -> None:
    if x509.CRYPTOGRAPHY_IMPORT_ERROR and check.id in NEED_CRYPTOGRAPHY:
        pytest.skip("needs the Python package cryptography")


@pytest.mark.parametrize("status", STATUSES)
@CHECKS
def test_check_has_the_status_of_its_recording(check: base.Check, status: str) -> None:
    skip_without_cryptography(check)
    if (check.id, status) not in NOT_RECORDED:
        assert verdict(check, recorded(check.id)[status])["status"] == status


@CHECKS
def test_every_status_of_a_check_is_recorded(check: base.Check) -> None:
    assert set(recorded(check.id)) == {
        status for status in STATUSES if (check.id, status) not in NOT_RECORDED
    }


def test_every_recording_belongs_to_a_check() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.json")) == sorted(evaluate.IDS)


@pytest.mark.parametrize(("check_id", "words"), CAUSES_OF_UNKNOWN.values(), ids=CAUSES_OF_UNKNOWN)
def test_cause_of_unknown_is_in_the_sentence(check_id: str, words: str) -> None:
    check = evaluate.choose([check_id])[0]
    skip_without_cryptography(check)
    assert words in verdict(check, recorded(check_id)[UNKNOWN])["sentence"]


@CHECKS
def test_no_observation_is_unknown(check: base.Check) -> None:
    recordings = recorded(check.id)
    assert verdict(check, recordings[PASS], [])["status"] == UNKNOWN
    without_addresses = dataclasses.replace(context_of(recordings[PASS], []), addresses=())
    assert evaluate.evaluate(without_addresses, [check])[0]["status"] == UNKNOWN


@CHECKS
def test_host_without_any_answer_is_unknown(check: base.Check) -> None:
    entry = recorded(check.id)[PASS]
    refused = {"kind": "connect_refused", "text": "connection refused"}
    sessions = [seen for seen in entry["observations"] if seen["probe"].endswith("_session")]
    found = verdict(check, entry, [{**seen, "facts": {}, "error": refused} for seen in sessions])
    assert found["status"] == (NOT_APPLICABLE if check.id == "relay_every_address" else UNKNOWN)


def test_closed_service_beside_an_open_one_is_not_applicable() -> None:
    check = evaluate.choose(["pop3_user_refused"])[0]
    refused = {"kind": "connect_refused", "text": "connection refused"}
    closed = {**recorded(check.id)[PASS]["observations"][0], "facts": {}, "error": refused}
    found = evaluate.evaluate(
        context([closed, *recorded("imap_login_refused")[PASS]["observations"]]), [check]
    )[0]
    assert found["status"] == NOT_APPLICABLE


def interrupted(seen: dict[str, t.Any]) -> t.Iterator[dict[str, t.Any]]:
    """The same connection, interrupted: a session with fewer facts, a handshake without any, fewer
    attempts with a reply.
    """
    error = {"kind": "timeout", "text": "no whole answer within 20 s"}
    facts = list(seen["facts"].items())
    for length in range(len(facts) if seen["probe"].endswith("_session") else 1):
        yield {**seen, "facts": dict(facts[:length]), "error": error}
    attempts = seen["facts"].get("attempts", [])
    for length in range(len(attempts)):
        unanswered = [{**entry, "reply": None, "phase": ""} for entry in attempts[length:]]
        yield {
            **seen,
            "facts": {**seen["facts"], "attempts": attempts[:length] + unanswered},
            "error": error,
        }


@CHECKS
def test_interrupted_connection_never_fails(check: base.Check) -> None:
    skip_without_cryptography(check)
    entry = recorded(check.id)[PASS]
    whole = entry["observations"]
    for number, seen in enumerate(whole):
        for shorter in interrupted(seen):
            found = verdict(check, entry, [*whole[:number], shorter, *whole[number + 1 :]])
            assert found["status"] != FAIL, (shorter["probe"], found["sentence"])


@pytest.mark.parametrize(
    "check",
    [check for check in CATALOGUE if check.id not in DECIDED_BY_ONE_REPLY],
    ids=lambda check: check.id,
)
def test_lost_relay_connection_is_unknown(check: base.Check) -> None:
    entry = recorded(check.id)[PASS]
    whole = entry["observations"]
    for number, seen in enumerate(whole):
        if seen["probe"] == "relay" and bool(seen["params"].get("login")) == bool(check.opt_in):
            shorter = {
                **seen,
                "facts": {},
                "error": {"kind": "closed", "text": "the server closed the connection"},
            }
            assert (
                verdict(check, entry, [*whole[:number], shorter, *whole[number + 1 :]])["status"]
                == UNKNOWN
            )


@pytest.mark.parametrize("check_id", ["tls_versions", "tls_cipher_suites"])
def test_accepted_handshake_fails_although_others_were_lost(check_id: str) -> None:
    check, entry = evaluate.choose([check_id])[0], recorded(check_id)[FAIL]
    assert [seen["probe"] for seen in entry["observations"]][1:] == ["client_hello"] * (
        len(entry["observations"]) - 1
    )
    for number in range(1, len(entry["observations"])):
        lost = [dict(seen) for seen in entry["observations"]]
        lost[number].update(
            facts={}, error={"kind": "timeout", "text": "no whole answer within 20 s"}
        )
        assert verdict(check, entry, lost)["status"] == FAIL, number
    nothing = [
        {**seen, "facts": {} if seen["probe"] == "client_hello" else seen["facts"]}
        for seen in entry["observations"]
    ]
    assert verdict(check, entry, nothing)["status"] == UNKNOWN


@pytest.mark.parametrize("resumed", [True, False])
def test_sentence_mentions_a_session_that_was_not_resumed(resumed: bool) -> None:
    check, entry = (
        evaluate.choose(["relay_after_starttls"])[0],
        recorded("relay_after_starttls")[PASS],
    )
    observations = []
    for seen in entry["observations"]:
        was_resumed = resumed and seen["params"].get("state") == "resumed"
        observations.append({**seen, "facts": {**seen["facts"], "tls": {"resumed": was_resumed}}})
    found = verdict(check, entry, observations)
    assert found["status"] == PASS
    assert found["sentence"].endswith("(The server did not resume a session.)") is not resumed


@CHECKS
def test_check_with_opt_in_is_not_applicable_without_it(check: base.Check) -> None:
    if check.opt_in:
        entry = recorded(check.id)
        found = evaluate.evaluate(
            context(entry.get(FAIL, entry[PASS])["observations"], True), [check]
        )[0]
        assert (found["status"], f"opt_in: [{check.opt_in}]" in found["sentence"]) == (
            NOT_APPLICABLE,
            True,
        )


@CHECKS
def test_row_of_the_catalogue_is_complete(check: base.Check) -> None:
    assert check.severity in _model.SEVERITIES
    assert check.references
    assert all(reference.startswith("https://") for reference in check.references)
    texts = (check.title, check.title_failed, check.impact, *check.fix.values())
    assert all(text == text.strip() and text for text in texts)
    assert not check.title.endswith(".")
    assert not check.title_failed.endswith(".")
    assert max(len(check.title), len(check.title_failed)) <= 90
    assert check.id not in _retired.RETIRED


@CHECKS
def test_id_of_a_check_is_the_name_of_its_evaluator(check: base.Check) -> None:
    assert check.evaluate.__name__ == check.id


def test_verdict_carries_impact_and_fix_only_where_it_failed() -> None:
    check = evaluate.choose(["relay_third_party"])[0]
    recordings = recorded(check.id)
    failed, passed = verdict(check, recordings[FAIL]), verdict(check, recordings[PASS])
    assert (failed["impact"], failed["fix"]) == (check.impact, dict(check.fix))
    assert failed["references"] == list(check.references)
    evidence = failed["evidence"][0]
    assert (evidence["service"], evidence["address"], evidence["port"]) == ("smtp", ADDRESS, 25)
    assert not {"impact", "fix", "references", "waived"} & set(passed)
    json.dumps([failed, passed])


def test_verdicts_are_sorted_worst_first() -> None:
    chosen = evaluate.choose(["mx_takes_cleartext", "relay_third_party", "auth_hidden_before_tls"])
    seen = (
        recorded("mx_takes_cleartext")[PASS]["observations"]
        + recorded("relay_third_party")[FAIL]["observations"]
    )
    found = evaluate.evaluate(context(seen, True), chosen)
    assert [item["status"] for item in found] == sorted(
        (item["status"] for item in found), key=_model.STATUSES.index
    )
    assert found[0]["check"] == "relay_third_party"
    assert evaluate.summary(found)[FAIL] == 1
    assert sum(evaluate.summary(found).values()) == 3


def test_waiver_covers_fail_and_unknown_only() -> None:
    check = evaluate.choose(["relay_third_party"])[0]
    entry = {
        "check": check.id,
        "hosts": "MX*.example.org",
        "justification": "moving out",
        "expiration_date": datetime.date(2026, 11, 22),
    }
    waived = waivers.waivers([entry], evaluate.IDS, NOW.date())
    for status, wanted in ((FAIL, WAIVED), (UNKNOWN, WAIVED), (PASS, PASS)):
        one = recorded(check.id)[status]
        found = evaluate.evaluate(
            context(one["observations"], one["vantage_untrusted"]), [check], waived
        )[0]
        assert found["status"] == wanted
        if wanted == WAIVED:
            assert found["waived"] == {
                "was": status,
                "justification": "moving out",
                "expiration_date": "2026-11-22",
            }
    elsewhere = waivers.waivers([{**entry, "hosts": "*.example.net"}], evaluate.IDS, NOW.date())
    assert (
        evaluate.evaluate(
            context(recorded(check.id)[FAIL]["observations"], True), [check], elsewhere
        )[0]["status"]
        == FAIL
    )


def test_choose_selects_by_id_and_group_in_catalogue_order() -> None:
    assert evaluate.choose() == list(CATALOGUE)
    assert [check.id for check in evaluate.choose(["tls_versions", "relay_vantage"])] == [
        "relay_vantage",
        "tls_versions",
    ]
    assert {check.group for check in evaluate.choose(groups=["mailstore"])} == {"mailstore"}
    assert "tls_versions" in [
        check.id for check in evaluate.choose(["tls_versions"], ["mailstore"])
    ]
    with pytest.raises(
        ModelError,
        match=r"^checks: 'relay' does not exist; docs/reference/checks.md lists those that do\.$",
    ):
        evaluate.choose(["relay"])
    with pytest.raises(
        ModelError, match=f"^groups: 'mx' is not one of {', '.join(_model.GROUPS)}[.]$"
    ):
        evaluate.choose(groups=["mx"])


def test_renamed_check_or_group_is_refused_with_its_new_name() -> None:
    with pytest.raises(
        ModelError, match=r"^checks: 'one_author' was renamed; use 'multiple_from_rejected'\.$"
    ):
        evaluate.choose(["one_author"])
    with pytest.raises(ModelError, match=r"^groups: 'hygiene' was renamed; use 'conformance'\.$"):
        evaluate.choose(groups=["hygiene"])


def test_moment_reads_iso_8601_in_utc() -> None:
    assert evaluate.moment("2026-11-22T22:00:00") == NOW
    assert evaluate.moment().tzinfo is not None
    with pytest.raises(ModelError, match=r"^now: 'soon' is no moment"):
        evaluate.moment("soon")


def test_certificate_that_cannot_be_parsed_is_unknown() -> None:
    pytest.importorskip("cryptography")
    check = evaluate.choose(["certificate_name"])[0]
    entry = recorded(check.id)[PASS]
    observations = []
    for seen in entry["observations"]:
        broken = {"certificate": "3003020101"} if "certificate" in seen["facts"] else {}
        observations.append({**seen, "facts": {**seen["facts"], **broken}})
    found = verdict(check, entry, observations)
    assert (found["status"], found["sentence"][:33]) == (
        UNKNOWN,
        "The certificate cannot be read: e",
    )


@pytest.mark.parametrize(
    ("extensions", "status"), [({"STARTTLS": ""}, PASS), ({"STARTTLS": "", "AUTH": "PLAIN"}, FAIL)]
)
def test_535_without_a_challenge_fails_only_where_auth_is_offered(
    extensions: dict[str, str], status: str
) -> None:
    check = next(row for row in CATALOGUE if row.id == "auth_refused_before_tls")
    entry = recorded(check.id)["pass"]
    reply = {"code": 535, "enhanced": "", "text": "Authentication rejected"}
    observations = [
        {**seen, "facts": {**seen["facts"], "extensions": extensions, "auth_in_clear": reply}}
        for seen in entry["observations"]
    ]
    assert verdict(check, entry, observations)["status"] == status


def test_exception_costs_one_verdict_of_one_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # tests/unit/plugins/plugin_utils/_checks/conftest.py raises exceptions.

    def evaluator(_context: base.AuditContext) -> list[_model.Finding]:
        raise KeyError("a word that may be a secret")

    sound = evaluate.choose(["greeting_name"])[0]
    broken = dataclasses.replace(sound, id="broken", evaluate=evaluator)
    entry = recorded("greeting_name")[PASS]
    found = evaluate.evaluate(context_of(entry), [broken, sound])
    assert [(item["check"], item["status"]) for item in found] == [
        ("broken", UNKNOWN),
        ("greeting_name", PASS),
    ]
    assert "KeyError (test_evaluate.py, line " in found[0]["sentence"]
    assert "secret" not in found[0]["sentence"]
    (line,) = evaluate.exceptions(found, entry["observations"])
    assert line.startswith(f"{found[0]['target']}: broken: The evaluation ended with an exception")
    error = {"kind": "exception", "text": "the probe ended with ValueError"}
    (line,) = evaluate.exceptions([], [{**entry["observations"][0], "error": error}])
    assert line.endswith(": the probe ended with ValueError")
