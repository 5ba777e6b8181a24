# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the HTML report looks: on a wide screen, a narrow one and paper, light and dark. No file and no font is loaded.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

STYLE = """
:root {
  --page: #f6f7f9; --card: #fff; --ink: #1b2026; --soft: #57606a; --line: #d5dae0; --code: #f0f2f5; --link: #0a58ad; --mark: #ffe8a3;
  --fail: #b3161b; --unknown: #8a4b00; --waived: #6a3fa0; --pass: #156b34; --not_applicable: #57606a;
}
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --card: #1d2127; --ink: #e6e9ed; --soft: #a3adb8; --line: #3a414a; --code: #14171b; --link: #7fb8ff; --mark: #5c4a00;
  --fail: #ff8a84; --unknown: #ffb861; --waived: #c9a7ff; --pass: #6fd394; --not_applicable: #a3adb8;
} }
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1.1rem; }
h4 { font-size: 1rem; margin-top: 1rem; }
p, dd, li, td { overflow-wrap: anywhere; }
p { margin: .4rem 0; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .86rem; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .8rem; margin: .3rem 0 .6rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
pre mark { background: var(--mark); color: inherit; font-weight: 600; }
.eyebrow, .facts, .soft, figcaption, th { color: var(--soft); }
.eyebrow { font-weight: 600; margin: 0 0 .3rem; }
.facts { font-size: .9rem; }
.verdict { border-left: .4rem solid; padding-left: 1rem; }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; list-style: none; padding: 0; margin: 1.2rem 0 0; }
.counts li { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .9rem; }
.counts b { font-size: 1.25rem; margin-right: .35rem; }
.badge { border: 1px solid; border-radius: .3rem; padding: .05rem .5rem; font-size: .82rem; font-weight: 700; white-space: nowrap; }
.fail { color: var(--fail); } .unknown { color: var(--unknown); } .waived { color: var(--waived); }
.pass { color: var(--pass); } .not_applicable { color: var(--not_applicable); }
.none { color: var(--soft); }
article { background: var(--card); border: 1px solid var(--line); border-left: .4rem solid currentColor; border-radius: .4rem;
  padding: 1rem 1.2rem; margin: 0 0 1.1rem; }
article > div { color: var(--ink); }
header.check { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .4rem 1rem; margin: .8rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
.host { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .2rem; }
summary { cursor: pointer; padding: .3rem 0; overflow-wrap: anywhere; }
figure { margin: .6rem 0; }
figcaption { font-size: .9rem; font-weight: 600; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
table summary { padding: 0; white-space: nowrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; white-space: nowrap; }
footer { margin-top: 2.5rem; font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) {
  h1 { font-size: 1.3rem; }
  main { padding: 1rem .7rem 2rem; }
  article { padding: .8rem; }
  dl { grid-template-columns: 1fr; gap: .1rem; }
  dd { margin-bottom: .5rem; }
  th, td { padding: .35rem .5rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #fff; --link: #000; --mark: #eee;
    --fail: #b3161b; --unknown: #8a4b00; --waived: #6a3fa0; --pass: #156b34; --not_applicable: #444; }
  html { color-scheme: light; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .whole { display: none; }
  h2, h3, h4, header.check, summary, figcaption { break-after: avoid; }
  pre, dl > *, tr, .verdict, section.host { break-inside: avoid; }
  .scroll { overflow: visible; }
  details.host { margin: 0; padding: 0; }
  table details { display: none; }
}
"""
