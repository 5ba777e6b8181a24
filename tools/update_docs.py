#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Writes what the documentation repeats from the code: run by `make docs`, and by `make lint` with
--check.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse
from checks_doc import GENERATED, ROOT, File, checks_page, table
from facts_doc import facts_page
from mail_variables_doc import mail_variables_page
from option_docs import fragment, return_blocks
from policy_doc import policies_table
from readme_doc import readme
from retired_doc import fragment as retired_names

BEGIN, END = "<!-- variables -->", "<!-- end variables -->"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def roles() -> list[Path]:
    return sorted(path.parent.parent for path in ROOT.glob("roles/*/meta/argument_specs.yml"))


def prose(text: str | list[str]) -> str:
    """Ansible's markup as Markdown, in one table cell."""
    paragraphs = parse([text] if isinstance(text, str) else text, Context(), errors="exception")
    joined = " ".join("".join(map(_markdown, paragraph)) for paragraph in paragraphs)
    return " ".join(joined.split()).replace("|", "\\|")


def _markdown(part: dom.AnyPart) -> str:
    """One part of a paragraph as Markdown."""
    if isinstance(part, dom.TextPart):
        return part.text
    if isinstance(part, dom.BoldPart):
        return f"**{part.text}**"
    if isinstance(part, dom.ItalicPart):
        return f"*{part.text}*"
    if isinstance(part, dom.URLPart):
        return f"<{part.url}>"
    if isinstance(part, dom.LinkPart):
        return f"[{part.text}]({part.url})"
    if isinstance(part, (dom.ModulePart, dom.PluginPart)):
        return f"`{part.fqcn if isinstance(part, dom.ModulePart) else part.plugin.fqcn}`"
    if isinstance(part, (dom.OptionNamePart, dom.ReturnValuePart)):
        return f"`{part.name}`" if part.value is None else f"`{part.name}={part.value}`"
    return f"`{part.value if isinstance(part, dom.OptionValuePart) else part.text}`"


def code(value: Any) -> str:
    """A value as a person would write it in YAML, in one table cell."""
    if isinstance(value, str):
        text = " ".join(value.split()) or '""'
    else:
        text = (
            yaml.safe_dump(value, default_flow_style=True, width=sys.maxsize)
            .removesuffix("...\n")
            .strip()
        )
    fence = "``" if "`" in text else "`"
    return fence + text.replace("|", "\\|") + fence


def option_rows(options: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, spec in options.items():
        kind = spec.get("type", "str")
        if "elements" in spec:
            kind = f"{kind} of {spec['elements']}"
        default = (
            code(spec["default"])
            if "default" in spec
            else "*required*"
            if spec.get("required")
            else ""
        )
        description = prose(spec.get("description", ""))
        if "choices" in spec:
            description += " One of " + ", ".join(code(choice) for choice in spec["choices"]) + "."
        yield f"`{prefix}{name}`", kind, default, description
        yield from option_rows(spec.get("options", {}), f"{prefix}{name}[].")


def role_readmes() -> Iterator[File]:
    """The variables of each role, from its argument_specs."""
    for role in roles():
        path = role / "README.md"
        options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"].get(
            "options", {}
        )
        variables = table(("Variable", "Type", "Default", "Meaning"), list(option_rows(options)))
        head, begin, rest = (path.read_text(encoding="utf-8") if path.exists() else "").partition(
            BEGIN
        )
        _old, end, tail = rest.partition(END)
        if not begin or not end:
            raise SystemExit(f"{path.relative_to(ROOT)} has no markers {BEGIN} and {END}")
        yield path, f"{head}{BEGIN}\n{GENERATED}\n\n{variables}\n{END}{tail}"


def settings_rows(entries: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        name, value = f"`{entry['name']}`", code(entry["value"])
        if "releases" in entry:
            name += f" (Debian {', '.join(map(str, entry['releases']))})"
        if "debian12" in entry:
            name += f"; Debian 12: `{entry['debian12'].get('name', entry['name'])}`"
            value += f"; Debian 12: {code(entry['debian12'].get('value', entry['value']))}"
        if "enabled" in entry:
            value += f", where `{str(entry['enabled']).strip('{} ')}`"
        noticed = (
            f"`{entry['check']}`" if "check" in entry else f"no check: {prose(entry['unnoticed'])}"
        )
        if "check" in entry.get("debian12", {}):
            noticed += f"; Debian 12: `{entry['debian12']['check']}`"
        reference = (
            f"<{entry['reference']}>"
            if entry["reference"].startswith("http")
            else entry["reference"]
        )
        yield name, value, prose(entry["why"]), noticed, reference


def settings_pages() -> Iterator[File]:
    """What each role sets and why, from its settings table."""
    for source in sorted(ROOT.glob("roles/*/vars/main/settings.yml")):
        role = source.parents[2].name
        page = [
            f"# Settings of the role `{role}`\n\n{GENERATED}\n\n",
            (
                f"`{role}_settings` replaces or adds any of them. *Noticed by* is the check of the "
                "audit that fails when "
            ),
            "the setting is taken away.\n",
        ]
        tables = {
            name: entries for name, entries in load(source).items() if name.endswith("_settings")
        }
        for name, entries in tables.items():
            page.append(f"\n## `{name}`\n\n" if len(tables) > 1 else "\n")
            page.append(
                table(
                    ("Setting", "Value", "Why", "Noticed by", "Reference"),
                    list(settings_rows(entries)),
                )
            )
        yield ROOT / "docs/reference/settings" / f"{role}.md", "".join(page)


GENERATORS = (
    fragment,
    retired_names,
    return_blocks,
    role_readmes,
    settings_pages,
    lambda: mail_variables_page(option_rows),
    checks_page,
    facts_page,
    readme,
    policies_table,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing, and fail when something is out of step",
    )
    check = parser.parse_args().check
    stale = []
    for generator in GENERATORS:
        for path, text in generator():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(path.relative_to(ROOT))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'out of step with its source, run make docs' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
