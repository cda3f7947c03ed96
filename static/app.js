// Progressive enhancement only: every page works without it. No inline style, no eval: it runs under a strict CSP.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const typing = e => e.target.closest("input:not([type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]");
  const root = document.documentElement;

  // Theme: the server renders data-theme from the profile; this switches it at once and tells the server.
  const isDark = () => root.dataset.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : root.dataset.theme === "dark";
  document.addEventListener("submit", e => {
    const form = e.target.closest("[data-theme-form]"); if (!form) return;
    e.preventDefault();
    root.dataset.theme = isDark() ? "light" : "dark";
    const data = new FormData(form); data.set("theme", root.dataset.theme);
    fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => toast("The theme was not saved. Check the connection."));
  });

  // Dialogs: [data-open=id] opens one, a press beside it closes it. Focus and Esc are the browser's.
  document.addEventListener("click", e => {
    const opener = e.target.closest("[data-open]"), plain = !(e.ctrlKey || e.metaKey || e.shiftKey);
    if (opener && plain) { e.preventDefault(); opener.closest("[popover]")?.hidePopover(); show($(`#${opener.dataset.open}`)); }
    if (e.target.matches("dialog[open]")) e.target.close();
  });
  function show(dialog) {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = $("[role=combobox]", dialog);
    if (field) { field.select(); field.dispatchEvent(new Event("palette")); }
  }

  // Palette: the field keeps the focus, the options are walked by aria-activedescendant.
  const options = () => $$("#found a[role=option], #found button[role=option]");
  function choose(option) {
    options().forEach(each => each.setAttribute("aria-selected", each === option));
    const field = $("#palette [role=combobox]");
    if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  }
  document.addEventListener("htmx:after:swap", () => { if ($("#palette[open]")) choose(options()[0]); });
  document.addEventListener("pointermove", e => { const option = e.target.closest?.("#found [role=option]"); if (option?.ariaSelected === "false") choose(option); });
  document.addEventListener("click", e => { if (e.target.closest("#found [data-act=theme]")) { $("#palette").close(); $("[data-theme-form] button")?.click(); } });
  document.addEventListener("keydown", e => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { const palette = $("#palette"); if (palette) { e.preventDefault(); show(palette); } return; }
    if (!e.target.matches("#palette [role=combobox]") || e.isComposing) return;
    const all = options(), at = all.findIndex(option => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && all.length) { e.preventDefault(); choose(all[(at + step + all.length) % all.length]); }
    if (e.key === "Enter" && all[at]) { e.preventDefault(); all[at].click(); }
  });

  // Esc leaves the palette and the filter of a list at once, with what is typed kept: j and k then walk the list.
  document.addEventListener("keydown", e => {
    const palette = e.target.matches("#palette [role=combobox]");
    if (e.key !== "Escape" || e.isComposing || !(palette || e.target.matches("[data-filter]"))) return;
    e.preventDefault();
    palette ? $("#palette").close() : e.target.blur();
  });

  // Keys: / search, g and a letter go to, j k move, o open, x select or unfold, ? help. What a page says itself
  // ([data-key]) goes before. The profile turns single keys off (WCAG 2.1.4). The letter after g may take its time: as
  // long as slow hands need, by when it was pressed and not by when a busy machine comes to it.
  let went = -Infinity;
  const cursor = () => $("[data-row].cursor") ?? document.activeElement?.closest("[data-row]"), opens = "a, summary, button.link";
  function move(step) {
    const rows = $$("[data-row]"); if (!rows.length) return;
    const at = rows.indexOf(cursor()), next = Math.max(0, Math.min(rows.length - 1, at + step));
    rows.forEach(row => row.classList.remove("cursor")); rows[next].classList.add("cursor"); rows[next].scrollIntoView({ block: "nearest" });
    const row = rows[next], first = $(opens, row) ?? $("button", row);
    if (!first) row.tabIndex = -1;
    (first ?? row).focus({ preventScroll: true });
  }
  const keys = {
    "/": () => { const field = $("[data-filter]"); field ? field.focus() : show($("#palette")); },
    j: () => move(1),
    k: () => move(-1),
    o: () => $(opens, cursor() ?? document.createElement("i"))?.click(),
    x: () => $("input[type=checkbox], summary", cursor() ?? document.createElement("i"))?.click(),
  };
  document.addEventListener("keydown", e => {
    if (typing(e) || e.metaKey || e.ctrlKey || e.altKey || document.body.dataset.singleKeys === "off" || $("dialog[open]")) return;
    if (e.key === "g") { went = e.timeStamp; return; }
    if (e.timeStamp - went < 3000) { const link = $(`.side [data-go="${CSS.escape(e.key)}"]`); went = -Infinity; if (link) return link.click(); }
    // Nobody decides on what they do not see: while the panel shows another row than the cursor's, or has no room, the
    // key opens that row and does no more.
    const panel = $("[data-keys]");
    if (panel?.dataset.keys.includes(e.key)) {
      const row = cursor(), seen = panel.getClientRects().length && (!row || row.id === $("[data-of]", panel)?.dataset.of);
      if (!seen) return $("a", row ?? $("[data-row]"))?.click();
    }
    const said = $(`[data-key="${CSS.escape(e.key)}"]`);
    if (said || e.key === "/") e.preventDefault();
    if (!said) return keys[e.key]?.();
    said.matches("input, textarea") ? said.focus() : said.click();
  });

  // A row beside whose list a panel stands: a press opens it there and takes the cursor along; where there is no room
  // for a panel the link leads to the page. What is chosen is counted.
  document.addEventListener("click", e => {
    const row = e.target.closest("[data-row]"); if (!row || !row.closest(".queue")) return;
    $$("[data-row].cursor").forEach(each => each.classList.remove("cursor")); row.classList.add("cursor");
    if (e.target.closest("[data-panel]") && matchMedia("(max-width: 72em)").matches) e.stopImmediatePropagation();
  }, true);
  const count = () => { const told = $("[data-chosen]"); if (told) told.textContent = `${$$(".queue input:checked").length} chosen`; };
  document.addEventListener("change", e => e.target.matches(".queue input[type=checkbox]") && count());
  count();

  // A part that unfolds takes the focus to what is meant to be pressed or filled in first.
  const fields = "input:not([type=hidden]), select, textarea, button, a[href]";
  const atHead = part => { const head = part && $("h1, h2, h3", part); if (head) { head.tabIndex = -1; head.toggleAttribute("hx-morph-skip", true); head.focus({ preventScroll: true }); } };
  const enter = part => {
    const first = $("[data-first]", part);
    first ? (first.matches(fields) ? first : $(fields, first))?.focus() : atHead(part);
  };
  // What is unfolded is left as it is by parts that are swapped around it, with what was typed into it.
  // What is open from the start nobody unfolded: it takes no focus from a refusal, whichever of the two comes first.
  const early = new Set($$("details[open]"));
  document.addEventListener("toggle", e => {
    const stood = early.delete(e.target);
    if (e.target.open && !stood && $("[data-first]", e.target)) enter(e.target);
    if (e.target.matches("details")) e.target.toggleAttribute("hx-morph-skip", e.target.open);
  }, true);

  // Clocks: the time left, counted down from what the server said; without a script its words stand.
  const remaining = ms => {
    const minutes = Math.floor(Math.abs(ms) / 60000), days = Math.floor(minutes / 1440);
    const parts = [[days, "d"], [Math.floor(minutes % 1440 / 60), "h"], [minutes % 60, "min"]].filter(([n]) => n);
    return parts.slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ") || "under 1 min";
  };
  setInterval(() => $$("time[data-due]").forEach(clock => {
    const ms = new Date(clock.dataset.due) - Date.now();
    clock.textContent = ms > 0 ? remaining(ms) : `${remaining(ms)} over`;
  }), 15000);

  // A swap that takes the focused element away puts the focus into what came for it, and an act that answers with a
  // page anew puts it on the heading, beside the toast: nobody starts again at the top of the page. The row of the keys
  // keeps its mark.
  let left = null;
  document.addEventListener("htmx:before:swap", e => {
    left = { element: document.activeElement, part: e.detail.ctx.target?.id, row: cursor() };
  });
  document.addEventListener("htmx:finally:swap", () => {
    const lost = left && left.element !== document.body && !left.element.isConnected;
    if (lost && (document.activeElement ?? document.body) === document.body) enter((left.part && $(`#${CSS.escape(left.part)}`)) || $("main"));
    if (left?.row?.isConnected && !$("[data-row].cursor")) left.row.classList.add("cursor");
    left = null;
  });
  const asks = $$("[autofocus], [aria-invalid=true]").some(each => each.getClientRects().length);
  if ($(".toasts .toast") && !asks && document.activeElement === document.body) atHead($("main"));

  // A form that was not taken: the first field that is wrong has the focus, unfolded where it was folded away; where no
  // field is, what says why; a menu that was not taken is open again.
  const refused = performance.getEntriesByType("navigation")[0]?.responseStatus >= 400;
  const wrong = $("main [aria-invalid=true]") ?? (refused && $("main .banner[role=alert]"));
  if (wrong && wrong.matches(".banner")) wrong.tabIndex = -1;
  for (let part = wrong && wrong.closest("details"); part; part = part.parentElement.closest("details")) { early.add(part); part.open = true; }
  if (wrong) wrong.focus();
  const menu = $("main [popover][data-refused]"); // By its button, beside which it stands then.
  if (menu) $(`[popovertarget="${menu.id}"]`)?.click();

  // Who has chosen no zone yet begins with that of their computer.
  const zone = $("select[data-zone]"), here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...zone.options].some(option => option.value === here)) zone.value = here;

  // Toasts: eight seconds, longer while pointed at or focused; what was refused stays until it is closed.
  const closer = part => $("[data-close]", part);
  document.addEventListener("click", e => {
    const item = e.target.closest("[data-close]")?.closest(".toast"); if (!item) return;
    item.remove();
    if (document.activeElement === document.body) atHead($("main"));
  });
  const fade = item => {
    if (item.matches("[data-stays]")) { if (!closer(item)) item.append(closer($("#toast").content).cloneNode(true)); return; }
    let timer;
    const start = () => { timer = setTimeout(() => item.remove(), 8000); }, stop = () => clearTimeout(timer);
    ["pointerenter", "focusin"].forEach(name => item.addEventListener(name, stop));
    ["pointerleave", "focusout"].forEach(name => item.addEventListener(name, start));
    start();
  };
  function toast(text) {
    if ($$(".toasts .toast > span").some(each => each.textContent === text)) return;
    const item = $("#toast").content.firstElementChild.cloneNode(true);
    $("span", item).textContent = text; $(".toasts").append(item); fade(item);
  }
  $$(".toast").forEach(fade);
  document.addEventListener("htmx:error", e => {
    if (e.detail.error?.name !== "AbortError") toast("No answer from the server. Nothing was changed; try again.");
  });
  document.addEventListener("htmx:response:error", e => {
    const status = e.detail.ctx.response.status;
    if (status >= 500) toast(`The server failed (${status}). Nothing was changed; try again.`);
  });

  // File field: the name of what was chosen, and dropping on it.
  const named = field => { const out = $("[data-file-name]", field.closest(".drop")); if (out && field.files.length) out.textContent = field.files[0].name; };
  document.addEventListener("change", e => e.target.matches(".drop input[type=file]") && named(e.target));
  ["dragover", "drop"].forEach(name => document.addEventListener(name, e => {
    const field = $(".drop input[type=file]"); if (!field) return;
    e.preventDefault();
    if (name === "drop" && e.dataTransfer.files.length) { field.files = e.dataTransfer.files; named(field); }
  }));
  $$(".drop input[type=file]").forEach(named);

  // Filters: choosing in a menu sends the form, so the menu closes first.
  document.addEventListener("change", e => e.target.closest(".filters .menu")?.hidePopover?.());
})();
