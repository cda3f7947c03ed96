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
    const opener = e.target.closest("[data-open]");
    if (opener) $(`#${opener.dataset.open}`)?.showModal();
    if (e.target.matches("dialog[open]")) e.target.close();
  });

  // Keys: / search, g and a letter go to, j k move, o open, x unfold, ? help. The profile turns single keys off (WCAG 2.1.4).
  let went = 0;
  const cursor = () => $("[data-row].cursor");
  function move(step) {
    const rows = $$("[data-row]"); if (!rows.length) return;
    const at = rows.findIndex(row => row.classList.contains("cursor")), next = Math.max(0, Math.min(rows.length - 1, at + step));
    rows.forEach(row => row.classList.remove("cursor")); rows[next].classList.add("cursor"); rows[next].scrollIntoView({ block: "nearest" });
    $("a, summary", rows[next])?.focus({ preventScroll: true });
  }
  const keys = {
    "/": () => $("[data-filter]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    o: () => $("a, summary", cursor() ?? document.createElement("i"))?.click(),
    x: () => $("summary", cursor() ?? document.createElement("i"))?.click(),
  };
  document.addEventListener("keydown", e => {
    if (typing(e) || e.metaKey || e.ctrlKey || e.altKey || document.body.dataset.singleKeys === "off" || $("dialog[open]")) return;
    if (e.key === "g") { went = Date.now(); return; }
    if (Date.now() - went < 900) { const link = $(`.side [data-go="${CSS.escape(e.key)}"]`); went = 0; if (link) return link.click(); }
    const act = keys[e.key] ?? (() => $(`[data-key="${CSS.escape(e.key)}"]`)?.click());
    if (e.key === "/" || $(`[data-key="${CSS.escape(e.key)}"]`)) e.preventDefault();
    act();
  });

  // A part that unfolds takes the focus to what is meant to be pressed or filled in first.
  document.addEventListener("toggle", e => { if (e.target.open) $("[data-first]", e.target)?.focus(); }, true);

  // Toasts: eight seconds, longer while pointed at or focused.
  const fade = item => {
    let timer;
    const start = () => { timer = setTimeout(() => item.remove(), 8000); }, stop = () => clearTimeout(timer);
    ["pointerenter", "focusin"].forEach(name => item.addEventListener(name, stop));
    ["pointerleave", "focusout"].forEach(name => item.addEventListener(name, start));
    start();
  };
  function toast(text) {
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
  document.addEventListener("change", e => e.target.closest(".menu")?.hidePopover?.());
})();
