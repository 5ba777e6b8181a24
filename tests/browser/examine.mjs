// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright: (c) 2026, airtight.mail contributors
// examine.mjs CHROMIUM PAGE WHAT...: opens a page in a browser and prints as JSON what a reader meets there.
import {readFile} from "node:fs/promises";
import {createRequire} from "node:module";

const installed = createRequire(`${process.env.BROWSER_PACKAGES}/`);
const {chromium} = installed("playwright-core");
const axeSource = await readFile(installed.resolve("axe-core/axe.min.js"), "utf-8");

const [executablePath, page, ...wanted] = process.argv.slice(2);
const WIDE = {width: 1280, height: 900};
const NARROW = {width: 390, height: 844};
const browser = await chromium.launch({executablePath, args: ["--no-sandbox"]});

/** Opens the page in a fresh context and returns what look finds there. */
async function visit(options, look) {
  const context = await browser.newContext({viewport: WIDE, ...options});
  const tab = await context.newPage();
  const seen = {faults: [], requests: []};
  tab.on("console", (message) => seen.faults.push(message.text()));
  tab.on("pageerror", (error) => seen.faults.push(error.message));
  tab.on("request", (request) => seen.requests.push(request.url()));
  await tab.goto(`file://${page}`);
  const found = await look(tab, seen);
  await context.close();
  return found;
}

const unfold = (tab) => tab.evaluate(() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
});

/** The rules of axe-core that the page breaks, and where. Contrast has to be 6:1. */
async function violations(tab) {
  await tab.evaluate(axeSource);
  return tab.evaluate(async () => {
    const contrastRatio = {normal: {expected: 6}, large: {expected: 6}};
    axe.configure({checks: [{id: "color-contrast", options: {contrastRatio}}]});
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map((one) => `${one.id}, ${one.nodes.length} times: ${one.nodes[0].html.slice(0, 200)}`);
  });
}

const axe = (options, prepare = async () => {}) => visit({bypassCSP: true, ...options}, async (tab) => {
  await prepare(tab);
  return violations(tab);
});

/** The words that are broken inside, of texts without a space that a whole line has room for. */
const brokenWords = () => {
  const found = [];
  const range = document.createRange();
  const boxes = (node, start, text) => {
    range.setStart(node, start);
    range.setEnd(node, start + text.length);
    return Array.from(range.getClientRects());
  };
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const block = node.parentElement.closest("p, dd, dt, li, td, th, h1, h2, h3, h4, summary, div, figcaption, label");
    if (!block || node.parentElement.closest("pre") || !node.parentElement.checkVisibility()) continue;
    for (const part of node.data.matchAll(/[^\s-]+-?/gu)) {
      const width = boxes(node, part.index, part[0]).reduce((sum, box) => sum + box.width, 0);
      if (width > block.clientWidth * 0.9) continue;
      for (const word of part[0].matchAll(/[\p{L}\d_]+/gu)) {
        const lines = new Set(boxes(node, part.index + word.index, word[0]).map((box) => Math.round(box.top)));
        if (lines.size > 1) found.push(`${word[0]} in ${part[0]}`);
      }
    }
  }
  return found;
};

