# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Runs on the external client: one survey for each line of JSON options, its observations in one
line. Standard library only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from module_utils._survey import survey  # type: ignore[import-not-found]


def main() -> None:
    """Carry out surveys until the other side closes."""
    defaults = {name: option.get("default") for name, option in survey.ARGUMENT_SPEC.items()}
    for line in sys.stdin:
        print(json.dumps(survey.survey({**defaults, **json.loads(line)})), flush=True)


if __name__ == "__main__":
    main()
