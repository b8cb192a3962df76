// A person at a browser: Chromium, driven step by step by the story.
import axe from "axe-core";
import { chromium } from "playwright-core";
import { serve } from "./calls.mjs";

const browser = await chromium.launch({
  executablePath: process.env.PORTICO_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
let context, page;

await serve({
  /** A new person: no cookies. Options are Playwright's, e.g. colorScheme, viewport, ignoreHTTPSErrors. */
  async open(options) {
    await context?.close();
    context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
  },
  /** Goes to an address and answers the status of the page that it came to. */
  goto: async ({ url }) => (await page.goto(url))?.status(),
  show: ({ html }) => page.setContent(html),
  click: ({ role, name }) => page.getByRole(role, { name }).first().click(),
  click_text: ({ text }) => page.getByText(text, { exact: true }).first().click(),
  choose: ({ name }) => page.getByRole("radio", { name }).check(),
  fill: ({ label, text }) => page.getByLabel(label, { exact: true }).fill(text),
  /** Waits until the address begins with this one. */
  arrive: ({ at }) => page.waitForURL((url) => url.href.startsWith(at)),
  /** Waits until the page says this, and answers all that it says. */
  async read({ until }) {
    if (until) await page.getByText(until).first().waitFor();
    return { url: page.url(), title: await page.title(), text: await page.locator("body").innerText() };
  },
  cookies: () => context.cookies(),
  /** What axe-core finds wrong with the page: the rule, its help, the elements. */
  async accessibility({ width, scheme }) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    // Colours that fade are judged when they have arrived.
    await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => null)");
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
