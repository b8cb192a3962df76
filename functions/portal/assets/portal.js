// Comfort only: every page works without this file.
(() => {
  const page = document, { body } = page;
  const all = (css, root = page) => [...root.querySelectorAll(css)];
  const on = (event, react) => page.addEventListener(event, react);
  const status = body.appendChild(page.createElement("output"));
  status.className = "visually-hidden";

  // Copy buttons say “Copied” for two seconds.
  const offerCopies = () => all("button.copy").forEach((button) => (button.hidden = false));
  const copy = async (text) => (await navigator.clipboard.writeText(text), "Copied");
  on("click", async ({ target }) => {
    const button = target.closest("button.copy");
    if (!button || button.dataset.said) return;
    const label = button.firstChild, before = label.data;
    button.dataset.said = label.data = await copy(button.dataset.copy).catch(() => {
      getSelection().selectAllChildren(button.previousElementSibling);
      return page.execCommand("copy") ? "Copied" : "Ctrl+C";
    });
    status.textContent = button.textContent;
    setTimeout(() => {
      status.textContent = "";
      label.data = before;
      delete button.dataset.said;
    }, 2000);
  });

  // Refresh each data-live element, unless somebody is at work in it.
  const live = (root) => all("[data-live]", root);
  const seen = new Map(live().map((box) => [box, box.innerHTML]));
  const atWork = (box) => box.contains(page.activeElement) || all("[data-edited]", box)[0];
  let polls = 360, rest = !seen.size; // 360 × 5 s = 30 minutes
  const refresh = async () => {
    if (rest || page.hidden) return;
    rest = true;
    const answer = await fetch(location, { redirect: "manual" }).catch(() => "");
    if ([0, 401, 403, 404].includes(answer.status)) return; // 0: a redirect
    rest = false;
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = new Map(live(next).map((box) => [box.dataset.live, box.innerHTML]));
    for (const box of live()) {
      const html = fresh.get(box.dataset.live) ?? seen.get(box);
      if (html !== seen.get(box) && !atWork(box)) seen.set(box, (box.innerHTML = html));
    }
    offerCopies();
    body.toggleAttribute("data-poll", "poll" in next.body.dataset);
  };
  on("input", ({ target }) => target.setAttribute("data-edited", ""));
  on("visibilitychange", refresh);
  setInterval(() => "poll" in body.dataset && !page.hidden && polls-- > 0 && refresh(), 5000);

  // A form is sent once; its buttons keep the focus, and Back frees them.
  const mark = (form, sent) => {
    form.toggleAttribute("data-sent", sent);
    for (const one of all("button", form)) one.setAttribute("aria-disabled", sent);
  };
  on("submit", (event) => {
    const form = event.target;
    if ("sent" in form.dataset) event.preventDefault();
    else if (!form.hasAttribute("target")) mark(form, true);
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => mark(form, false)));
  offerCopies();
})();
