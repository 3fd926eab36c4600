// What a page does when a reader points, types or moves a slider. Without this script a page shows
// everything at once; with it, one tab at a time, and charts that answer.
//
// The state of a page is in its address, after the #: `tab=data&cores=24&figure.scale=log`. Tables
// are named by their captions: `all-experiments.sort=-claims&all-experiments.rows=exim`. An address
// that names an element (`#claim-pk_error`) opens the tab that holds it; one that chooses rows by
// itself (`#failed`) stays in the address as `at=failed`.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);

// --- the state in the address ---------------------------------------------------------------

function readState() {
  const text = decodeURIComponent(location.hash.slice(1));
  return text.includes("=") ? new Map(new URLSearchParams(location.hash.slice(1))) : new Map();
}

function keep(name, value) {
  const state = new URLSearchParams([...readState()]);
  const named = document.getElementById(location.hash.slice(1));
  if (named && named.closest(".filter")) state.set("at", named.id);
  if (value === "" || value === null) state.delete(name);
  else state.set(name, value);
  const alone = state.size === 1 && state.get("at");
  const text = alone || state.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname.split("/").pop());
}

// What an element chooses as the address's target, it still chooses with more in the address.
function aimAt(state) {
  if (!state.has("at")) return;
  const whole = location.hash;
  const put = () => history.replaceState(null, "", whole);
  addEventListener("hashchange", put, { once: true });
  location.replace(`#${state.get("at")}`);
}

// --- tabs -----------------------------------------------------------------------------------

function openTab(name, focus = false) {
  for (const tab of all("[role=tab]")) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) tab.focus();
    document.getElementById(tab.getAttribute("aria-controls")).classList.toggle("open", chosen);
  }
}

function startTabs() {
  const tabs = all("[role=tab]");
  tabs.forEach((tab, place) => {
    const name = tab.id.slice("tab-".length);
    tab.addEventListener("click", () => { openTab(name); keep("tab", place ? name : ""); });
    tab.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const ends = { Home: 0, End: tabs.length - 1 }[event.key];
      if (step === undefined && ends === undefined) return;
      event.preventDefault();
      const next = tabs[ends ?? (place + step + tabs.length) % tabs.length];
      openTab(next.id.slice("tab-".length), true);
      keep("tab", next === tabs[0] ? "" : next.id.slice("tab-".length));
    });
  });
}

function followAddress() {
  const state = readState();
  const named = location.hash && !state.size ? document.getElementById(location.hash.slice(1)) : null;
  const panel = named && named.closest("[role=tabpanel]");
  if (panel) {
    openTab(panel.id.slice("panel-".length));
    named.scrollIntoView({ block: "center" });
  } else if (all("[role=tab]").length) {
    openTab(document.getElementById(`tab-${state.get("tab")}`) ? state.get("tab") : "chart");
  }
}

// --- charts ---------------------------------------------------------------------------------

const views = new Map();

async function draw(chart) {
  const name = chart.dataset.chart;
  const spec = JSON.parse(one("script", chart).textContent);
  const boxes = all(`[data-series="${name}"] input`);
  const off = new Set(boxes.filter(box => !box.checked).map(box => box.value));
  const scale = one(`[data-scale="${name}"]`);
  if (boxes.length) {
    for (const [set, rows] of Object.entries(spec.datasets)) {
      spec.datasets[set] = rows.filter(row => !off.has(row.series));
    }
  }
  if (scale && scale.value === "log") makeLogarithmic(spec);
  if (boxes.length) leaveOutEmpty(spec);
  const canvas = one(".canvas", chart);
  if (canvas.clientWidth < NARROW) makeNarrow(spec);
  chart.dataset.drawn = Number(chart.dataset.drawn || 0) + 1;
  if (boxes.length && !spec.layer.length) {
    canvas.textContent = "No series is chosen.";
    return null;
  }
  canvas.style.minHeight = `${canvas.clientHeight}px`;
  const shown = await vegaEmbed(canvas, spec, { renderer: "svg", actions: false });
  canvas.style.minHeight = "";
  views.set(name, shown.view);
  return shown.view;
}

