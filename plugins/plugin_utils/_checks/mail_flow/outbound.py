# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a user sends out: whether it is signed, from where it comes, what it tells, in whose name it may be.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Finding, is_name
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling

from ..._dns import domain_queries, mail_flow_queries
from ..._dns.message import author
from ..._dns.queries import UnseenError, addresses, within
from ..._dns.spf_record import PermError
from ..dns import dkim
from ..dns.lookup import View, blind
from ..tls import x509
from . import dkim_verify, outcomes

if t.TYPE_CHECKING:
    from ..._dns import dkim as wire
    from ..base import Scene
    from .outcomes import Post

#: Fields that the probe itself wrote, or that may repeat what it wrote.
_OURS = ("from", "to", "subject", "date", "message-id", messages.MARK.lower(), "auto-submitted", "dkim-signature")
_FOR = re.compile(r"\bfor\s+<[^>]*>")


def each(name: str, look: t.Callable[[Scene, Post], t.Iterable[Finding]]) -> t.Callable[[Scene], list[Finding]]:
    """A judge of one message on every listener that it was submitted to."""

    def judge(scene: Scene) -> list[Finding]:
        findings: list[Finding] = []
        for post in outcomes.submitted(scene, name):
            missing = outcomes.barred(post.seen)
            findings += [missing] if missing else look(scene, post)
        return findings or outcomes.nothing(scene, "submit")

    return judge


def _signature(scene: Scene, post: Post) -> t.Iterable[Finding]:
    """SGN-01: what a user sends bears a signature of the user's domain that verifies and that nothing can be added to."""
    if post.text is None:
        yield post.unseen("A message to the canary")
        return
    domain = author(post.found.first("From"))
    found = mail_flow_queries.signatures(post.found)
    mine = [one for one in found if one.domain and (within(domain, one.domain) or within(one.domain, domain))]
    if not mine:
        others = ", ".join(sorted({one.domain for one in found}))
        extra = ": only %s signed it" % others if others else ""
        yield post.say(FAIL, "What a user of %s sends is not signed in the name of %s%s." % (domain, domain, extra))
        return
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        yield post.say(UNKNOWN, "The Python package cryptography is missing, so the signature cannot be verified.")
        return
    try:
        results = [(one, _problems(scene, post, one)) for one in mine]
    except UnseenError as exc:
        closed = blind(scene)
        yield post.say(UNKNOWN, closed.sentence if closed else "The key was not seen: %s." % str(exc).rstrip("."))
        return
    good = ["%s (%s)" % (one.domain, one.algorithm) for one, wrong in results if not wrong]
    if good:
        yield post.say(PASS, "The message arrived with a signature that verifies, of %s." % ", ".join(good))
    else:
        one, wrong = results[0]
        yield post.say(FAIL, "The signature of %s (selector %s) is not sound: %s." % (one.domain, one.selector, "; ".join(wrong)))


def _problems(scene: Scene, post: Post, one: wire.Signature) -> list[str]:
    """What is wrong with a signature or its key; raises UnseenError."""
    view = View(scene, "%s._domainkey.%s" % (one.selector, one.domain))
    answer = view.lead(domain_queries.selector(one.selector, one.domain))
    if len(answer.records) != 1:
        many = "there are %d records at %s" % (len(answer.records), view.subject)
        return [many if answer.records else "no key is published at " + view.subject]
    key = dkim.key(answer.records[0])
    wrong = dkim_verify.wrong(post.found, one, key)
    if wrong:
        return [wrong, *key.problems]
    expires = one.values.get("x", "")
    late = ["it has expired (x=)"] if expires.isdigit() and len(expires) < 13 and int(expires) < scene.now.timestamp() else []
    weak = dkim.strength(key)
    return [*key.problems, *([weak] if weak else []), *late, *dkim_verify.weaknesses(post.found, one)]


def judge_address(scene: Scene) -> list[Finding]:
    """SGN-02: the address that mail really comes from may send for its domain, and has the name that it gives."""
    plain = [post for name in ("plain",) for post in outcomes.submitted(scene, name)]
    arrivals = [arrival for seen in scene.of("submit") for arrival in seen["facts"].get("arrivals", ())]
    findings: list[Finding] = []
    for way in sorted({mail_flow_queries.path(arrival) for arrival in arrivals}):
        view = View(scene, "mail from %s" % way.peer)
        try:
            wrong = list(_egress(view, way))
        except UnseenError as exc:
            closed = blind(scene)
            findings.append(view.say(UNKNOWN, closed.sentence if closed else "Not seen: %s." % str(exc).rstrip(".")))
            continue
        good = "%s may send for %s, and is %s both ways." % (way.peer, way.domain or way.helo, way.helo)
        findings.append(view.say(FAIL, _sentence(wrong)) if wrong else view.say(PASS, good))
    if findings:
        return findings
    unseen = [outcomes.barred(post.seen) or post.unseen("A message to the canary") for post in plain]
    return unseen or outcomes.nothing(scene, "submit")


def _sentence(wrong: t.Sequence[str]) -> str:
    text = "; ".join(wrong) + "."
    return text[0].upper() + text[1:]


