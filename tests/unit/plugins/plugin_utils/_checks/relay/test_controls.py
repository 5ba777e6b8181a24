# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""When a server was seen to weigh recipients on their merits, from single stored replies."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import controls, replies
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    attempt,
    experiment,
    relay,
)

DENIED = "554 5.7.1 Relay access denied"
UNKNOWN_USER = "550 5.1.1 User unknown"
HERE = ("clear", False, "", "stranger")
OWN_AND_STRANGERS = ("unknown_at_domain", "plain", "second_stranger", "second_unknown_at_domain")


def view(seen: dict[str, t.Any], **params: t.Any) -> replies.View:
    """An attempt in an observation of its own."""
    return replies.View(seen, replies.state(seen), relay([], [], **params))


def views(seen: t.Iterable[dict[str, t.Any]], **params: t.Any) -> list[replies.View]:
    return [view(item, **params) for item in seen]


def rejected(reply: str | None, phase: str = "rcpt", **more: str) -> replies.View:
    return view({**attempt(phase, reply), **more})


def signature(reply: str | None, phase: str = "rcpt") -> controls.Signature | None:
    return controls.signature(rejected(reply, phase), ())


def is_weighed(seen: t.Iterable[replies.View], state: controls.State) -> bool:
    return controls.is_weighed(controls.by_state(seen).get(state, []))


def is_refused_alike(seen: t.Iterable[replies.View], state: controls.State) -> bool:
    return controls.is_refused_alike(controls.by_state(seen).get(state, []))


def weighed(replies_by_form: dict[str, str | None], state: controls.State = HERE) -> bool:
    seen = [attempt("rcpt", reply, form) for form, reply in replies_by_form.items()]
    return is_weighed(views(seen), state)


@pytest.mark.parametrize(
    ("sender", "helo", "params", "state"),
    [
        ("stranger", "", {}, HERE),
        ("null", "localhost", {}, ("clear", False, "localhost", "null")),
        ("stranger", "", {"state": "starttls"}, ("starttls", False, "", "stranger")),
        ("stranger", "", {"login": True}, ("clear", True, "", "stranger")),
        ("same_as_recipient", "", {}, HERE),
    ],
)
def test_state_is_connection_login_helo_and_sender(
    sender: str, helo: str, params: dict[str, t.Any], state: controls.State
) -> None:
    seen = view(attempt("rcpt", DENIED, sender=sender, helo=helo), **params)
    assert controls.state_of(seen) == state


@pytest.mark.parametrize(
    ("reply", "is_rejection"),
    [
        (None, False),
        ("421 closing", False),
        ("250 Ok", False),
        ("354 go on", False),
        ("400 later", True),
        ("450 later", True),
        ("550 no", True),
        ("599 no", True),
    ],
)
def test_signature_is_of_4yz_and_5yz_alone(reply: str | None, is_rejection: bool) -> None:
    assert (signature(reply) is not None) is is_rejection


def test_code_beyond_5yz_has_no_signature() -> None:
    beyond = {"code": 600, "enhanced": "", "text": "no"}
    assert controls.signature(view({**attempt("rcpt", DENIED), "reply": beyond}), ()) is None


@pytest.mark.parametrize("code", [501, 553])
def test_external_recipient_that_is_taken_for_no_address_has_no_signature(code: int) -> None:
    for form, has in (("plain", False), ("second_stranger", False), ("unknown_at_domain", True)):
        seen = view(attempt("rcpt", f"{code} 5.1.3 Bad address", form))
        assert (controls.signature(seen, ()) is not None) is has


def test_signature_holds_phase_codes_and_words() -> None:
    assert signature("550 5.1.1 User unknown", "mail") == (
        "mail",
        550,
        "5.1.1",
        ("user", "unknown"),
    )


