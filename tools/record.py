#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Records a fixture of a check from a host of the lab; run by `make record`.

Audits the hosts of an inventory with one check, keeps the observations on which the verdict
depends, replaces names and addresses by those reserved for documentation, and writes the fixture
into tests/unit/fixtures/checks/<check>.json.
"""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / ".cache/collections"))

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests/unit/fixtures/checks"
WORK = ROOT / ".cache/record"
STATUSES = (_model.PASS, _model.FAIL, _model.UNKNOWN)
HOST = "mx1.example.org"
DOMAINS = ("example.org", "example.net", "example.edu")
#: First addresses for targets, for the vantage, and for resolvers: RFC 2544 and RFC 3849.
TARGETS = ("198.18.0.25", "2001:db8:18::25")
VANTAGES = ("198.18.0.1", "2001:db8:19::1")
RESOLVERS = ("198.18.0.53", "2001:db8:18::53")


def verdict(check: base.Check, entry: Json, observations: Sequence[Json]) -> tuple[str, str]:
    """Status and sentence of a check on some observations, in the way of the unit tests."""
    target = _target.target(entry["target"])
    context = base.AuditContext(
        target,
        tuple(observations),
        policy.policy(),
        evaluate.moment(entry["now"]),
        target.addresses,
        entry["vantage_untrusted"],
        tuple(entry["opt_in"]),
    )
    found = evaluate.evaluate(context, [check])[0]
    return found["status"], found["sentence"]


def minimise(observations: Sequence[Json], same: Callable[[list[Json]], bool]) -> list[Json]:
    """Drop observations, one after the other, while the verdict stays the same."""
    kept = list(observations)
    for observation in observations:
        fewer = [entry for entry in kept if entry is not observation]
        if same(fewer):
            kept = fewer
    return kept


def address_map(addresses: Iterable[str], first: tuple[str, str]) -> dict[str, str]:
    """Each address with its replacement: the first of its family, then the ones that follow."""
    counts = {4: 0, 6: 0}
    replacements = {}
    for text in dict.fromkeys(addresses):
        address = ipaddress.ip_address(text)
        if address.is_loopback or address.is_unspecified:
            continue
        start = ipaddress.ip_address(first[0] if address.version == 4 else first[1])
        replacement = start + counts[address.version]
        counts[address.version] += 1
        replacements[text] = str(replacement)
        replacements[address.reverse_pointer] = replacement.reverse_pointer
    return replacements


def replacements(entry: Json) -> dict[str, str]:
    """The names and addresses of an entry, with those that stand for them in a fixture."""
    target, observations = entry["target"], entry["observations"]
    seen = [item["address"] for item in observations if item["probe"] != "dns"]
    known = {
        **address_map((item["source"] for item in observations if item["source"]), VANTAGES),
        **address_map(
            (item["address"] for item in observations if item["probe"] == "dns"), RESOLVERS
        ),
        **address_map([*target.get("addresses", ()), *filter(_is_address, seen)], TARGETS),
    }
    known.update(zip(target.get("domains", ()), DOMAINS, strict=False))
    helo = {item["params"].get("helo") for item in observations} - {None, target["name"]}
    known.update({name: "client.example.net" for name in helo if not _is_address(name)})
    return {**known, target["name"]: HOST}


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def replace(value: Any, known: Mapping[str, str]) -> Any:
    """A value with all whole names and addresses in its texts replaced, as after "250-" too."""
    if isinstance(value, dict):
        return {replace(key, known): replace(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [replace(item, known) for item in value]
    if not isinstance(value, str) or not known:
        return value
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pattern = rf"(?:(?<![A-Za-z0-9-])|(?<=\d\d\d-))(?<!\d\.)(?:{names})(?![A-Za-z0-9-]|\.\d)"
    return re.sub(pattern, lambda found: known[found.group()], value)


def fixture(check: base.Check, entry: Json) -> tuple[str, Json]:
    """The status of an entry, and the entry as a fixture: minimal, without the host's own names.

    Names inside certificates and signatures cannot be replaced. Where the verdict depends on them,
    the entry keeps the names of the lab.
    """
    wanted = verdict(check, entry, entry["observations"])
    kept = minimise(entry["observations"], lambda fewer: verdict(check, entry, fewer) == wanted)
    entry = {**entry, "observations": kept}
    known = replacements(entry)
    anonymous: Json = replace(entry, known)
    if verdict(check, anonymous, anonymous["observations"])[0] != wanted[0]:
        print("The names are kept: the verdict depends on names that cannot be replaced.")
        return wanted[0], entry
    return wanted[0], anonymous


def dump(entries: Mapping[str, Json]) -> str:
    """The text of a file of fixtures: an observation a line."""
    blocks = []
    for status in STATUSES:
        if status not in entries:
            continue
        lines = [
            f"  {json.dumps(key)}: {json.dumps(value)}"
            for key, value in entries[status].items()
            if key != "observations"
        ]
        rows = ",\n".join(f"   {json.dumps(item)}" for item in entries[status]["observations"])
        lines.append(f'  "observations": [\n{rows}\n  ]' if rows else '  "observations": []')
        blocks.append(f' "{status}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def merge(path: Path, status: str, entry: Json) -> None:
    """Write one status of a file of fixtures; the others stay as they are."""
    entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(dump({**entries, status: entry}), encoding="utf-8")


def observe(check: base.Check, inventory: str, hosts: str, more: Sequence[str]) -> Json:
    """Audit the hosts of a lab; return targets and observations."""
    subprocess.run(
        [sys.executable, str(ROOT / "tools/route_guard.py"), "--inventory", inventory], check=True
    )
    variables = {
        "record_check": check.id,
        "record_hosts": hosts,
        "record_opt_in": [check.opt_in] if check.opt_in else [],
        "record_host_config": check.group == "host",
        "record_dir": str(WORK),
    }
    argv = ["ansible-playbook", "-i", inventory, str(ROOT / "tools/record.yml")]
    for text in (json.dumps(variables), *more):
        argv += ["-e", text]
    subprocess.run(argv, check=True)
    return dict(json.loads((WORK / "observations.json").read_text(encoding="utf-8")))


def entries(check: base.Check, seen: Json, origin: str) -> list[Json]:
    """One entry for each target, not yet minimal."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    found = []
    for target in seen["targets"]:
        account = target.get("account")
        found.append(
            {
                "recorded_from": origin or f"A host of the lab, {now[:10]}.",
                "vantage_untrusted": False,
                "opt_in": [check.opt_in] if check.opt_in else [],
                "now": now,
                "target": {**target, "account": account["address"]} if account else target,
                "observations": [
                    item for item in seen["observations"] if item["target"] == target["name"]
                ],
            }
        )
    return found


def main() -> int:
    """Observe, choose the host with the wanted status, write."""
    parser = argparse.ArgumentParser(prog="make record", description=__doc__.splitlines()[0])
    parser.add_argument("check")
    parser.add_argument("inventory", help="of a lab that is up")
    parser.add_argument("--status", choices=STATUSES, help="default: that of the first host")
    parser.add_argument("--hosts", default="lab_mail", help="default: lab_mail")
    parser.add_argument("--origin", default="", help="what is special about the host")
    parser.add_argument("--extra-vars", action="append", default=[], help="for the audit")
    options = parser.parse_args()
    check = evaluate.choose([options.check])[0]
    found = entries(
        check, observe(check, options.inventory, options.hosts, options.extra_vars), options.origin
    )
    for entry in found:
        status, sentence = verdict(check, entry, entry["observations"])
        print(f"{entry['target']['name']}: {status}: {sentence}")
        if status in (options.status or STATUSES):
            status, recorded = fixture(check, entry)
            merge(FIXTURES / f"{check.id}.json", status, recorded)
            print(
                f"{len(recorded['observations'])} observations in {FIXTURES.name}/{check.id}.json"
            )
            return 0
    print(
        f"No host has the status {options.status or 'pass, fail or unknown'}; nothing is written."
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
