/* Goes through pages of a list. */

import { el, newId } from "../dom.js";

/**
 * @param {string} label what is paged through
 * @param {(page: number) => void} onPage is called with the page, from 0
 * @returns {{root: HTMLElement, set(page: number, pages: number): void}} hidden where there is one page
 */
export function pager(label, onPage) {
  const id = newId("page");
  let at = 0, count = 1;
  const move = (page) => () => onPage(page(at));
  const back = el("button", { type: "button", onclick: move((page) => page - 1) }, "Previous");
  const next = el("button", { type: "button", onclick: move((page) => page + 1) }, "Next");
  const input = el("input", { id, type: "number", min: 1, step: 1, className: "pager-number" });
  const of = el("span", { className: "muted" });
  input.addEventListener("change", () => {
    const asked = Math.min(Math.max(Math.round(Number(input.value)) || 1, 1), count);
    input.value = asked;
    onPage(asked - 1);
  });
  const root = el("nav", { className: "row pager", "aria-label": label }, back, el("label", { htmlFor: id }, "Page"), input,
                  of, next);

  function set(page, pages) {
    [at, count] = [page, pages];
    root.hidden = pages < 2;
    back.disabled = page === 0;
    next.disabled = page >= pages - 1;
    input.max = pages;
    input.value = page + 1;
    of.textContent = `of ${pages.toLocaleString("en")}`;
  }

  set(0, 1);
  return { root, set };
}
