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
    others: [...row.querySelectorAll("details.list li")],
  }));

  // How many hosts of a row have a name with these words. A list that is opened for them shows those alone.
  const hostsNamed = (entry, words) => {
    const own = entry.name.toLowerCase().includes(words);
    const named = entry.others.filter((other) => other.textContent.toLowerCase().includes(words));
    if (entry.list) entry.list.open = named.length > 0 && words !== "";
    const names = new Set(named);
    for (const other of entry.others) other.hidden = !names.has(other);
    return Number(own) + named.length;
  };
  const hasFinding = (entry, check, severity) => {
    if (check === "" && severity === "any") return true;
    entry.columns ??= columnsOf(entry.row);
    return (check === "" || entry.columns.includes(Number(check)))
      && (severity === "any" || entry.columns.some((index) => heads[index].severity === severity));
  };
  const filter = () => {
    const words = field("by-host").value.trim().toLowerCase();
    const found = rows.map((entry) => (hasFinding(entry, field("by-check").value, field("by-severity").value)
      ? hostsNamed(entry, words) : 0));
    rows.forEach((entry, index) => { entry.row.hidden = found[index] === 0; });
    const hosts = found.reduce((sum, count) => sum + count, 0);
    const shown = found.filter(Boolean).length;
    field("shown").textContent = `${hosts} ${hosts === 1 ? "host" : "hosts"} in ${shown} of ${rows.length} ${rows.length === 1 ? "row" : "rows"}.`;
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