def _egress(view: View, way: mail_flow_queries.Path) -> t.Iterable[str]:
    domain = way.domain or way.helo
    check = mail_flow_queries.sender(way)
    try:
        result = view.lead(check.decide(domain)) if is_name(domain) else "none"
    except PermError as exc:
        result = "permerror (%s)" % exc
    if result != "pass":
        yield "SPF of %s gives %s for %s, which the message came from" % (domain or "nobody", result, way.peer)
    pointer, back = view.lead(domain_queries.pointers(way.peer))
    own = [name for name, answer in back if way.peer in answer.records]
    if not pointer.records:
        yield "%s has no reverse name" % way.peer
    elif not own:
        yield "the reverse name of %s (%s) does not lead back to it" % (way.peer, pointer.records[0].rstrip("."))
    if not is_name(way.helo):
        yield "it called itself %r, which is no name" % way.helo
    elif not any(way.peer in answer.records for answer in view.lead(addresses(way.helo))):
        yield "it called itself %s, which is not a name of %s" % (way.helo, way.peer)


def _privacy(_scene: Scene, post: Post) -> t.Iterable[Finding]:
    """SGN-03: what a user sends does not tell from where."""
    if post.text is None:
        yield post.unseen("A message to the canary")
        return
    source, helo = post.seen["source"], post.seen["params"]["helo"]
    patterns = {
        source: r"(?<![0-9A-Fa-f.:])%s(?![0-9A-Fa-f.:]*[0-9A-Fa-f:])" % re.escape(source),
        helo: r"(?i)(?<![\w.-])%s(?![\w.-])" % re.escape(helo),
    }
    told = [
        "%s tells %s" % (field.name, word)
        for field in post.found.fields
        if field.name.lower() not in _OURS
        for word, pattern in patterns.items()
        if word and re.search(pattern, _FOR.sub("", field.value.replace("IPv6:", "")))
    ]
    if told:
        yield post.say(FAIL, "Whoever gets a user's message learns where it was written: %s." % "; ".join(dict.fromkeys(told)))
    else:
        yield post.say(PASS, "Neither the user's address (%s) nor the name of the user's machine is in the message." % source)


def judge_senders(scene: Scene) -> list[Finding]:
    """RLY-26: a user who is logged in sends by the user's own address only."""
    whose = {"sender_nobody": "an address of this host that is not the user's", "sender_stranger": "a stranger's address"}
    return [finding for name, words in whose.items() for finding in each(name, _refused(words))(scene)]


def _refused(words: str) -> t.Callable[[Scene, Post], t.Iterable[Finding]]:
    def look(_scene: Scene, post: Post) -> t.Iterable[Finding]:
        if post.state == outcomes.REFUSED:
            yield post.say(PASS, "A user who sends by %s is refused: %s." % (words, post.reply.rstrip(".")))
        elif post.state in (outcomes.HERE, outcomes.MISSING):
            arrived = ", and the message arrived at the canary" if post.state == outcomes.HERE else ""
            yield post.say(FAIL, "A user may send by %s: %s%s." % (words, post.reply.rstrip("."), arrived))
        else:
            yield post.unseen("A message by %s" % words)

    return look


def _author(scene: Scene, post: Post) -> t.Iterable[Finding]:
    """RLY-26, in the header: From is the user's own."""
    if post.state == outcomes.REFUSED:
        yield post.say(PASS, "A message that names another author is refused: %s." % post.reply.rstrip("."))
    elif post.state not in (outcomes.HERE, outcomes.MISSING):
        yield post.unseen("A message that names another author")
    elif post.text is not None and post.token not in post.found.first("From"):
        yield post.say(PASS, "From was rewritten to %s." % post.found.first("From"))
    elif scene.policy["author_is_login"]:
        yield post.say(FAIL, "A user may send with another user of the domain in From: %s." % post.reply.rstrip("."))
    else:
        yield post.say(NOT_APPLICABLE, "A user may name another author of the domain; the policy allows it (author_is_login).")


def _spam(scene: Scene, post: Post) -> t.Iterable[Finding]:
    """CNT-04: spam is not sent on for a user, who may be a thief."""
    if post.state == outcomes.REFUSED:
        yield post.say(PASS, "The test string of spam filters is refused from a user as well: %s." % post.reply.rstrip("."))
    elif post.state not in (outcomes.HERE, outcomes.MISSING):
        yield post.unseen("The test string of spam filters")
    elif scene.policy["outbound_filter"]:
        yield post.say(FAIL, "The test string of spam filters is sent on for a user: %s." % post.reply.rstrip("."))
    else:
        yield post.say(NOT_APPLICABLE, "What users send is not looked at for spam; the policy allows it (outbound_filter).")


def judge_breaks(scene: Scene) -> list[Finding]:
    """SMG-04: nothing that another server could take for the end of a message leaves this one."""
    return [finding for name in ("breaks_lf", "breaks_cr", "breaks_dot") for finding in each(name, _breaks)(scene)]


def _breaks(_scene: Scene, post: Post) -> t.Iterable[Finding]:
    if post.state == outcomes.REFUSED:
        yield post.say(PASS, "A user's message with false ends (%s) is refused: %s." % (_variants(post), post.reply.rstrip(".")))
        return
    if post.arrival is None:
        yield post.unseen("A message with false ends (%s)" % _variants(post))
        return
    octets = mail_flow_queries.raw(post.arrival)
    through = [variant for variant in messages.BY_ID[post.id].breaks if smuggling.ending(variant) in octets]
    if through:
        yield post.say(FAIL, "This went out as it was written: %s." % ", ".join(through))
    elif messages.LAST.encode("ascii") not in octets:
        yield post.say(FAIL, "The message ended too early: one of %s was taken for its end." % _variants(post))
    else:
        yield post.say(PASS, "None of %s went out as it was written." % _variants(post))


def _variants(post: Post) -> str:
    return ", ".join(messages.BY_ID[post.id].breaks)


judge_signature = each("plain", _signature)
judge_privacy = each("plain", _privacy)
judge_author = each("author_other", _author)
judge_spam = each("gtube_out", _spam)
