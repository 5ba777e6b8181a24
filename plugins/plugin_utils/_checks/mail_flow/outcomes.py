# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each test message: rejected, deferred, accepted, and how it arrived.

Pure functions over stored observations.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import PASS, UNKNOWN, Finding

from ..._dns import mail_flow_queries
from ..._dns.message import Field, Letter, letter
from ..base import error_text, finding, reply_text

if t.TYPE_CHECKING:
    from ..base import AuditContext, Evaluator, Observation

#: The services that messages of the account are submitted to.
SUBMISSION = "submissions or submission"
LOST, DEFERRED, REJECTED, MISSING, ARRIVED = "lost", "deferred", "rejected", "missing", "arrived"
#: Words in the names of folders for spam.
_SPAM_FOLDERS = ("junk", "spam", "bulk", "quarantine", "trash")
#: Octets of a header field that evidence shows.
_MAX_FIELD = 400


class Message(t.NamedTuple):
    """One test message.

    state: ARRIVED where it was found again. stored_reply: the last reply of its transaction.
    arrival: how the canary received it. content: the message as it arrived. folder: where it was
    delivered.
    """

    id: str
    token: str
    observation: Observation
    state: str
    stored_reply: t.Mapping[str, t.Any] | None
    arrival: t.Mapping[str, t.Any] | None = None
    content: Letter | None = None
    folder: str = ""

    @property
    def reply(self) -> str:
        """The last reply as text, without a full stop."""
        return reply_text(self.stored_reply).rstrip(".") if self.stored_reply else ""

    @property
    def accepted(self) -> bool:
        """Whether the server accepted the message."""
        return self.state in (ARRIVED, MISSING)

    @property
    def arrived(self) -> Letter:
        """The message as it arrived; raises ValueError if it did not."""
        if self.content is None:
            raise ValueError("the message did not arrive")
        return self.content

    @property
    def marked_as_spam(self) -> bool:
        """Whether it was delivered to a folder for spam, or is marked as spam."""
        flags = self.fields("x-spam-flag")
        marked = any(flag.value.upper().startswith("YES") for flag in flags)
        return marked or any(word in self.folder.lower() for word in _SPAM_FOLDERS)

    @property
    def destination(self) -> str:
        """Where it arrived."""
        return f"delivered to {self.folder}" if self.folder else "arrived at the canary"

    def fields(self, *names: str) -> list[Field]:
        """The header fields of some names, as they arrived."""
        return [field for field in self.arrived.fields if field.name.lower() in names]

    def finding(self, status: str, sentence: str, notes: t.Sequence[str] = ()) -> Finding:
        """A finding about the service that the message was sent to.

        notes: what of the arrived message decided; they follow the transcript of the transaction.
        """
        result = finding(status, sentence, self.observation, decisive=(self.stored_reply,))
        lines = tuple(("*", f"{self.destination}: {note}") for note in notes)
        first = len(result.transcript)
        return result._replace(
            transcript=(*result.transcript, *lines),
            decisive=(*result.decisive, *range(first, first + len(lines))),
        )

    def unknown(self, subject: str) -> Finding:
        """The finding about a message that did not arrive, with the reason."""
        reason = {
            LOST: f"was not answered: {error_text(self.observation)}",
            DEFERRED: f"was deferred: {self.reply}",
            REJECTED: f"was rejected: {self.reply}",
            MISSING: f"was accepted ({self.reply}), but did not arrive in time",
        }[self.state]
        return self.finding(UNKNOWN, f"{subject} {reason.rstrip('.')}.")


def field_notes(fields: t.Iterable[Field]) -> list[str]:
    """Header fields as notes, cut where they are long."""
    notes = [f"{field.name}: {field.value}" for field in fields]
    return [note if len(note) <= _MAX_FIELD else f"{note[:_MAX_FIELD]} [...]" for note in notes]


