# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what comes in with a lie in it: the own domain as sender, two authors, results and traces that only the host may write.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding

from ..._dns import mail_flow_queries
from ..._dns.queries import UnseenError
from ..._dns.spf_record import PermError
from ..dns.lookup import View, blind
from ..relay.vantage import trusted_because
from . import outcomes

if t.TYPE_CHECKING:
    from ..base import Scene
    from .outcomes import Post

Look = t.Callable[["Scene", "Post"], Finding]
_RESULTS = ("authentication-results", "received-spf")
#: What a refusal for the sake of SPF has in it: the word, or the code of RFC 7372 section 3.2 and its kin.
_BY_POLICY = re.compile(r"\bspf\b|\b5\.7\.\d", re.I)


def judge(name: str, what: str, look: Look) -> t.Callable[[Scene], list[Finding]]:
    """A judge of one message that was sent to the account; what is said of it counts beside an honest message only."""

    def decide(scene: Scene) -> list[Finding]:
        post = outcomes.delivered(scene, name)
        if post is None:
            return outcomes.nothing(scene, "spoof")
        return [_decide(scene, post, what, look)]

    return decide


def _decide(scene: Scene, post: Post, what: str, look: Look) -> Finding:
    honest = outcomes.delivered(scene, "honest")
    if post.state == outcomes.REFUSED and not (honest and honest.state in (outcomes.HERE, outcomes.MISSING)):
        said = honest.unseen("an honest message").sentence if honest else "an honest message was not sent."
        return post.say(UNKNOWN, "%s was refused (%s), but that says nothing: %s" % (what, post.reply.rstrip("."), said))
    if post.state == outcomes.REFUSED:
        return post.say(PASS, "%s is refused: %s." % (what, post.reply.rstrip(".")))
    if post.text is None:
        return post.unseen(what)
    found = look(scene, post)
    why = trusted_because(scene, post.seen)
    if found.status == FAIL and why:
        return post.say(UNKNOWN, "%s But %s; ask again from a host outside." % (found.sentence, why))
    return found


def _own_envelope(_scene: Scene, post: Post) -> Finding:
    """SPO-01."""
    if post.junk:
        return post.say(PASS, "A message from outside in the name of a user here is delivered as spam (%s)." % post.folder)
    return post.say(FAIL, "Anybody outside may write to a user here in the name of a user here; the message is in %s." % post.folder)


def _demanded(scene: Scene, post: Post, sentence: str) -> Finding:
    """A failure where the policy demands that mail from outside is held to SPF and DMARC."""
    if scene.policy["incoming_authentication"]:
        return post.say(FAIL, sentence + ".")
    return post.say(NOT_APPLICABLE, sentence + "; the policy allows it (incoming_authentication).")


def _noticed(post: Post, words: str) -> str:
    """The field in which the host itself says what it thinks of the sender."""
    fields = [field for field in post.found.fields if field.name.lower() in _RESULTS and post.token + ".invalid" not in field.value]
    return next((field.value for field in fields if re.search(words, field.value, re.I)), "")


def _own_author(scene: Scene, post: Post) -> Finding:
    """SPO-02."""
    noticed = _noticed(post, r"\bdmarc\s*=\s*(fail|permerror)")
    if post.junk or noticed:
        words = "A message from outside with a user here in From is noticed: %s."
        return post.say(PASS, words % (noticed or "it is in " + post.folder))
    return _demanded(scene, post, "A message from outside with a user here in From was delivered to %s" % post.folder)


def _two_authors(_scene: Scene, post: Post) -> Finding:
    """SPO-03."""
    count = len(post.found.all("From"))
    if count > 1 and not post.junk:
        words = "A message with two From fields was delivered to %s as it is: programs show one and check the other."
        return post.say(FAIL, words % post.folder)
    return post.say(PASS, "A message with two From fields is %s." % ("delivered as spam" if post.junk else "delivered with one of them"))


