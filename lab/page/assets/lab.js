// The page of the lab: what the user does becomes a request, what the server says is shown.
"use strict";

const $id = (name) => document.getElementById(name);
const root = document.documentElement;
let last = null; // results as they came, to be drawn anew in other colours
let query = location.search.replace(/^\?/, "");

// --- requests ---------------------------------------------------------------------------------

function ask(what) {
  return new Promise((resolve, reject) =>
    Shiny.shinyapp.makeRequest("act", [what], resolve, (error) => reject(new Error(error))));
}

async function act(what, complaint = $id("refused")) {
  const answer = await ask(what);
  show(complaint, answer.refused || answer.told);
  complaint.classList.toggle("told", !answer.refused);
  if (answer.refused) restore();
  if (answer.query !== undefined) remember(answer.query, what.do !== "go");
  return answer;
}

function show(element, text) {
  element.textContent = text || "";
  element.hidden = !text;
}

function remember(found, isNew) {
  if (found === query) return;
  query = found;
  if (isNew) history.pushState(null, "", `?${query}`);
}

// --- what the server writes -------------------------------------------------------------------

const written = {};

// Puts new HTML in the place of old; focus, typed text and open sections stay as they are.
function write(name, html) {
  if (written[name] === html) return;
  const first = written[name] === undefined;
  written[name] = html;
  const place = $id(name), held = document.activeElement;
  const inside = place.contains(held) && held.id ? held : null;
  const typed = inside && inside.value !== undefined && inside.dataset.sent !== undefined &&
    inside.value !== inside.dataset.sent ? inside.value : null;
  const open = new Map([...place.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
  place.innerHTML = html;
  for (const field of place.querySelectorAll("input[type=text], select")) {
    field.dataset.sent = field.value;
  }
  if (!first) for (const [id, is] of open) if ($id(id)) $id(id).open = is;
  const again = inside && $id(inside.id);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (typed !== null) again.value = typed;
  if (again.type === "text") again.setSelectionRange(again.value.length, again.value.length);
}

// After a refusal fields show again what holds; the one that was refused keeps what was typed.
function restore() {
  for (const field of document.querySelectorAll("[data-key]")) {
    if (field.type === "checkbox") field.checked = field.defaultChecked;
    else if (field !== document.activeElement && field.tagName === "SELECT") {
      field.value = field.dataset.sent;
    }
  }
}

function colours(spec, range) {
  const copy = JSON.parse(JSON.stringify(spec));
  for (const layer of copy.layer || [copy]) {
    const scale = layer.encoding.color && layer.encoding.color.scale;
    if (scale) scale.range = range[root.dataset.theme];
  }
  return copy;
}

function look() {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(name).trim();
  const font = of("--font"), ink = of("--ink"), faint = of("--faint"), line = of("--line");
  return {
    background: "transparent", font,
    view: { stroke: null },
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: faint, tickColor: faint,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8 },
    axisX: { grid: false },
  };
}

const drawn = {};

async function draw(name, spec, range, height) {
  const whole = { ...colours(spec, range), width: "container", height,
    $schema: "https://vega.github.io/schema/vega-lite/v6.json", autosize: { type: "fit-x", contains: "padding" } };
  const key = JSON.stringify([whole, root.dataset.theme]);
  if (drawn[name] === key) return;
  drawn[name] = key;
  const rows = spec.data.values.length + (spec.layer || []).reduce((n, one) => n + (one.data ? one.data.values.length : 0), 0);
  if (!rows) {
    $id(name).replaceChildren("Simulating …");
    return;
  }
  await vegaEmbed($id(name), whole, { actions: false, renderer: "svg", config: look(), ast: false });
}

async function drawAll() {
  if (!last || !window.vegaEmbed) return;
  const tall = innerWidth < 700 ? 260 : 340;
  await draw("chart-curves", last.curves, last.curve_colours, tall);
  await draw("chart-breakdown", last.breakdown, last.breakdown_colours, tall);
}

function status(progress, ready) {
  const left = progress.filter((step) => step.done < step.all);
  const [step] = left;
  const loading = "Loading the engine; the first time it is compiled, which takes a minute";
  $id("status").textContent = !ready ? loading : step ? `${step.what} ${step.done} of ${step.all}` : "Nothing left to simulate";
  root.dataset.busy = left.length ? "yes" : "no";
}

// --- what the user does -----------------------------------------------------------------------

function commit(field) {
  if (field.dataset.words !== undefined) {
    if (!field.value.trim()) { show($id("words-refused"), ""); return; }
    const text = field.value;
    act({ do: "words", text }, $id("words-refused")).then((answer) => {
      if (!answer.refused && $id("words").value === text) $id("words").value = "";
    });
    return;
  }
  if (field.value === field.dataset.sent) return;
  const { key, look: name } = field.dataset;
  field.dataset.sent = field.value;
  if (key !== undefined) act({ do: "set", key, value: field.value });
  else if (name !== undefined) act({ do: "look", [name]: field.value });
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.type === "checkbox" && field.dataset.key !== undefined) {
    act({ do: "set", key: field.dataset.key, value: String(field.checked) });
  } else if (field.dataset.words === undefined) commit(field);
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches("input[type=text][data-key]")) commit(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input[data-key], input[data-words]")) {
    event.preventDefault();
    commit(event.target);
  }
  if (event.key === "Enter" && event.target.id === "name") {
    event.preventDefault();
    $id("dialog-do").click();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const { do: what, number, text, word } = button.dataset;
  act({ do: what, number: number === undefined ? undefined : Number(number), text: text || "", word });
});
addEventListener("popstate", () => {
  query = location.search.replace(/^\?/, "");
  act({ do: "go", query });
});

