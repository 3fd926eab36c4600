// Before anything is drawn: the page is dark if it was last time, or if the system is.
"use strict";
{
  let chosen = null;
  try { chosen = localStorage.getItem("corescale-theme"); } catch { /* no storage: the system's */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