@pytest.mark.parametrize(
    "token",
    [
        "<u@example.com>",
        "<some words>",
        "u@example.com",
        "example.com:",
        "(mx1.example.com)",
        "10:00:00",
        "id=abc",
        "queue_id",
        "a/b",
        "a\\b",
        "QzBt",
        "qBt",
        "eX",
        "x2",
        "a" * 21,
    ],
)
def test_signature_is_without_addresses_names_ids_and_times(token: str) -> None:
    assert signature(f"550 No such {token} user") == ("rcpt", 550, "", ("no", "such", "user"))


@pytest.mark.parametrize("word", ["DENIED", "EXTERNAL", "Denied", "a" * 20, "denied.", '"denied"'])
def test_signature_keeps_plain_words(word: str) -> None:
    kept = word.strip('."').lower()
    assert signature(f"550 Relay {word}") == ("rcpt", 550, "", ("relay", kept))


def test_signature_is_without_the_words_that_were_sent() -> None:
    seen = rejected("550 Relay for Someone denied")
    assert controls.signature(seen, {"someone"}) == ("rcpt", 550, "", ("relay", "for", "denied"))


def test_two_kinds_of_rejection_each_seen_twice_are_a_control() -> None:
    assert is_weighed(views(experiment()), HERE)
    assert not is_weighed(views(experiment()), ("starttls", False, "", "stranger"))
    assert not is_weighed(views(experiment(DENIED, DENIED)), HERE)


@pytest.mark.parametrize("missing", OWN_AND_STRANGERS)
def test_rejection_seen_once_is_no_control(missing: str) -> None:
    seen = [item for item in experiment() if item["form"] != missing]
    assert not is_weighed(views(seen), HERE)


@pytest.mark.parametrize("other", OWN_AND_STRANGERS)
@pytest.mark.parametrize("reply", ["550 5.7.1 Denied", None])
def test_rejection_that_changes_or_is_missing_is_no_control(other: str, reply: str | None) -> None:
    seen = [
        attempt("rcpt", reply, other) if item["form"] == other else item for item in experiment()
    ]
    assert not is_weighed(views(seen), HERE)


@pytest.mark.parametrize("name", controls.LIKELY)
@pytest.mark.parametrize(
    ("reply", "expected"), [(DENIED, False), ("550 5.1.1 User unknown", True), (None, True)]
)
def test_likely_user_who_is_rejected_as_a_stranger_is_no_control(
    name: str, reply: str | None, expected: bool
) -> None:
    seen = [*experiment(DENIED), attempt("rcpt", reply, name)]
    assert is_weighed(views(seen), HERE) is expected


def test_words_of_the_addresses_make_no_difference() -> None:
    seen = [
        {**item, "path": f"<{name}@example.org>", "mail_from": "<outsider@x>", "helo": ""}
        for item, name in zip(
            experiment("550 no Carol Outsider", "550 no Alice Outsider"),
            ("alice", "carol", "carol", "alice"),
            strict=True,
        )
    ]
    assert not is_weighed(views(seen), HERE)
    assert is_refused_alike(views(seen), HERE)


def test_helo_name_in_a_reply_makes_no_difference() -> None:
    named = [{**item, "helo": "EHLO outsider"} for item in experiment("550 no", "550 no outsider")]
    assert not is_weighed(views(named), ("clear", False, "EHLO outsider", "stranger"))


def test_what_is_seen_under_the_recipients_own_address_is_no_control() -> None:
    seen = experiment(sender="same_as_recipient")
    assert not is_weighed(views(seen), HERE)
    assert not is_refused_alike(views(experiment(DENIED, DENIED, "same_as_recipient")), HERE)


def test_unknown_users_of_one_domain_are_compared_with_each_other() -> None:
    both = {"plain": DENIED, "second_stranger": DENIED}
    first = {"unknown_at_domain@a.example": UNKNOWN_USER}
    second = {"second_unknown_at_domain@a.example": UNKNOWN_USER}
    other = {"second_unknown_at_domain@b.example": UNKNOWN_USER}
    assert weighed({**both, **first, **second})
    assert not weighed({**both, **first, **other})
    assert weighed({**both, "unknown_at_domain@b.example": DENIED, **other, **first, **second})


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("own_user", True),
        ("own_user@a.example", True),
        ("unknown_at_host", True),
        ("unknown_at_domain", True),
        ("plain", False),
        ("local_part_only", False),
    ],
)
def test_accepted_own_recipient_is_a_control(accepted: str, expected: bool) -> None:
    assert weighed({accepted: "250 Ok", "second_stranger": DENIED}) is expected


