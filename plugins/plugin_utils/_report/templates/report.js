/* SPDX-License-Identifier: GPL-3.0-or-later. Copyright: (c) 2026, airtight.mail contributors.
   Filters and sorts the table of hosts and checks. It loads, stores and sends nothing. */
"use strict";
(() => {
  const table = document.getElementById("matrix");
  const field = (id) => document.getElementById(id);
  const heads = [...table.tHead.rows[1].cells].map((head) => ({
    name: head.textContent, severity: head.dataset.severity,
  }));
  const number = (row, status) => Number(row.querySelector(`.number.${status}`)?.textContent ?? 0);

  // The columns in which a row has something to read; of a silent host, all of them.
  const columnsOf = (row) => {
    const cells = [...row.cells].slice(-heads.length);
    if (row.querySelector(".silent")) return heads.map((_head, index) => index);
    return cells.flatMap((cell, index) => /fail|unknown|suspected|follows|waived/.test(cell.className) ? [index] : []);
  };
  const rows = [...table.tBodies[0].rows].map((row, place) => ({
    row,
    place,
    name: row.querySelector(".name").textContent,
    list: row.querySelector("details.list"),
    fail: -number(row, "fail"),
    unknown: -number(row, "unknown"),
    hosts: 1 + row.querySelectorAll("details.list li").length,
  }));

  const matches = (entry) => {
    const words = field("by-host").value.trim().toLowerCase();
    const check = field("by-check").value;
    const severity = field("by-severity").value;
    const own = entry.name.toLowerCase().includes(words);
    const other = Boolean(words) && !own && Boolean(entry.list?.textContent.toLowerCase().includes(words));
    if (entry.list) entry.list.open = other;
    if (!own && !other) return false;
    if (check === "" && severity === "any") return true;
    entry.columns ??= columnsOf(entry.row);
    return (check === "" || entry.columns.includes(Number(check)))
      && (severity === "any" || entry.columns.some((index) => heads[index].severity === severity));
  };
  const filter = () => {
    let hosts = 0;
    for (const entry of rows) {
      entry.row.hidden = !matches(entry);
      if (!entry.row.hidden) hosts += entry.hosts;
    }
    const shown = rows.filter((entry) => !entry.row.hidden).length;
    field("shown").textContent = `${shown} of ${rows.length} ${rows.length === 1 ? "row" : "rows"} shown, with ${hosts} ${hosts === 1 ? "host" : "hosts"}.`;
  };
  const sort = () => {
    const key = field("sort-by").value;
    rows.sort((one, other) => key === "name"
      ? one.name.localeCompare(other.name, "en", {numeric: true})
      : one[key] - other[key] || one.place - other.place);
    table.tBodies[0].append(...rows.map((entry) => entry.row));
  };

  heads.forEach((head, index) => field("by-check").append(new Option(head.name, index)));
  field("by-host").addEventListener("input", filter);
  field("by-check").addEventListener("change", filter);
  field("by-severity").addEventListener("change", filter);
  field("sort-by").addEventListener("change", sort);
  field("controls").hidden = false;
  filter();
})();