def submitted_messages(context: AuditContext, name: str) -> list[Message]:
    """What became of a message, for each listener that it was submitted to."""
    return [
        _submitted(observation, template)
        for observation in context.of("submit")
        for template in observation["params"]["letters"]
        if template["id"] == name
    ]


def _submitted(observation: Observation, template: t.Mapping[str, str]) -> Message:
    message = _sent(observation, template)
    for arrival in observation["facts"].get("arrivals", ()):
        if message.token in arrival["recipient"]:
            return message._replace(
                state=ARRIVED, arrival=arrival, content=mail_flow_queries.read(arrival)
            )
    return message


def _sent(observation: Observation, template: t.Mapping[str, str]) -> Message:
    """A message with the outcome of its transaction."""
    token = template["token"]
    transactions = [
        item for item in observation["facts"].get("messages", ()) if item["token"] == token
    ]
    reply = transactions[0]["reply"] if transactions else None
    if reply is None:
        state = LOST
    elif reply["code"] >= 500:
        state = REJECTED
    elif reply["code"] >= 400:
        state = DEFERRED
    else:
        state = MISSING if transactions[0]["phase"] == "end" else LOST
    return Message(template["id"], token, observation, state, reply)


def received_message(context: AuditContext, name: str) -> Message | None:
    """What became of a message to the account; None if it was not sent."""
    for observation in context.of("spoof"):
        for template in observation["params"]["letters"]:
            if template["id"] == name:
                return _received(context, _sent(observation, template))
    return None


def _received(context: AuditContext, message: Message) -> Message:
    for mailbox in context.of("read_back"):
        for copy in mailbox["facts"].get("delivered", ()):
            if message.token in copy["text"]:
                content = letter(copy["text"].encode())
                return message._replace(state=ARRIVED, content=content, folder=copy["folder"])
    return message


def rejection(context: AuditContext, message: Message, sentence: str) -> Finding:
    """A rejected submission passes where a plain message of the same user was accepted."""
    plain = submitted_messages(context, "plain")
    if any(control.accepted for control in plain):
        return message.finding(PASS, sentence)
    control = (
        plain[0].unknown("A plain message").sentence if plain else "No plain message was sent."
    )
    return message.finding(UNKNOWN, f"{sentence} That shows nothing: {control}")


def nothing_sent(context: AuditContext, service: str) -> list[Finding]:
    """The finding where no message was sent to a service, with the reason."""
    if not context.target.account:
        return [Finding(UNKNOWN, "No account is declared (account), so no message was sent.")]
    return [Finding(UNKNOWN, f"No message was sent: {service} was not reached.")]


def submission_failure(observation: Observation) -> Finding | None:
    """Why no message was submitted; None if one was tried."""
    if observation["facts"].get("messages"):
        return None
    login = observation["facts"].get("login")
    if login and login.get("code") != 235:
        sentence = f"The login of the account was rejected: {reply_text(login).rstrip('.')}."
        return finding(UNKNOWN, sentence, observation, decisive=(login,))
    text = error_text(observation)
    if (observation["error"] or {}).get("kind") == "certificate":
        text = f"the password was not sent, because the certificate is not trusted ({text})"
    sentence = f"{text[0].upper()}{text[1:]}."
    return finding(UNKNOWN, sentence, observation, decisive=(-1,))


EvaluateMessage = t.Callable[["AuditContext", Message], t.Iterable[Finding]]


def per_listener(name: str, evaluate_message: EvaluateMessage) -> Evaluator:
    """An evaluator of one message, for each listener that it was submitted to."""

    @functools.wraps(evaluate_message)
    def evaluate(context: AuditContext) -> list[Finding]:
        findings: list[Finding] = []
        for message in submitted_messages(context, name):
            failure = submission_failure(message.observation)
            findings += [failure] if failure else evaluate_message(context, message)
        return findings or nothing_sent(context, SUBMISSION)

    return evaluate