@pytest.mark.parametrize("form", ["unknown_at_domain", "second_unknown_at_domain"])
def test_accepted_recipient_beside_a_rejected_impossible_one_is_no_control(form: str) -> None:
    assert not weighed({"unknown_at_host": "250 Ok", form: DENIED})
    assert not weighed({"unknown_at_host": "250 Ok", f"{form}@a.example": DENIED})
    assert weighed({"own_user": "250 Ok", form: DENIED})
    assert weighed({"own_user@a.example": "250 Ok", form: DENIED})


@pytest.mark.parametrize(
    ("phase", "reply", "expected"),
    [
        ("rcpt", "199 x", False),
        ("rcpt", "200 x", True),
        ("rcpt", "251 x", True),
        ("rcpt", "299 x", True),
        ("rcpt", "300 x", False),
        ("rcpt", None, False),
        ("mail", "250 x", False),
    ],
)
def test_only_2yz_to_rcpt_is_an_acceptance(phase: str, reply: str | None, expected: bool) -> None:
    seen = views([attempt(phase, reply, "own_user")])
    assert is_weighed(seen, HERE) is expected


def test_own_and_external_recipients_are_rejected_alike() -> None:
    assert is_refused_alike(views(experiment(DENIED, DENIED)), HERE)
    assert not is_refused_alike(views(experiment()), HERE)
    elsewhere = ("clear", False, "", "null")
    assert not is_refused_alike(views(experiment(DENIED, DENIED)), elsewhere)


@pytest.mark.parametrize("forms", [OWN_AND_STRANGERS[1:3], OWN_AND_STRANGERS[::3]])
def test_only_one_kind_of_recipients_is_not_alike(forms: tuple[str, str]) -> None:
    seen = [attempt("rcpt", DENIED, form) for form in forms]
    assert not is_refused_alike(views(seen), HERE)


def like(usual: t.Sequence[replies.View], odd: replies.View) -> bool:
    """Whether a rejection is like that of a plain recipient among the usual ones."""
    return controls.is_like_normal_refusal(usual, odd, controls.sent_words([*usual, odd]))


def test_rejection_is_like_that_of_a_plain_recipient_in_the_usual_state() -> None:
    usual = views(experiment())
    odd = view(attempt("rcpt", DENIED, sender="own_domain"))
    assert like(usual, odd)
    another = view(attempt("rcpt", UNKNOWN_USER, sender="own_domain"))
    assert not like(usual, another)


def test_lost_reply_is_like_no_rejection() -> None:
    lost = [attempt("rcpt", None)]
    odd = view(attempt("rcpt", None, sender="own_domain"))
    assert not like(views(lost), odd)


def test_rejection_is_compared_without_the_words_of_both_addresses() -> None:
    usual = [{**attempt("rcpt", "550 no Alice"), "path": "<alice@x>"}]
    odd = {**attempt("rcpt", "550 no Carol", sender="own_domain"), "path": "<carol@x>"}
    assert like(views(usual), view(odd))


def test_rejection_under_the_recipients_own_address_is_not_the_usual_one() -> None:
    usual = views([attempt("rcpt", DENIED, sender="same_as_recipient")])
    odd = view(attempt("rcpt", DENIED, sender="own_domain"))
    assert not like(usual, odd)


def test_421_is_a_rejection_where_it_was_seen_to_be_about_the_recipient() -> None:
    closed = view(attempt("rcpt", "421 4.7.1 Closing"))
    assert closed.state == replies.LOST
    assert controls.signature(closed, ()) is None
    refused = closed._replace(state=replies.REFUSED_FOR_NOW)
    assert controls.signature(refused, ()) == ("rcpt", 421, "4.7.1", ("closing",))


