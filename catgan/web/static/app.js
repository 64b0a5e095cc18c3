/* The frame around all pages: navigation, theme, and the module of the page that the address names. */

import { request } from "./api.js";
import { el } from "./dom.js";
import { showError } from "./parts/messages.js";

/** What `mount(root, app)` of a page is given. */
const app = {
  about: null, // {pages, run, version}
  terms: null, // {units, glossary, prototypes, expressions, words}
  signal: null, // aborted when the page is left
};
let leaving = null;

function nameOf(path) {
  const name = path.split("/")[1];
  return app.about.pages.some((page) => page.name === name) ? name : app.about.pages[0].name;
}

async function show(name) {
  leaving?.abort();
  leaving = new AbortController();
  app.signal = leaving.signal;
  const page = app.about.pages.find((one) => one.name === name);
  document.title = `${page.title} \u2013 catgan`;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.name === name) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" }); // narrow windows show a part of the navigation
    } else link.removeAttribute("aria-current");
  }
  const root = el("div", { className: `page page-${name}` });
  document.getElementById("main").replaceChildren(root);
  try {
    const module = await import(`/static/pages/${name}.js`);
    await styled(name);
    await module.mount(root, app);
  } catch (problem) {
    if (problem.name !== "AbortError") showError(problem);
  }
}

function styled(name) {
  if (document.getElementById(`style-${name}`)) return Promise.resolve();
  return new Promise((done) => {
    document.head.append(el("link", { id: `style-${name}`, rel: "stylesheet", href: `/static/pages/${name}.css`,
                                      onload: done, onerror: done }));
  });
}

function navigate(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const { name } = event.currentTarget.dataset;
  history.pushState({}, "", `/${name}`);
  show(name).then(() => document.getElementById("main").focus({ preventScroll: true }));
}

function buildNavigation() {
  document.getElementById("nav").replaceChildren(...app.about.pages.map((page) => el(
    "a", { href: `/${page.name}`, title: page.help, data: { name: page.name }, onclick: navigate }, page.title)));
  document.getElementById("about").textContent = `catgan ${app.about.version}, model ${app.about.run}.`;
}

function buildTheme() {
  const button = document.getElementById("theme");
  const say = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  };
  button.addEventListener("click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem("theme", theme); } catch { /* it then lasts until the reload */ }
    say();
    document.dispatchEvent(new Event("themechange"));
  });
  say();
}

async function start() {
  buildTheme();
  try {
    [app.about, app.terms] = await Promise.all([request("/api/app"), request("/api/terms")]);
  } catch (problem) {
    showError(problem);
    return;
  }
  buildNavigation();
  window.addEventListener("popstate", () => show(nameOf(location.pathname)));
  await show(nameOf(location.pathname));
}

start();
