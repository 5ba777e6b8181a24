# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Where Podman finds the networks of a second lab, before and after the lab playbook ran."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from jinja2 import Template

ROOT = Path(__file__).resolve().parents[3]
PARTS = ROOT / "playbooks/lab_parts"
NAMED = re.compile(r'network_config_dir = "([^"]+)"')


def test_networks_are_found_without_the_working_tree() -> None:
    script = (ROOT / "tools/second_lab.sh").read_text(encoding="utf-8")
    (before,) = NAMED.findall(script)
    (prefix,) = re.findall(r"AIRTIGHT_LAB_PREFIX=(\S+)", script)
    plan = yaml.safe_load((PARTS / "vars/plan.yml").read_text(encoding="utf-8"))
    template = (PARTS / "templates/containers.conf.j2").read_text(encoding="utf-8")
    run_dir = Template(plan["__lab_run_dir"]).render(lab_prefix=prefix)
    conf = Template(template).render(
        __lab_run_dir=run_dir, __lab_second=True, lab_dir="/tree/.lab", lab_prefix=prefix
    )
    (after,) = NAMED.findall(conf)
    assert (before.replace("%s", prefix), "/tree" in after) == (after, False)
