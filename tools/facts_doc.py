# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""docs/reference/facts.md from the types of facts; update_docs.py writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from checks_doc import GENERATED, ROOT, File, table

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._host_config import facts as host_facts
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import probes as mail_flow
from ansible_collections.airtight.mail.plugins.module_utils._probes import open_relay, registry
from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    imap_pop3_sieve,
    smtp,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import conversation
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import facts as dns_facts
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import mta_sts_fetch

#: Every probe, or what looks in its place, and the type of its facts.
FACTS: dict[str, Any] = {
    **registry.FACTS,
    **mail_flow.FACTS,
    **dns_facts.FACTS,
    **host_facts.FACTS,
}
#: Types that facts are made of.
PARTS = (
    smtp.StoredReply,
    imap_pop3_sieve.StoredAnswer,
    conversation.TlsFacts,
    open_relay.RelayAttempt,
)
PROBES: dict[str, Any] = {
    **registry.PROBES,
    "submit": mail_flow.submit,
    "spoof": mail_flow.spoof,
    "read_back": mail_flow.read_back,
    "mta_sts": mta_sts_fetch.fetch,
}
_KEY = re.compile(r"^(\w+): (.*)")


def documented(kind: Any) -> dict[str, str]:
    """The keys that the docstring of a type explains, with their texts."""
    found: dict[str, str] = {}
    last = ""
    for line in inspect.getdoc(kind).splitlines()[1:]:
        match = _KEY.match(line)
        if match:
            last = match.group(1)
            found[last] = match.group(2)
        elif last and line.strip():
            found[last] += " " + line.strip()
    return found


def own(kind: Any) -> dict[str, str]:
    """The keys of a type as text, without those of a handshake that it may build upon."""
    inherited = conversation.TlsFacts.__annotations__
    keys = kind.__annotations__
    if kind is conversation.TlsFacts or not inherited.items() <= keys.items():
        return {key: _type(value) for key, value in keys.items()}
    return {key: _type(value) for key, value in keys.items() if key not in inherited}


def _type(annotation: Any) -> str:
    """A type as a reader of JSON knows it."""
    text = getattr(annotation, "__forward_arg__", None) or str(annotation)
    return re.sub(r"\b(?:t|smtp|imap_pop3_sieve|open_relay)\.", "", text).replace(" | ", " or ")


def _rows(kind: Any) -> list[tuple[str, ...]]:
    texts = documented(kind)
    return [(f"`{key}`", f"`{value}`", texts[key]) for key, value in own(kind).items()]


def _section(name: str, kind: Any) -> str:
    """One probe: what it does, its parameters, its facts."""
    text = inspect.getdoc(PROBES[name]) if name in PROBES else ""
    does, _params, params = " ".join((text or "").split()).partition("params: ")
    lines = [f"\n## `{name}`\n\n"]
    lines += [does.strip() + "\n\n"] if does.strip() else []
    lines += [f"Parameters: {params}\n\n"] if params else []
    lines.append(inspect.getdoc(kind).splitlines()[0] + "\n\n")
    rows = _rows(kind)
    lines.append(table(("Fact", "Type", "Meaning"), rows) if rows else "")
    if own(kind).keys() != kind.__annotations__.keys():
        lines.append("\nAlso all of [`TlsFacts`](#tlsfacts).\n")
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines if line)


def facts_page() -> Iterator[File]:
    """Each probe with its facts, and the types that they are made of."""
    page = [
        f"# Observations and facts\n\n{GENERATED}\n\n",
        "A probe writes down what it observed and evaluates nothing. An observation is plain JSON;",
        " its `facts` depend on the probe. A fact that was not seen is absent.\n\n",
        table(("Key", "Type", "Meaning"), _rows(_model.Observation)),
    ]
    page += [_section(name, kind) for name, kind in FACTS.items()]
    for kind in PARTS:
        page.append(
            f"\n## `{kind.__name__}`\n\n{inspect.getdoc(kind).splitlines()[0]}\n\n"
            f"{table(('Key', 'Type', 'Meaning'), _rows(kind))}\n"
        )
    yield ROOT / "docs/reference/facts.md", "".join(page).rstrip("\n") + "\n"
