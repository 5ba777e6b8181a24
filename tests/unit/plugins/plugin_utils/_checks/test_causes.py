# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Causes that many checks share: found in the observations, named in the evidence."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, causes, evaluate
from ansible_collections.airtight.mail.tests.unit.helpers import (
    dns_verdicts,
    recordings,
    simulated_server,
)
from ansible_collections.airtight.mail.tests.unit.helpers.causes import (
    IPV6,
    NO_ROUTE,
    SILENT,
    answered,
    context,
    port_25_blocked,
    silent,
    unanswered,
    verdicts,
    without_ipv6,
)

PROBING = ("relay_third_party", "relay_submission", "pop3_capabilities", "mx_takes_cleartext")
REFUSED = ("connect_refused", "connection refused")


def statuses(found: t.Iterable[dict[str, t.Any]]) -> dict[str, str]:
    return {verdict["check"]: verdict["status"] for verdict in found}


def named(found: t.Iterable[dict[str, t.Any]]) -> dict[str, set[str]]:
    """The causes that the evidence of each unknown verdict names."""
    return {
        verdict["check"]: {
            entry["caused_by"] for entry in verdict["evidence"] if entry["status"] == UNKNOWN
        }
        for verdict in found
        if verdict["status"] == UNKNOWN
    }


def test_port_25_that_a_network_drops_is_the_cause_of_what_is_unknown_there() -> None:
    found = named(port_25_blocked())
    assert found["relay_third_party"] == found["mx_takes_cleartext"] == {"port_25_unreachable"}


@pytest.mark.parametrize("error", [SILENT, NO_ROUTE])
def test_port_25_is_unreachable_where_another_port_answers(error: tuple[str, str]) -> None:
    others = answered(without=("smtp",))
    assert causes.port_25_unreachable(context([*others, unanswered("smtp", error)]))
    assert not causes.port_25_unreachable(context([unanswered("smtp", error)]))
    assert not causes.port_25_unreachable(context(answered()))


def test_port_25_that_refuses_or_answers_on_one_address_is_reachable() -> None:
    others = answered(without=("smtp",))
    assert not causes.port_25_unreachable(context([*others, unanswered("smtp", REFUSED)]))
    both = [*answered(), unanswered("smtp", SILENT, "198.18.0.26")]
    assert not causes.port_25_unreachable(context(both))


def test_an_answer_that_came_late_is_no_port_25_that_is_unreachable() -> None:
    late = {**unanswered("smtp", ("timeout", "no whole answer within 20 s")), "source": "192.0.2.1"}
    assert not causes.port_25_unreachable(context([*answered(without=("smtp",)), late]))


NOBODY = "554 5.7.1 Recipient address rejected: Access denied"


def submission_alone(text: str, extensions: str, error: tuple[str, str]) -> base.AuditContext:
    """What a submission service answers to every recipient, where port 25 is not reached."""
    server = simulated_server.mail_server(lambda _path, _session: text, extensions=extensions)
    seen = simulated_server.survey({"submissions": server})
    kind, words = error
    unreached = {"kind": kind, "text": words}
    observations = tuple(
        {**entry, "error": unreached} if entry["service"] == "smtp" else entry
        for entry in seen.observations
    )
    return dataclasses.replace(seen, observations=observations)


def test_port_25_is_the_cause_of_what_submission_says_to_everybody_alike() -> None:
    seen = submission_alone(NOBODY, "AUTH PLAIN", SILENT)
    found = named(evaluate.evaluate(seen, evaluate.choose([], ["relay"])))
    assert {"relay_submission", "relay_every_address", "relay_data_path"} <= set(found)
    assert {"relay_xclient", "relay_xforward", "relay_refusal_is_permanent"} <= set(found)
    del found["relay_other_ports"]  # which were not scanned
    assert set().union(*found.values()) == {"port_25_unreachable"}


@pytest.mark.parametrize(
    ("text", "extensions", "error"),
    [
        (NOBODY, "8BITMIME", SILENT),
        (NOBODY, "AUTH PLAIN", REFUSED),
    ],
)
def test_port_25_is_no_cause_where_it_would_change_nothing(
    text: str, extensions: str, error: tuple[str, str]
) -> None:
    seen = submission_alone(text, extensions, error)
    found = named(evaluate.evaluate(seen, evaluate.choose(["relay_submission"])))
    assert found == {"relay_submission": {""}}


def test_without_ipv6_a_host_is_judged_on_ipv4_with_one_finding() -> None:
    alone, both = verdicts(answered(), PROBING), verdicts([*answered(), *without_ipv6()], PROBING)
    differing = {
        verdict["check"]
        for verdict, other in zip(
            sorted(both, key=lambda item: item["check"]),
            sorted(alone, key=lambda item: item["check"]),
            strict=True,
        )
        if verdict["status"] != other["status"]
    }
    assert differing == {"relay_third_party"}
    assert named(both) == {"relay_third_party": {"ipv6_unreachable"}}