// Vega looks for the extent of every mark's rows, and complains where there are none.
function leaveOutEmpty(spec) {
  for (const side of spec.layer) {
    const mine = new Set(side.layer[0].transform[0].filter.oneOf);
    side.layer = side.layer.filter(
      mark => spec.datasets[mark.data.name].some(row => mine.has(row.series)));
  }
  spec.layer = spec.layer.filter(side => side.layer.length);
}

const NARROW = 520;
const LINE = "(.{1,17})(?: |$)";  // of a bar's name where there is little room

function makeNarrow(spec) {
  spec.config = { ...spec.config, axisY: { labelLimit: 110 } };
  spec.config.legend = { ...spec.config.legend, columns: 1, labelLimit: 260 };
  const names = new Set();
  const visit = part => {
    const { y, color } = part.encoding || {};
    if (y && y.axis) delete y.axis.labelLimit;
    if (y && y.type === "nominal") {
      y.axis.labelExpr = `split(trim(replace(datum.label, regexp('${LINE}', 'g'), '$1\\n')), '\\n')`;
      for (const rows of Object.values(spec.datasets)) for (const row of rows) names.add(row[y.field]);
    }
    if (color && color.legend) color.legend.columns = 1;
    (part.layer || []).forEach(visit);
  };
  visit(spec);
  if (!names.size) return;
  const broken = name => String(name).replace(new RegExp(LINE, "g"), "$1\n").trim().split("\n");
  const most = Math.max(...[...names].map(name => broken(name).length));
  spec.height = Math.max(spec.height, names.size * (15 * most + 6));
}

function makeLogarithmic(spec) {
  for (const [name, rows] of Object.entries(spec.datasets)) {
    spec.datasets[name] = rows.filter(row => row.value > 0);
    for (const row of spec.datasets[name]) for (const end of ["low", "high"]) {
      if (!(row[end] > 0)) row[end] = row.value;
    }
  }
  const values = Object.values(spec.datasets).flat().map(row => row.value);
  const decades = Math.log10(Math.max(...values) / Math.min(...values));
  const visit = part => {
    const y = part.encoding && part.encoding.y;
    if (y && y.field === "value") y.scale = { type: "log", nice: true };
    if (y && y.axis && decades > 2) y.axis.tickCount = decades;  // powers of ten, and no others
    (part.layer || []).forEach(visit);
  };
  visit(spec);
}

function startCharts(state) {
  for (const fields of all("[data-series]")) {
    const name = fields.dataset.series;
    const given = state.get(`${name}.series`);
    const boxes = all("input", fields);
    const first = boxes.map(box => box.checked);
    if (given !== undefined) {
      const wanted = new Set(given.split("|"));
      boxes.forEach(box => { box.checked = wanted.has(box.value); });
    }
    fields.addEventListener("change", () => {
      const same = boxes.every((box, place) => box.checked === first[place]);
      const on = boxes.filter(box => box.checked).map(box => box.value).join("|");
      keep(`${name}.series`, same ? "" : on || "none");
      draw(one(`[data-chart="${name}"]`));
    });
  }
  for (const select of all("[data-scale]")) {
    const name = select.dataset.scale;
    const first = select.value;
    const given = state.get(`${name}.scale`);
    if (given === "log" || given === "linear") select.value = given;
    select.addEventListener("change", () => {
      keep(`${name}.scale`, select.value === first ? "" : select.value);
      draw(one(`[data-chart="${name}"]`));
    });
  }
  return Promise.all(all(".chart").map(draw));
}

