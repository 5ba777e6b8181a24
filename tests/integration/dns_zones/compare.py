# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""compare.py RESULT: a line for each case, whether its verdicts are those of zones.yml; exits 1 on
any difference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent


def main() -> int:
    cases = yaml.safe_load((HERE / "zones.yml").read_text(encoding="utf-8"))["cases"]
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counts = {"fail": 0, "correct": 0, "wrong": 0}
    failed = set()
    for case in cases:
        host = f"{case['name']}-mx.names.test"
        verdicts = [entry for entry in result["verdicts"] if entry["target"] == host]
        wrong = [] if verdicts else ["was not audited"]
        for status in ("fail", "unknown"):
            expected = set(case.get(status, []))
            found = {
                entry["check"]: entry["sentence"] for entry in verdicts if entry["status"] == status
            }
            failed |= found.keys() if status == "fail" else set()
            wrong += [f"{check} should be {status}" for check in sorted(expected - found.keys())]
            wrong += [
                f"{check} is {status} without a flaw ({found[check]})"
                for check in sorted(found.keys() - expected)
            ]
        counts["fail" if case.get("fail") else "correct"] += 1
        counts["wrong"] += bool(wrong)
        expected_text = ", ".join(case.get("fail", [])) or "no fail"
        unknown = f" (unknown: {', '.join(case['unknown'])})" if case.get("unknown") else ""
        print(
            f"{'WRONG' if wrong else 'right'}  {case['name']:<26} "
            f"{'; '.join(wrong) or expected_text + unknown}"
        )
    never = sorted({entry["check"] for entry in result["verdicts"]} - failed)
    print(f"Checks that never failed: {', '.join(never) or 'none'}.")
    print(
        f"{counts['fail']} with flaws, {counts['correct']} correct or inconclusive, "
        f"{counts['wrong']} evaluated wrongly."
    )
    return int(bool(counts["wrong"] or never))


if __name__ == "__main__":
    sys.exit(main())