def test_one_of_each_is_compared_with_the_usual_experiment() -> None:
    usual = views(experiment())
    words = controls.sent_words(usual)

    def compared(unknown: str | None, stranger: str | None) -> bool:
        odd = [
            attempt("rcpt", unknown, "unknown_at_domain", "host"),
            attempt("rcpt", stranger, "plain", "host"),
        ]
        return controls.is_compared(views(odd), usual, words)

    assert compared(UNKNOWN_USER, DENIED)
    assert not compared(DENIED, UNKNOWN_USER)
    assert not compared(DENIED, DENIED)
    assert not compared(UNKNOWN_USER, UNKNOWN_USER)
    assert not compared("550 5.1.1 Another", DENIED)
    assert not compared(UNKNOWN_USER, "554 5.7.1 Another")
    assert not compared(None, DENIED)
    assert not compared(UNKNOWN_USER, None)
    only = views([attempt("rcpt", DENIED, "plain", "host")])
    assert not controls.is_compared(only, usual, words)


def test_lost_replies_are_not_compared_with_acceptances() -> None:
    usual = views(experiment(unknown="250 Ok"))
    odd = [
        attempt("rcpt", None, "unknown_at_domain", "host"),
        attempt("rcpt", DENIED, "plain", "host"),
    ]
    assert not controls.is_compared(views(odd), usual, controls.sent_words(usual))


def test_unknown_users_of_all_domains_and_plain_recipients_alone_are_compared() -> None:
    domain = "@b.example.org"
    seen = [
        attempt("rcpt", UNKNOWN_USER, f"unknown_at_domain{domain}"),
        attempt("rcpt", UNKNOWN_USER, "unknown_at_domain"),
        attempt("rcpt", DENIED, "plain"),
        attempt("rcpt", "450 4.7.1 Later", "percent"),
        attempt("rcpt", "550 5.7.1 Forged", "unknown_at_domain", "same_as_recipient"),
    ]
    usual = views(experiment())
    words = controls.sent_words(usual)
    assert controls.is_compared(views(seen), usual, words)
    other = attempt("rcpt", DENIED, f"unknown_at_domain{domain}")
    assert not controls.is_compared(views([*seen, other]), usual, words)


@pytest.mark.parametrize(
    ("params", "path", "sender"),
    [
        ({"recipient": "<postmaster@x>", "sender": "<s@x>"}, "<postmaster@x>", "<s@x>"),
        ({"state": "clear"}, "", ""),
    ],
)
def test_postmaster_of_a_session_is_an_attempt_under_each_sender(
    params: dict[str, t.Any], path: str, sender: str
) -> None:
    reply = attempt("rcpt", DENIED)["reply"]
    session = {**relay([], []), "params": params, "facts": {"rcpt_tls": reply}}
    seen = list(controls.postmaster_views(session, "rcpt_tls", "starttls", ("stranger", "null")))
    assert [controls.state_of(item) for item in seen] == [
        ("starttls", False, "", name) for name in ("stranger", "null")
    ]
    for item in seen:
        assert {**item.attempt, "sender": ""} == {
            "form": "postmaster",
            "path": path,
            "sender": "",
            "mail_from": sender,
            "helo": "",
            "phase": "rcpt",
            "reply": reply,
        }
        assert item.state == replies.REFUSED
        assert item.observation["facts"] == session["facts"]


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ({}, False),
        ({"plain": "250 Ok", "second_stranger": DENIED}, True),
        ({"plain": DENIED, "second_stranger": "250 Ok"}, True),
        ({"plain": DENIED, "second_stranger": DENIED, "own_user": "250 Ok"}, False),
        ({"plain": DENIED, "percent_host": "250 Ok"}, False),
        ({"plain": None}, False),
    ],
)
def test_accepted_stranger_shows_an_open_relay(
    tried: dict[str, str | None], expected: bool
) -> None:
    seen = views([attempt("rcpt", reply, form) for form, reply in tried.items()])
    assert controls.is_external_accepted(iter(seen)) is expected