def _no_author(_scene: Scene, post: Post) -> Finding:
    """SPO-03."""
    if not post.junk and not post.found.all("From"):
        return post.say(FAIL, "A message without From was delivered to %s as it is; DMARC has nothing to look up." % post.folder)
    return post.say(PASS, "A message without From is %s." % ("delivered as spam" if post.junk else "delivered with one"))


def _results(_scene: Scene, post: Post) -> Finding:
    """SPO-04."""
    left = [value for value in post.found.all("Authentication-Results") if post.token in value]
    if left:
        return post.say(FAIL, "Results that the sender made up in this host's name were delivered: Authentication-Results: %s." % left[0])
    return post.say(PASS, "Results that the sender made up in this host's name are taken out.")


def _trace(_scene: Scene, post: Post) -> Finding:
    """SPO-05."""
    left = [
        "%s: %s" % (field.name, field.value)
        for field in post.found.fields
        if field.name.lower().startswith("x-spam-") and (post.token in field.value or field.value == "NO" or "-99.9" in field.value)
    ]
    left += ["Return-Path: %s" % value for value in post.found.all("Return-Path") if post.token + "@" + _domain(post) in value]
    if left:
        return post.say(FAIL, "What only the receiving host may write was delivered as the sender made it up: %s." % "; ".join(left))
    return post.say(PASS, "What the sender made up of a spam filter's and the delivery's own header is not in the delivered copy.")


def _domain(post: Post) -> str:
    return str(post.seen["params"]["names"]["domain"])


def _gtube(_scene: Scene, post: Post) -> Finding:
    """CNT-01."""
    if post.junk:
        return post.say(PASS, "The test string of spam filters is noticed; the message is in %s." % post.folder)
    return post.say(FAIL, "The test string that every spam filter knows was delivered to %s without a mark." % post.folder)


def _forbidden(scene: Scene, post: Post) -> Finding:
    """SPF-IN."""
    noticed = _noticed(post, r"\bspf\s*=\s*(fail|permerror)|^\s*fail\b")
    if post.junk or noticed:
        return post.say(PASS, "A sender that SPF forbids is noticed: %s." % (noticed or "the message is in " + post.folder))
    return _demanded(scene, post, "A message whose sender SPF forbids was delivered to %s" % post.folder)


def judge_forbidden(scene: Scene) -> list[Finding]:
    """SPF-IN, where the record is seen to forbid it."""
    post = outcomes.delivered(scene, "forbidden_sender")
    if post is None:
        sent = scene.of("spoof")
        words = "No domain is declared whose SPF record forbids the vantage to send (spf_fail_domain)."
        return [Finding(NOT_APPLICABLE, words)] if sent else outcomes.nothing(scene, "spoof")
    inquiry = mail_flow_queries.forbidden(post.seen)
    view = View(scene, "")
    try:
        result = view.lead(inquiry) if inquiry else "none"
    except UnseenError as exc:
        closed = blind(scene)
        return [post.say(UNKNOWN, closed.sentence if closed else "Not seen: %s." % str(exc).rstrip("."))]
    except PermError as exc:
        result = "permerror (%s)" % exc
    if result != "fail":
        domain = post.seen["params"]["names"]["forbidding"]
        return [post.say(UNKNOWN, "SPF of %s does not forbid %s to send, but gives %s." % (domain, post.seen["source"], result))]
    if post.state == outcomes.REFUSED and not _BY_POLICY.search(re.sub("<[^>]*>", "", post.reply)):
        return [post.say(UNKNOWN, "It was refused for another reason than SPF: %s." % post.reply.rstrip("."))]
    return [_decide(scene, post, "A sender that SPF forbids", _forbidden)]


judge_own_envelope = judge("own_envelope", "A message from outside in the name of a user here", _own_envelope)
judge_own_author = judge("own_author", "A message from outside with a user here in From", _own_author)
judge_two_authors = judge("two_authors", "A message with two From fields", _two_authors)
judge_no_author = judge("no_author", "A message without From", _no_author)
judge_results = judge("forged_results", "A message with made-up results", _results)
judge_trace = judge("forged_trace", "A message with a made-up trace", _trace)
judge_gtube = judge("gtube", "The test string of spam filters", _gtube)