def test_without_ipv6_the_check_of_every_address_is_unknown_and_nothing_is_compared() -> None:
    found = verdicts([*answered(), *without_ipv6()])
    assert named(found) == {"relay_every_address": {"ipv6_unreachable"}}
    assert statuses(found)["dual_stack"] == NOT_APPLICABLE
    evidence = next(item for item in found if item["check"] == "relay_every_address")["evidence"]
    assert IPV6 in next(entry for entry in evidence if entry["status"] == UNKNOWN)["sentence"]


def test_without_ipv6_a_comparison_alone_is_unknown() -> None:
    found = verdicts([*answered(), *without_ipv6()], ["dual_stack"])
    assert named(found) == {"dual_stack": {"ipv6_unreachable"}}


@pytest.mark.parametrize("error", [SILENT, REFUSED])
def test_an_ipv6_address_that_does_not_answer_is_evaluated(error: tuple[str, str]) -> None:
    seen = [*answered(), *without_ipv6()[1:], unanswered("smtp", error, IPV6)]
    assert causes.unreachable_ipv6(context(seen)) == []


def test_a_host_with_ipv6_alone_is_silent_where_the_vantage_has_none() -> None:
    assert causes.unreachable_ipv6(context(without_ipv6())) == []
    assert causes.host_silent(context(without_ipv6()))


def test_a_host_that_takes_no_connection_is_the_cause_of_all_that_was_probed() -> None:
    found = verdicts(silent(), PROBING)
    assert set(statuses(found).values()) == {UNKNOWN}
    assert all(names == {"host_silent"} for names in named(found).values())
    assert not causes.host_silent(context([]))


def test_without_dnspython_all_that_asks_the_dns_has_one_cause() -> None:
    job = _model.Job("dns", "mx1.example.org", "dns", "::", 53, {"name": ".", "type": "SOA"})
    job.params["trusted"] = False
    error: t.Any = {"kind": "unavailable", "text": "the Python package dnspython is missing"}
    missing = dict(_model.observation(job, {}, error, [], {"source": ""}))
    found = verdicts([*answered(), missing], ["spf_record", "mx_records", "relay_third_party"])
    assert named(found) == {key: {"dns_unavailable"} for key in ("spf_record", "mx_records")}


@pytest.mark.parametrize(("kind", "cause"), [("bogus", "root_refused"), ("timeout", "")])
def test_a_resolver_that_refuses_the_root_is_the_cause_of_what_it_refuses(
    kind: str, cause: str
) -> None:
    zone = {(".", "NS"): kind, ("example.org", "MX"): "bogus", ("example.org", "TXT"): "bogus"}
    seen = dns_verdicts.of_zone(zone)
    checks = evaluate.choose(["dnssec", "mx_records", "spf_record", "dmarc_record"])
    found = named(evaluate.evaluate(seen, checks))
    assert found == {key: {cause} for key in ("dnssec", "mx_records", "spf_record")}


def test_a_zone_with_wrong_signatures_is_not_those_of_the_root() -> None:
    seen = dns_verdicts.of_zone({("example.org", "MX"): "bogus"})
    assert not causes.root_refused(seen)
    found = evaluate.evaluate(seen, evaluate.choose(["dnssec", "mx_records"]))
    assert named(found) == {"mx_records": {"dnssec"}}


def test_a_port_that_speaks_in_clear_is_the_cause_of_what_tls_would_have_shown() -> None:
    entry = recordings.recorded("implicit_tls_only")[FAIL]
    checks = ("implicit_tls_only", "certificate_name", "tls_versions", "certificate_expiry")
    found = evaluate.evaluate(recordings.context_of(entry), evaluate.choose(checks))
    assert statuses(found)["implicit_tls_only"] == FAIL
    assert all("implicit_tls_only" in names for names in named(found).values())


def test_what_is_not_applicable_for_want_of_a_domain_says_so() -> None:
    job = _model.Job("dns", "mx1.example.org", "dns", "::", 53, {"name": ".", "type": "SOA"})
    job.params["trusted"] = False
    error: t.Any = {"kind": "declined", "text": "no domain is declared"}
    declined = dict(_model.observation(job, {}, error, [], {"source": ""}))
    found = verdicts([*answered(), declined], ["spf_record", "relay_third_party"], domains=())
    marked = {
        verdict["check"]
        for verdict in found
        if any(entry["caused_by"] == "no_domain" for entry in verdict["evidence"])
    }
    assert marked == {"spf_record"}


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from([*_model.SERVICES]), st.sampled_from([SILENT, NO_ROUTE, REFUSED])
    )
)
def test_a_cause_changes_no_status_and_explains_no_answer(
    broken: dict[str, tuple[str, str]],
) -> None:
    """Whichever services cannot be reached, and why."""
    seen = [*answered(without=broken), *(unanswered(*item) for item in broken.items())]
    found = verdicts(seen, PROBING)
    chosen = evaluate.choose(PROBING)
    for verdict in found:
        check = next(item for item in chosen if item.id == verdict["check"])
        assert verdict["status"] == _model.worst(
            item.status for item in check.evaluate(context(seen))
        )
        for entry in verdict["evidence"]:
            heard = any(who == "S" for who, _text in entry["transcript"])
            assert not entry["caused_by"] or (entry["status"] not in (PASS, FAIL) and not heard)