const LOOKS = {
  axe: async () => ({
    wide: await axe({}),
    narrow: await axe({viewport: NARROW}),
    dark: await axe({colorScheme: "dark"}),
    unfolded: await axe({}, unfold),
  }),

  // What the page asks for and complains about, and whether its policy holds against a script that gets into it.
  policy: () => visit({}, async (tab, seen) => {
    const quiet = {faults: [...seen.faults], requests: seen.requests.length};
    await tab.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      document.body.append(script);
    });
    return {...quiet, ran: await tab.title() === "ran", refused: seen.faults.some((text) => text.includes("Content Security Policy"))};
  }),

  // Seconds of the browser's own work until the page answers, so that other work on the machine does not count.
  speed: () => visit({}, async (tab) => {
    const session = await tab.context().newCDPSession(tab);
    await session.send("Performance.enable");
    await tab.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }));
    const used = async () => (await session.send("Performance.getMetrics")).metrics.find(({name}) => name === "ProcessTime").value;
    const loaded = await used();
    await tab.fill("#by-host", "mx0005");
    const filtered = await used() - loaded;
    await tab.selectOption("#sort-by", "fail");
    return {loaded, filtered, sorted: await used() - loaded - filtered};
  }),

  narrow: () => visit({viewport: NARROW}, async (tab) => {
    await unfold(tab);
    return tab.evaluate(`({width: document.documentElement.scrollWidth, broken: (${brokenWords})()})`);
  }),

  // Every region and control that Tab reaches, whether its focus can be seen, and whether an arrow key scrolls.
  keyboard: () => visit({viewport: NARROW}, async (tab) => {
    const stops = [];
    for (let count = 0; count < 2000; count += 1) {
      await tab.keyboard.press("Tab");
      const stop = await tab.evaluate(() => {
        const at = document.activeElement;
        return at === document.body ? null : {name: at.getAttribute("aria-label") ?? at.id, outline: getComputedStyle(at).outlineStyle};
      });
      if (!stop) break;
      stops.push(stop);
    }
    // What is folded is reached once it is opened.
    const regions = await tab.evaluate(() => Array.from(document.querySelectorAll(".scroll"))
      .filter((one) => one.checkVisibility()).map((one) => one.getAttribute("aria-label")));
    const matrix = tab.locator(".matrix");
    if (await matrix.count()) {
      await matrix.focus();
      await tab.keyboard.press("ArrowRight");
      await tab.waitForFunction(() => document.querySelector(".matrix").scrollLeft > 0, null, {timeout: 5000});
    }
    return {stops, regions};
  }),

  // What a screen reader says of the first rows of the table.
  spoken: () => visit({}, async (tab) => {
    const rows = await tab.locator("#matrix tbody tr").all();
    return Promise.all(rows.slice(0, 3).map((row) => row.ariaSnapshot()));
  }),

  filter: () => visit({}, async (tab) => {
    const shown = () => tab.evaluate(() => ({
      names: Array.from(document.querySelectorAll("#matrix tbody tr:not([hidden]) .name"), (one) => one.textContent),
      status: document.getElementById("shown").textContent,
      open: document.querySelectorAll("#matrix details[open]").length,
    }));
    const found = {all: await shown()};
    await tab.fill("#by-host", "MX0005");
    found.host = await shown();
    await tab.fill("#by-host", "mx0011");
    found.folded = await shown();
    await tab.fill("#by-host", "");
    found.again = await shown();
    await tab.selectOption("#by-check", {label: "relay_third_party"});
    found.check = await shown();
    await tab.selectOption("#by-check", "");
    await tab.selectOption("#by-severity", "critical");
    found.severity = await shown();
    await tab.selectOption("#by-severity", "any");
    for (const key of ["name", "fail", "place"]) {
      await tab.selectOption("#sort-by", key);
      found[key] = await shown();
    }
    return found;
  }),

  "no script": () => visit({javaScriptEnabled: false}, async (tab) => ({
    controls: await tab.locator("#controls").isVisible(),
    rows: await tab.locator("#matrix tbody tr").filter({visible: true}).count(),
    findings: await tab.locator("article").filter({visible: true}).count(),
  })),

  // What is on paper: no control, every name, nothing that is wider than the sheet.
  paper: () => visit({viewport: {width: 720, height: 1000}}, async (tab) => {
    await tab.emulateMedia({media: "print"});
    const found = await tab.evaluate(() => ({
      controls: document.getElementById("controls")?.checkVisibility() ?? false,
      names: Array.from(document.querySelectorAll("#matrix .names li")).filter((one) => one.checkVisibility({contentVisibilityAuto: true})).length,
      width: document.documentElement.scrollWidth,
    }));
    const sheets = (await tab.pdf({format: "A4"})).toString("latin1").match(/\/Type\s*\/Page\b/g);
    return {...found, sheets: sheets.length};
  }),
};

const found = {};
for (const name of wanted) found[name] = await LOOKS[name]();
await browser.close();
process.stdout.write(JSON.stringify(found));
