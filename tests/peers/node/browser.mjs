// A person at a browser: Chromium, driven step by step by the story.
import axe from "axe-core";
import { chromium } from "playwright-core";
import { serve } from "./calls.mjs";

const browser = await chromium.launch({
  executablePath: process.env.PORTICO_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
let context, page;
/** What the page in the window has asked for, itself first. */
let asked = [];

await serve({
  /** A new person: no cookies. Options are Playwright's, e.g. colorScheme, viewport, ignoreHTTPSErrors. */
  async open(options) {
    await context?.close();
    context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    page.on("request", (request) => {
      if (request.isNavigationRequest() && !request.redirectedFrom()) asked = [];
      asked.push(request);
    });
  },
  /** Goes to an address and answers the status of the page that it came to. */
  goto: async ({ url }) => (await page.goto(url))?.status(),
  show: ({ html }) => page.setContent(html),
  click: ({ role, name }) => page.getByRole(role, { name }).first().click(),
  click_text: ({ text }) => page.getByText(text, { exact: true }).first().click(),
  /** Clicks the button that sends this value. */
  click_value: ({ value }) => page.locator(`button[value="${value}"]`).click(),
  choose: ({ name }) => page.getByRole("radio", { name }).check(),
  fill: ({ label, text }) => page.getByLabel(label, { exact: true }).fill(text),
  /** Waits until the address begins with this one. */
  arrive: ({ at }) => page.waitForURL((url) => url.href.startsWith(at)),
  /** Waits until the page says this, and answers all that it says. */
  async read({ until }) {
    if (until) await page.getByText(until).locator("visible=true").first().waitFor();
    return { url: page.url(), title: await page.title(), text: await page.locator("body").innerText() };
  },
  /** What the page weighs, in bytes, uncompressed: its HTML, and all of it; and which hosts it asked. */
  async weigh() {
    await page.waitForLoadState("networkidle");
    const answers = await Promise.all(asked.map((request) => request.response()));
    const ends = answers.filter((answer) => answer && !(answer.status() >= 300 && answer.status() < 400));
    const sizes = await Promise.all(ends.map(async (answer) => (await answer.body()).length));
    const hosts = [...new Set(asked.map((request) => new URL(request.url()).host))];
    return { html: sizes[0] ?? 0, total: sizes.reduce((sum, size) => sum + size, 0), hosts };
  },
  /** The whole page as a picture. */
  async picture({ path, width, scheme }) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path, fullPage: true, animations: "disabled" });
  },
  /** Presses a key, as often as is said. */
  async press({ key, times }) {
    for (let n = 0; n < times; n++) await page.keyboard.press(key);
  },
  /** Types where the focus is. */
  type: ({ text }) => page.keyboard.type(text),
  /** What has the focus: its role or tag, and what it is called. */
  focused: () =>
    page.evaluate(() => {
      const one = document.activeElement;
      const label = one.labels?.[0]?.innerText ?? one.innerText ?? "";
      return { tag: one.tagName.toLowerCase(), name: label.trim() };
    }),
  /** Comes back to the tab after a while in another one. */
  come_back: () => page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`).then(() => null),
  cookies: () => context.cookies(),
  /** What axe-core finds wrong with the page: the rule, its help, the elements. */
  async accessibility({ width, scheme }) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    // Colours that fade are judged as they are in the end. Waiting for it has no end where the page draws nothing meanwhile.
    await page.evaluate("document.getAnimations().forEach((one) => one.effect.getComputedTiming().endTime < Infinity ? one.finish() : one.cancel())");
    // Evaluated through the debugging protocol, which the page's Content-Security-Policy does not bind.
    const source = `${axe.source}; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })`;
    const { violations } = await page.evaluate(source);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    return {
      violations: violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.target.join(" ")) })),
      overflow,
    };
  },
});
await browser.close();
process.exit();