function startSlider(state) {
  const slider = one("#cores");
  if (!slider) return;
  const counts = slider.dataset.counts.split(" ");
  const last = String(counts.length - 1);
  const show = () => {
    const cores = counts[slider.value];
    one("output[for=cores]").textContent = cores;
    slider.setAttribute("aria-valuetext", cores === "1" ? "1 core" : `${cores} cores`);
    const view = views.get("account");
    if (view) view.signal("cores", Number(cores)).runAsync();
  };
  const given = counts.indexOf(state.get("cores"));
  if (given >= 0) slider.value = given;
  slider.addEventListener("input", () => {
    keep("cores", slider.value === last ? "" : counts[slider.value]);
    show();
  });
  show();
}

// --- fixes ----------------------------------------------------------------------------------

function startFixes(state) {
  for (const toggles of all(".toggles")) {
    const data = JSON.parse(one("script", toggles).textContent);
    for (const fields of all("[data-base]", toggles)) {
      const base = fields.dataset.base;
      const boxes = all("input", fields);
      const given = new Set((state.get(`fix.${base}`) || "").split("|"));
      boxes.forEach(box => { box.checked = given.has(box.value); });
      fields.addEventListener("change", () => {
        const flipped = boxes.filter(box => box.checked).map(box => box.value);
        keep(`fix.${base}`, flipped.join("|"));
        answerFixes(fields, data[base], flipped);
      });
      answerFixes(fields, data[base], boxes.filter(box => box.checked).map(box => box.value));
    }
  }
}

function answerFixes(fields, base, flipped) {
  const output = one("output", fields);
  if (flipped.length === 0) output.textContent = `${base.label} as it is.`;
  else if (flipped.length === 1) output.textContent = `Simulated: ${base.gains[flipped[0]]}.`;
  else {
    const code = document.createElement("code");
    code.textContent = [base.command, ...flipped.map(key => `${key}=${base.on}`)].join(" ");
    output.replaceChildren("Not simulated together. To run it: ", code);
  }
}

// --- tables ---------------------------------------------------------------------------------

const ROWS_WITHOUT_FILTER = 8;

function valueOf(cell) {
  const text = cell.textContent.trim().replace(/\u2212/g, "-").replace(/,/g, "");
  const found = text.match(/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?/i);
  return found ? Number(found[0]) : null;
}

const nameOf = text => text.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

function sortTable(table, column, down) {
  const heads = all("thead th", table);
  heads.forEach(cell => cell.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const compare = (a, b) => {
    const [left, right] = [a.cells[column], b.cells[column]];
    const [x, y] = [valueOf(left), valueOf(right)];
    if (x !== null && y !== null) return x - y;
    return left.textContent.localeCompare(right.textContent);
  };
  const rows = [...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
  body.append(...rows);
}

function startTables(state) {
  const shared = all("input[data-filters]");
  for (const input of shared) {
    startFilter(input, nameOf(input.dataset.filters.slice(1)), all(input.dataset.filters), state);
  }
  for (const table of all("table.sortable")) {
    if (table.tBodies[0].rows.length < 2) continue;
    startSort(table, state);
    const filtered = shared.some(input => table.matches(input.dataset.filters));
    if (!filtered && table.tBodies[0].rows.length > ROWS_WITHOUT_FILTER) addFilter(table, state);
  }
}

function startSort(table, state) {
  const key = `${nameOf(table.caption.textContent)}.sort`;
  const given = state.get(key);
  all("thead th", table).forEach((cell, column) => {
    const button = document.createElement("button");
    const name = nameOf(cell.textContent);
    button.type = "button";
    button.textContent = cell.textContent;
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      sortTable(table, column, down);
      keep(key, down ? `-${name}` : name);
    });
    cell.replaceChildren(button);
    if (given === name || given === `-${name}`) sortTable(table, column, given !== name);
  });
}

function addFilter(table, state) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "search";
  label.className = "sieve";
  label.append("Filter rows ", input);
  table.closest(".table").before(label);
  startFilter(input, nameOf(table.caption.textContent), [table], state);
}

