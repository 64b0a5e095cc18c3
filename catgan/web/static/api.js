/* Sends requests to the server. Every tab has its own identity, so that the server keeps their work apart. */

const TAB = "catgan-tab";

/** An error that the server explained in one line. */
export class ApiError extends Error {
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

function drawn() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Holds a lock as long as this tab lives; a tab that was duplicated finds the lock of its identity taken. */
function held(name) {
  return new Promise((resolve) => {
    if (!navigator.locks) { resolve(true); return; }
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    }).catch(() => resolve(true));
  });
}

async function identity() {
  let known = null;
  try { known = sessionStorage.getItem(TAB); } catch { /* storage may be forbidden: then a reload starts anew */ }
  for (let tries = 0; known && tries < 3; tries += 1) {
    if (await held(`${TAB}-${known}`)) return known;
    await new Promise((done) => setTimeout(done, 60)); // the page before a reload may still be closing
  }
  const made = drawn();
  try { sessionStorage.setItem(TAB, made); } catch { /* see above */ }
  await held(`${TAB}-${made}`);
  return made;
}

const tab = identity();

/**
 * Sends a request and returns its answer: an object of JSON, or a Blob.
 * @param {string} path
 * @param {{json?: object, file?: Blob, name?: string, signal?: AbortSignal}} options a `json` or a `file` is posted
 * @throws {ApiError} with one line for the user; an AbortError passes
 */
export async function request(path, { json, file, name, signal, method } = {}) {
  const headers = { "X-Tab": await tab };
  const body = json !== undefined ? JSON.stringify(json) : file;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (file !== undefined) {
    headers["Content-Type"] = "application/octet-stream";
    headers["X-File-Name"] = encodeURIComponent(name ?? file.name ?? "picture");
  }
  let response;
  try {
    response = await fetch(path, { method: method ?? (body === undefined ? "GET" : "POST"), headers, body, signal });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new ApiError("The server does not answer. Is catgan app still running?", 0);
  }
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!response.ok) {
    const said = isJson ? (await response.json()).error : "";
    throw new ApiError(said || `The server answered ${response.status}.`, response.status);
  }
  return isJson ? response.json() : response.blob();
}

/**
 * Follows a job of the server until it ends, and returns its result.
 * @param {string} identity of the job
 * @param {(job: object) => void} onProgress called with `{state, share, message, seconds}`
 * @param {AbortSignal} [signal] stops the job
 */
export async function followJob(identity, onProgress, signal) {
  let stopped = false;
  for (;;) {
    if (signal?.aborted && !stopped) {
      stopped = true;
      await request(`/api/jobs/${identity}/stop`, { method: "POST" });
    }
    const job = await request(`/api/jobs/${identity}`);
    onProgress(job);
    if (job.state === "done") return job.result;
    if (job.state === "failed") throw new ApiError(job.error, 400);
    if (job.state === "stopped") throw new DOMException("stopped", "AbortError");
    await new Promise((done) => setTimeout(done, 250));
  }
}

/**
 * Calls an asynchronous function with the latest value only: while one call runs, newer values replace each other.
 * (Aborting each call would show nothing while a slider is dragged.)
 */
export class Latest {
  constructor(work) {
    this.work = work;
    this.next = undefined;
    this.controller = null;
    this.onBusy = null;
  }

  ask(value) {
    this.next = { value };
    if (!this.controller) this.run();
  }

  async run() {
    this.onBusy?.(true);
    while (this.next) {
      const { value } = this.next;
      this.next = undefined;
      this.controller = new AbortController();
      try {
        await this.work(value, this.controller.signal);
      } catch (problem) {
        if (problem.name !== "AbortError") this.onError?.(problem);
      }
    }
    this.controller = null;
    this.onBusy?.(false);
  }

  /** Drops what waits and aborts what runs. */
  abort() {
    this.next = undefined;
    this.controller?.abort();
  }
}
