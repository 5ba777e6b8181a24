# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""compare.py RESULT: a line for each animal, whether the audit said of it what zones.yml says;
exits 1 on any difference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent


def main() -> int:
    animals = yaml.safe_load((HERE / "zones.yml").read_text(encoding="utf-8"))["animals"]
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counts = {"fail": 0, "sound": 0, "wrong": 0}
    failed = set()
    for animal in animals:
        host = f"{animal['name']}-mx.names.test"
        verdicts = [entry for entry in result["verdicts"] if entry["target"] == host]
        wrong = [] if verdicts else ["was not judged"]
        for status in ("fail", "unknown"):
            expected = set(animal.get(status, []))
            found = {
                entry["check"]: entry["sentence"] for entry in verdicts if entry["status"] == status
            }
            failed |= found.keys() if status == "fail" else set()
            wrong += [f"{check} should be {status}" for check in sorted(expected - found.keys())]
            wrong += [
                f"{check} is {status} without cause ({found[check]})"
                for check in sorted(found.keys() - expected)
            ]
        counts["fail" if animal.get("fail") else "sound"] += 1
        counts["wrong"] += bool(wrong)
        said = ", ".join(animal.get("fail", [])) or "no fail"
        blind = f" (unknown: {', '.join(animal['unknown'])})" if animal.get("unknown") else ""
        print(
            f"{'WRONG' if wrong else 'right'}  {animal['name']:<26} "
            f"{'; '.join(wrong) or said + blind}"
        )
    never = sorted({entry["check"] for entry in result["verdicts"]} - failed)
    print(f"Checks that never failed: {', '.join(never) or 'none'}.")
    print(
        f"{counts['fail']} with flaws, {counts['sound']} that have none or cannot be told, "
        f"{counts['wrong']} judged wrongly."
    )
    return int(bool(counts["wrong"] or never))


if __name__ == "__main__":
    sys.exit(main())
