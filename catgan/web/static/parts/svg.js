/* Makes elements of SVG. */

const NS = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {object} attributes set as they are; `onclick` and the like are listeners
 * @param {...(Node|string|null)} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
