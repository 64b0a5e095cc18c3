/* The page Data: counts of a data set, faces that match a query, rejected rows, conflicts. */

import { followJob, request } from "../api.js";
import { el } from "../dom.js";
import { showError } from "../parts/messages.js";
import { tabs } from "../parts/tabs.js";
import { Faces } from "./data/faces.js";
import { Conflicts, Rejected } from "./data/lists.js";
import { factsOf, overview } from "./data/overview.js";

export async function mount(root, app) {
  const title = el("p", { className: "muted" }, "Opening the data set \u2026");
  root.append(el("div", { className: "page-head" }, el("h1", {}, "Data"), title));
  const info = await request("/api/data/info", { signal: app.signal });
  title.textContent = info.name;
  const counts = el("div", { className: "stack" });
  const faces = new Faces(info, app), rejected = new Rejected(), conflicts = new Conflicts();
  const parts = [{ title: "Overview", content: counts }, { title: "Faces", content: faces.root },
                 { title: "Rejected rows", content: rejected.root }, { title: "Conflicts", content: conflicts.root }];
  const pages = tabs("The data set", parts, (index) => [null, faces, rejected, conflicts][index]?.open());
  root.append(factsOf(info), pages.root);
  const onQuery = (query) => {
    faces.shown = true;
    pages.show(1);
    faces.ask(query);
    faces.input.focus();
  };
  try {
    counts.append(overview(info, await counted(counts, app), app.terms, onQuery));
  } catch (problem) {
    if (problem.name !== "AbortError") showError(problem);
  }
  root.dataset.counted = "true"; // tests wait for it
}

/** The counts, which the server computes once for a data set. */
async function counted(root, app) {
  const known = await request("/api/data/overview", { method: "POST", signal: app.signal });
  if (known.overview) return known.overview;
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Counting" });
  const state = el("p", { className: "muted", role: "status" }, "Counting, once for this data set \u2026");
  root.append(state, bar);
  try {
    return await followJob(known.job, ({ share, message }) => {
      bar.value = share;
      if (message) state.textContent = `Counting, once for this data set: ${message}.`;
    }, app.signal);
  } finally {
    state.remove();
    bar.remove();
  }
}
