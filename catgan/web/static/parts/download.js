/* Hands a file to the browser's downloads. */

import { el } from "../dom.js";

/** Saves a Blob under a name. */
export function download(content, name) {
  const address = URL.createObjectURL(content);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