function startFilter(input, name, tables, state) {
  const told = () => keep(`${name}.rows`, input.value);
  input.value = state.get(`${name}.rows`) || "";
  if (input.value) filterRows(input.value, tables);
  input.addEventListener("input", () => { filterRows(input.value, tables); told(); });
  addEventListener("hashchange", () => { if (input.value) told(); });
}

// Show the rows that hold every word, and no section of a page that has no row left.
function filterRows(text, tables) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const table of tables) {
    for (const row of table.tBodies[0].rows) {
      const held = row.textContent.toLowerCase();
      row.hidden = !wanted.every(word => held.includes(word));
    }
  }
  if (tables.length < 2) return;
  for (const section of all("main section")) {
    section.hidden = all("tbody tr", section).every(row => row.hidden);
  }
}

// --- search ---------------------------------------------------------------------------------

const MOST = 12;

function loadSearch() {
  if (window.searchable || one("script[data-search]")) return;
  const script = document.createElement("script");
  script.dataset.search = "";
  script.src = one("script[src$='report.js']").getAttribute("src").replace("report.js", "search.js");
  script.addEventListener("load", () => one("#search").dispatchEvent(new Event("input")));
  document.head.append(script);
}

function matches(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length || !window.searchable) return [];
  const scored = [];
  for (const [kind, shown, more, address] of window.searchable) {
    const first = shown.toLowerCase();
    const whole = `${kind} ${first} ${more.toLowerCase()}`;
    if (!words.every(word => whole.includes(word))) continue;
    const inName = words.filter(word => first.includes(word)).length;
    scored.push([(kind === "page" ? 10 : 0) + inName, shown, kind, address]);
  }
  return scored.sort((a, b) => b[0] - a[0]).slice(0, MOST);
}

function showFound(input, list) {
  const rows = matches(input.value).map(([, shown, kind, address], place) => {
    const row = document.createElement("li");
    row.id = `found-${place}`;
    row.setAttribute("role", "option");
    row.dataset.address = address;
    const what = document.createElement("span");
    what.textContent = kind;
    row.append(shown, " ", what);
    row.addEventListener("mousedown", () => { location.href = address; });
    return row;
  });
  list.replaceChildren(...rows);
  list.hidden = !rows.length;
  input.setAttribute("aria-expanded", !list.hidden);
  input.removeAttribute("aria-activedescendant");
}

function startSearch() {
  const input = one("#search");
  const list = one("#found");
  input.addEventListener("focus", loadSearch);
  input.addEventListener("input", () => showFound(input, list));
  input.addEventListener("blur", () => { list.hidden = true; });
  input.addEventListener("keydown", event => {
    const rows = all("li", list);
    const now = rows.findIndex(row => row.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && rows.length) {
      event.preventDefault();
      const next = rows[(now + step + rows.length) % rows.length];
      rows.forEach(row => row.setAttribute("aria-selected", row === next));
      input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && rows.length) {
      event.preventDefault();
      location.href = rows[Math.max(now, 0)].dataset.address;
      list.hidden = true;
    } else if (event.key === "Escape") {
      input.value = "";
      showFound(input, list);
    }
  });
}

// --- all together ---------------------------------------------------------------------------

function closeMenus(event) {
  for (const menu of all("details.menu[open]")) {
    if (!menu.contains(event.target) || event.key === "Escape") menu.open = false;
  }
}

async function start() {
  const state = readState();
  aimAt(state);
  startTabs();
  followAddress();
  startTables(state);
  startSearch();
  startFixes(state);
  addEventListener("hashchange", followAddress);
  addEventListener("click", closeMenus);
  addEventListener("keydown", event => { if (event.key === "Escape") closeMenus(event); });
  if (window.vegaEmbed) await startCharts(state);
  startSlider(state);
  document.documentElement.dataset.ready = "";
}

start();
