// Draws every [data-chart] from the JSON block it names. Colours are given as token names
// ("@critical") and resolved here, so one payload serves light and dark. No inline style, no eval.
(() => {
  const probe = document.createElement("i"); probe.hidden = true; document.body.append(probe);
  const token = name => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  const paint = v => typeof v === "string" && v[0] === "@" ? token(v.slice(1))
    : Array.isArray(v) ? v.map(paint)
    : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, paint(x)])) : v;
  const axis = { gridcolor: "@line", zerolinecolor: "@line", linecolor: "@line", tickcolor: "@line", fixedrange: true, automargin: true };
  const template = { layout: {
    font: { family: "Inter, system-ui, sans-serif", size: 12, color: "@text-3" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { t: 8, r: 8, b: 28, l: 34 },
    hovermode: "x unified", hoverlabel: { bgcolor: "@raised", bordercolor: "@line", font: { color: "@text", size: 12 } },
    xaxis: { ...axis, showgrid: false }, yaxis: axis, bargap: .35, showlegend: false,
    legend: { orientation: "h", y: 1.12, x: 0, font: { color: "@text-2" } } } };
  function draw(el) {
    const fig = JSON.parse(document.getElementById(el.dataset.chart).textContent);
    fig.layout.xaxis = { tickangle: 0, nticks: Math.max(3, Math.floor(el.clientWidth / 52)), ...fig.layout.xaxis };
    Plotly.react(el, paint(fig.data), paint({ ...fig.layout, template }), { displayModeBar: false, responsive: true })
      .then(() => { el.dataset.drawn = document.documentElement.dataset.theme; });
  }
  const all = root => root.querySelectorAll("[data-chart]").forEach(draw);
  all(document);
  document.addEventListener("htmx:after:swap", e => all(e.target));
  new MutationObserver(() => all(document)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all(document));
})();
