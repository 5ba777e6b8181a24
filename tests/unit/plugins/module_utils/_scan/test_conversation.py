# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The transcript of a conversation, and the place of a reply in it."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp
from ansible_collections.airtight.mail.plugins.module_utils._scan import conversation
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import play

REPLY = b"250-mx1\r\n250 SIZE\r\n"


def ask(talk: conversation.Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> t.Any:
    for _number in range(params["before"]):
        talk.note("*", "a line")
    facts["reply"] = (yield from talk.read(smtp.reply)).to_dict()


def test_a_reply_knows_its_lines_of_the_transcript() -> None:
    played = play(ask, {"before": 3}, [REPLY])
    assert played.facts["reply"]["place"] == [3, 4]
    assert played.transcript[3:] == [["S", "250-mx1"], ["S", "250 SIZE"]]


def test_a_reply_that_is_cut_off_ends_with_the_last_line_that_is_kept() -> None:
    last = conversation.MAX_LINES - 1
    played = play(ask, {"before": last}, [REPLY])
    assert played.facts["reply"]["place"] == [last, last]
    assert [who for who, _text in played.transcript[last:]] == ["S", "*"]


def test_a_reply_behind_the_end_of_the_transcript_has_no_place() -> None:
    for before in (conversation.MAX_LINES, conversation.MAX_LINES + 5):
        assert "place" not in play(ask, {"before": before}, [REPLY]).facts["reply"]
