// Reports in headless Chromium: node check.mjs FOLDER [--shots DIR], FOLDER with result folders below it. The network is off for the pages by their own
// policy; here it is watched. Fails at: an error in the console, a request, a page wider than a telephone, a headline that is not there, numbers that
// differ with and without scripts, a serious finding of axe, more than a second to open.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join, resolve, basename } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [folder, , shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const OPENS_MS = 1000;
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags });
let passed = 0;
const failures = [];
const check = (name, truth, said = "") => {
  if (truth) passed += 1;
  else {
    failures.push(`${name} ${said}`);
    console.log(`FAILED ${name} ${said}`);
  }
};
const text = (page, selector) => page.locator(selector).evaluateAll((nodes) => nodes.map((node) => node.textContent.trim()));
const through = async (page) => {
  const height = await page.evaluate(() => document.body.scrollHeight);
  for (let y = 0; y < height; y += 600) {
    await page.evaluate((y) => scrollTo({ top: y, behavior: "instant" }), y);
    await page.waitForTimeout(40);
  }
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
};

const reports = readdirSync(folder).map((name) => join(resolve(folder), name, "report.html")).filter(existsSync);
check("there are reports", reports.length > 0);
for (const file of reports) {
  const name = basename(join(file, ".."));
  const plain = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(`file://${file}`);
  const words = await text(still, "dl.answer dd");
  const cells = await text(still, ".listing:not(:has(.picked)) tbody tr:nth-child(-n+5) :is(th,td)");
  const drawn = await still.locator("figure svg").count();
  const figures = await still.locator("figure.chart").count();
  check(`${name}: an answer without scripts`, words.length >= 1 && words.every((sentence) => sentence.length > 20), words.join(" | "));
  check(`${name}: charts without scripts`, figures >= 1 && drawn === figures, `${drawn} of ${figures}`);
  const readme = readFileSync(join(file, "..", "README.md"), "utf8").replaceAll("&lt;", "<").replaceAll("`", "").replaceAll("\\[", "[").replaceAll("\\]", "]");
  check(`${name}: the answer is the README's`, words.every((sentence) => readme.includes(sentence)));
  if (shots) await still.screenshot({ path: join(shots, `${name}-plain.png`), fullPage: true });
  await plain.close();
  for (const width of [1280, 390])
    for (const colorScheme of ["light", "dark"]) {
      const at = `${name} ${width} ${colorScheme}`;
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
      const page = await context.newPage();
      const said = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
      page.on("pageerror", (error) => said.push(String(error)));
      page.on("dialog", (dialog) => said.push(`dialog ${dialog.message()}`));
      page.on("request", (request) => request.url() === `file://${file}` || request.url().startsWith("blob:") || said.push(`request ${request.url().slice(0, 90)}`));
      const started = performance.now();
      await page.goto(`file://${file}`);
      await page.waitForFunction(() => document.documentElement.dataset.ready === "yes", null, { timeout: 20000 }).catch(() => said.push("the script did not end"));
      const took = performance.now() - started;
      check(`${at}: opens`, took < OPENS_MS * (process.env.CI_SLOW ? 4 : 1), `${Math.round(took)} ms`);
      await through(page);
      check(`${at}: nothing in the console, no request`, said.length === 0, said.join(" | "));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      check(`${at}: not wider than the window`, wide <= width, `${wide}`);
      check(`${at}: the answer`, JSON.stringify(await text(page, "dl.answer dd")) === JSON.stringify(words));
      const now = await text(page, ".listing:not(:has(select)) tbody tr:nth-child(-n+5) :is(th,td)");
      const different = now.findIndex((cell, i) => cell !== cells[i]);
      check(`${at}: the same numbers with and without scripts`, now.length === cells.length && different < 0, `${now[different]} | ${cells[different]}`);
      check(`${at}: charts drawn`, (await page.locator("figure.chart .drawing svg").count()) === figures);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      if (width === 1280 && colorScheme === "light") await use(page, name, shots);
      await context.close();
      // The policy of the page lets axe not in: it is put aside for this look alone.
      const looked = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      const look = await looked.newPage();
      await look.goto(`file://${file}`);
      await through(look);
      await look.evaluate(axe);
      const found = await look.evaluate(() => axe.run());
      const serious = found.violations.filter((finding) => ["serious", "critical"].includes(finding.impact));
      check(`${at}: axe`, serious.length === 0, serious.map((f) => `${f.id}: ${f.nodes[0].html.slice(0, 160)} ${f.nodes[0].failureSummary}`).join(" | "));
      const others = found.violations.filter((finding) => !serious.includes(finding));
      if (others.length) console.log(`note ${at}: ${others.map((f) => `${f.id} (${f.impact}, ${f.nodes.length})`).join(", ")}`);
      await looked.close();
    }
}

// What a reader does: sorts, searches, picks by keyboard, saves, prints.
async function use(page, name, shots) {
  const sort = page.locator(".listing thead button").first();
  if (await sort.count()) {
    const first = page.locator(".listing").first();
    const column = async (at) => (await first.locator(`tbody tr > :nth-child(${at})`).allTextContents()).map((cell) => cell.trim());
    await sort.focus();
    await page.keyboard.press("Enter");
    check(`${name}: sorts by keyboard`, (await first.locator("th[aria-sort=ascending]").count()) === 1);
    const names = await column(1);
    check(`${name}: sorted`, names.every((cell, i) => i === 0 || names[i - 1].localeCompare(cell, "en") <= 0), names.join(" | "));
  }
  const search = page.locator("input[type=search]").first();
  if (await search.count()) {
    await search.fill("no such row");
    const rows = await search.evaluate((input) => input.closest(".listing").querySelectorAll("tbody tr").length);
    check(`${name}: searches`, rows === 0, `${rows}`);
    await search.fill("");
  }
  const select = page.locator("figure.chart select").first();
  if ((await select.count()) && (await select.locator("option").count()) > 1) {
    const before = await page.locator("figure.chart").first().locator(".drawing").innerHTML();
    const label = await select.evaluate((node) => node.closest("label").firstChild.textContent);
    await select.focus();
    const options = await select.locator("option").allTextContents();
    const wanted = options.find((option) => option !== options[options.indexOf(before)] && option !== "") && options[options.length - 1];
    await select.selectOption(wanted);
    const all = await page.locator("figure.chart label").evaluateAll((labels, label) => labels.filter((one) => one.firstChild.textContent === label).map((one) => ({ now: one.querySelector("select").value, known: [...one.querySelectorAll("option")].map((option) => option.value) })), label);
    check(`${name}: picks of one name move together`, all.every((one) => one.now === wanted || !one.known.includes(wanted)), JSON.stringify(all.map((one) => one.now)));
  }
  const save = page.locator("figure.chart .actions button").first();
  await page.locator("figure.chart details").first().evaluate((details) => (details.open = true));
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 5000 }).catch(() => null), save.click()]);
  if (!download) check(`${name}: saves`, false);
  else {
    const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
    const promised = Number((await save.textContent()).replace(/[^0-9]/g, ""));
    check(`${name}: saves what it says`, lines.length === promised + 1, `${lines.length} ${promised}`);
    check(`${name}: saves under a name`, download.suggestedFilename().endsWith(".csv"), download.suggestedFilename());
  }
  const pdf = await page.pdf({ path: shots ? join(shots, `${name}.pdf`) : undefined, format: "A4", preferCSSPageSize: true });
  check(`${name}: prints`, pdf.length > 20000, `${pdf.length}`);
}

await browser.close();
failures.forEach((failure) => console.log(`- ${failure}`));
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
