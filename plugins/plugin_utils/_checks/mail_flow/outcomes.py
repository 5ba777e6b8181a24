# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the messages of a proof by mail: refused, put off, lost on the way, arrived at the
canary, delivered to the account.

Pure functions over stored observations.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import UNKNOWN, Finding

from ..._dns import mail_flow_queries
from ..._dns.message import Letter, letter
from ..base import error_text, finding, reply_text

if t.TYPE_CHECKING:
    from ..base import AuditContext, Observation

LOST, DEFERRED, REFUSED, MISSING, HERE = "lost", "deferred", "refused", "missing", "here"
#: Names of folders that a user looks into for rubbish only.
_JUNK = ("junk", "spam", "bulk", "quarantine", "trash")


class Post(t.NamedTuple):
    """One message. state: HERE when it was seen again; reply: the last of its transaction; folder:
    where it was delivered.

    arrival: how the canary saw it; text: the message as it was seen again, taken apart.
    """

    id: str
    state: str
    reply: str
    seen: Observation
    token: str
    arrival: t.Mapping[str, t.Any] | None = None
    text: Letter | None = None
    folder: str = ""

    @property
    def found(self) -> Letter:
        """The message as it was seen again; raises ValueError where it was not."""
        if self.text is None:
            raise ValueError("the message was not seen again")
        return self.text

    @property
    def junk(self) -> bool:
        """Whether it was put where nobody takes it for good, or is marked as spam."""
        marked = any(value.upper().startswith("YES") for value in self.found.all("X-Spam-Flag"))
        return marked or any(word in self.folder.lower() for word in _JUNK)

    def say(self, status: str, sentence: str) -> Finding:
        """A finding about the service that the message went through."""
        return finding(status, sentence, self.seen)

    def unseen(self, what: str) -> Finding:
        """That nothing can be said, and why."""
        reason = {
            LOST: f"{what} was not answered: {error_text(self.seen)}",
            DEFERRED: f"{what} was put off: {self.reply}",
            REFUSED: f"{what} was refused: {self.reply}",
            MISSING: f"{what} was taken ({self.reply}), but was not seen again in time",
        }.get(self.state, f"{what} was not seen")
        return self.say(UNKNOWN, reason.rstrip(".") + ".")


def submitted(context: AuditContext, name: str) -> list[Post]:
    """What became of a message, on each listener that it was submitted to."""
    posts = []
    for seen in context.of("submit"):
        for wanted in seen["params"]["letters"]:
            if wanted["id"] == name:
                arrivals = [
                    one
                    for one in seen["facts"].get("arrivals", ())
                    if wanted["token"] in one["recipient"]
                ]
                posts.append(_post(wanted, seen, arrivals[0] if arrivals else None))
    return posts


def _post(wanted: dict[str, str], seen: Observation, arrival: t.Mapping[str, t.Any] | None) -> Post:
    state, reply = _state(wanted["token"], seen)
    if arrival:
        return Post(
            wanted["id"],
            HERE,
            reply,
            seen,
            wanted["token"],
            arrival,
            mail_flow_queries.read(arrival),
        )
    return Post(wanted["id"], state, reply, seen, wanted["token"])


def _state(token: str, seen: Observation) -> tuple[str, str]:
    entry = next((one for one in seen["facts"].get("messages", ()) if one["token"] == token), None)
    if entry is None or entry["reply"] is None:
        return LOST, ""
    code, reply = entry["reply"]["code"], reply_text(entry["reply"])
    if code >= 500:
        return REFUSED, reply
    if code >= 400:
        return DEFERRED, reply
    return (MISSING if entry["phase"] == "end" else LOST), reply


def delivered(context: AuditContext, name: str) -> Post | None:
    """What became of a message that was sent to the account; None where it was not sent."""
    for seen in context.of("spoof"):
        for wanted in seen["params"]["letters"]:
            if wanted["id"] == name:
                return _delivered(context, wanted, seen)
    return None


def _delivered(context: AuditContext, wanted: dict[str, str], seen: Observation) -> Post:
    state, reply = _state(wanted["token"], seen)
    for back in context.of("read_back"):
        for copy in back["facts"].get("delivered", ()):
            if wanted["token"] in copy["text"]:
                text = letter(copy["text"].encode("utf-8"))
                return Post(
                    wanted["id"], HERE, reply, seen, wanted["token"], None, text, copy["folder"]
                )
    return Post(wanted["id"], state, reply, seen, wanted["token"])


def nothing(context: AuditContext, probe: str) -> list[Finding]:
    """Why there is nothing to judge."""
    if not context.target.account:
        return [
            Finding(UNKNOWN, "No account on this host is declared (account), so nothing was sent.")
        ]
    service = "a service for users (submissions or submission)" if probe == "submit" else "smtp"
    return [Finding(UNKNOWN, f"Nothing was sent: {service} was not reached.")]


def barred(seen: Observation) -> Finding | None:
    """Why a submission came to nothing at all; None where messages were tried."""
    if seen["facts"].get("messages"):
        return None
    login = seen["facts"].get("login")
    if login and login.get("code") != 235:
        return finding(
            UNKNOWN, f"The login of the account was refused: {reply_text(login).rstrip('.')}.", seen
        )
    text = error_text(seen)
    if (seen["error"] or {}).get("kind") == "certificate":
        text = f"the password was not sent, since the certificate is not to be trusted ({text})"
    return finding(UNKNOWN, text[0].upper() + text[1:] + ".", seen)