// --- dialogues --------------------------------------------------------------------------------

let replaces = false;

function dialogue(title, { name = false, said = "", text = "" } = {}) {
  $id("dialog-title").textContent = title;
  $id("dialog-name").hidden = !name;
  $id("dialog-do").hidden = !name;
  $id("dialog-do").textContent = "Save";
  $id("dialog-said").textContent = said;
  $id("dialog-text").value = text;
  $id("dialog-text").hidden = !text;
  $id("dialog-text").rows = Math.min(12, text.split("\n").length + 1);
  show($id("dialog-refused"), "");
  replaces = false;
  if (!$id("dialog").open) $id("dialog").showModal();
}

async function copy(title, text) {
  let said = "Copied.";
  try { await navigator.clipboard.writeText(text); } catch { said = "Copy it from here:"; }
  dialogue(title, { said, text });
  $id("dialog-text").select();
}

$id("copy-command").addEventListener("click", async () => {
  copy("As commands", (await ask({ do: "command" })).command);
});
$id("copy-link").addEventListener("click", () => copy("Link to this state", location.href));
$id("save").addEventListener("click", () => {
  dialogue("Save as experiment", { name: true, said: "A file that Snakemake runs, in the folder lab unless the name has another." });
  $id("name").focus();
});
$id("name").addEventListener("input", () => {
  replaces = false;
  $id("dialog-do").textContent = "Save";
});
$id("dialog-do").addEventListener("click", async () => {
  const answer = await ask({ do: "save", name: $id("name").value, replace: replaces });
  show($id("dialog-refused"), answer.refused);
  replaces = Boolean(answer.refused && answer.refused.includes("to replace it"));
  $id("dialog-do").textContent = replaces ? "Replace" : "Save";
  if (answer.saved) {
    dialogue(`Saved as ${answer.saved}`, { said: `${answer.file}. Run it with:`, text: answer.command });
    $id("dialog-text").select();
  }
});
function paint(dark) {
  root.dataset.theme = dark ? "dark" : "light";
  $id("theme").setAttribute("aria-pressed", String(dark));
  drawAll();
}
$id("theme").addEventListener("click", () => {
  paint(root.dataset.theme !== "dark");
  try { localStorage.setItem("corescale-theme", root.dataset.theme); } catch { /* not kept */ }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (system) => {
  let chosen = null;
  try { chosen = localStorage.getItem("corescale-theme"); } catch { /* no storage: the system's */ }
  if (!chosen) paint(system.matches);
});
$id("theme").setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
if (innerWidth < 700) $id("setup").open = false;
let wait = 0;
addEventListener("resize", () => { clearTimeout(wait); wait = setTimeout(drawAll, 150); });

// --- the connection ---------------------------------------------------------------------------

$(document).on("shiny:sessioninitialized", () => {
  Shiny.addCustomMessageHandler("controls", (found) => {
    for (const name of ["curves", "controls", "looks", "cores"]) write(name, found[name]);
    root.dataset.busy = "yes"; // results follow
  });
  Shiny.addCustomMessageHandler("results", (found) => {
    last = found;
    for (const name of ["gains", "numbers", "legend-curves", "legend-breakdown"]) write(name, found[name]);
    show($id("failures"), found.failures.join("\n"));
    $id("curves-of").textContent = found.common;
    $id("breakdown-of").textContent = found.of;
    $id("gains-of").textContent = `${found.of}, at ${found.at} cores`;
    status(found.progress, found.ready);
    drawAll();
  });
  Shiny.addCustomMessageHandler("refused", (found) => show($id("refused"), found.text));
  ask({ do: "open", query }).then((answer) => {
    query = answer.query;
    history.replaceState(null, "", `?${query}`);
  });
});
$(document).on("shiny:disconnected", () => {
  $id("status").textContent = "The lab has stopped";
  root.dataset.busy = "gone";
  show($id("refused"), "The lab has stopped: start `corescale lab` again, and reload this page.");
});
