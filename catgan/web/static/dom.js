/* Makes elements. Texts are always set as text, never as HTML. */

/**
 * Makes an element.
 * @param {string} tag
 * @param {object} props properties (`className`, `disabled`), attributes ("aria-label", "role", "for"), `onclick` and
 *   the like, and `data` for data attributes. The page's policy forbids style attributes: set `element.style.left`.
 * @param {...(Node|string|null)} children
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false && !name.startsWith("aria-")) continue;
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.startsWith("aria-") && name !== "list") element[name] = value;
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let count = 0;

/** A new id for an element that another one refers to. */
export function newId(stem) {
  count += 1;
  return `${stem}-${count}`;
}

/** A number with a sign that has the width of the digits: 0.3, −0.3. */
export function figure(value, digits = 2) {
  return value.toFixed(digits).replace("-", "\u2212");
}
