/* A network of another origin: its file, and how its pictures are made of a photograph. */

import { followJob, request } from "../../api.js";
import { el, newId } from "../../dom.js";
import { fileDrop } from "../../parts/drop.js";
import { help } from "../../parts/help.js";
import { clearErrors, showError } from "../../parts/messages.js";

const MAX_NETWORK = 512 * 2 ** 20;
const HINTS = {
  outputs: ["angry, calm, happy", "In the order of the network's numbers, joined by commas. Empty: output[0], output[1] .."],
  heads: ["all that hold numbers", "Names of the outputs that are read, joined by commas."],
  classes: ["", "The numbers of one output exclude each other, such as emotions after a softmax."],
  crop: ["aligned", "aligned: rotated and scaled as catgan draws faces. box: the face box, stretched to the input. " +
                    "square: the face box, its shorter side extended."],
  box_margin: ["0", "Added on each side of the box: a share such as 0.1, or pixels such as 10px."],
  size: ["as the file tells", "Height and width in pixels, 224x224, where the file does not tell."],
  channels: ["as the file tells", "Order of the colours: rgb, bgr (OpenCV's), or grey."],
  pixels: ["0..255", "What grey levels 0 to 255 become: 0..1, -1..1, 0..255; or imagenet or caffe, with their mean and " +
                     "standard deviation."],
  mean: ["0", "Subtracted, in units of the range: one number, or one for each channel."],
  std: ["1", "Divided by, after that."],
  channel_order: ["as the file tells", "first: (n, c, h, w), as PyTorch has it. last: (n, h, w, c)."],
  resize: ["area", "area: averages, as PIL and torchvision do. linear: as cv2.resize does."],
};

export class NetworkForm {
  /**
   * @param {object} start of /api/why/start
   * @param {object} hooks onOpened(network): a network can be asked; signal: ends when the page is left
   */
  constructor(start, { onOpened, signal }) {
    this.onOpened = onOpened;
    this.signal = signal;
    this.source = start.file ? "file" : start.given ? "given" : null;
    this.drop = fileDrop({ title: "Drop a network", accept: ".onnx,.keras,.h5,.hdf5",
                           hint: "An ONNX, .keras or .h5 file, up to 512 MB. Code in files is never run.",
                           maxBytes: () => MAX_NETWORK, onFile: (file) => this.send(file) });
    this.fields = Object.fromEntries(Object.entries(start.fields).map(
      ([name, title]) => [name, this.field(name, title, start.choices[name])]));
    this.state = el("p", { className: "small", role: "status" });
    this.notes = el("ul", { className: "small muted" });
    this.open = el("button", { type: "button", disabled: !this.source, onclick: () => this.reopen() },
                   "Open with these settings");
    this.form = el("details", {}, el("summary", {}, "How its pictures are made, and what its numbers are called"),
                   el("div", { className: "fields" }, ...Object.values(this.fields).map(({ root }) => root)),
                   el("p", { className: "small muted" }, "This must be as in the network's training; with another " +
                                                         "preprocessing, the answer explains another function."),
                   this.open);
    this.root = el("div", { className: "stack network", hidden: true }, this.drop.root, this.state, this.notes, this.form);
    if (start.network) this.show(start.network);
    else if (start.given) this.state.textContent = `${start.given}, as the command line names it, is not opened yet.`;
  }

  field(name, title, choices) {
    const id = newId(name), [placeholder, text] = HINTS[name];
    const { button, line } = help(title, text);
    const input = name === "classes" ? el("input", { id, type: "checkbox" })
      : choices ? el("select", { id }, el("option", { value: "" }, placeholder),
                     ...choices.map((one) => el("option", { value: one }, one)))
        : el("input", { id, type: "text", placeholder, autocomplete: "off", spellcheck: false });
    return { input, root: el("div", { className: "field" }, el("div", { className: "row" }, el("label", { htmlFor: id }, title),
                                                               button), line, input) };
  }

  declared() {
    return Object.fromEntries(Object.entries(this.fields).map(
      ([name, { input }]) => [name, name === "classes" ? input.checked : input.value]));
  }

  /** Declarations as options of `catgan explain`. */
  options() {
    return Object.entries(this.declared()).filter(([, value]) => value).map(
      ([name, value]) => [`--${name.replaceAll("_", "-")}`, value === true ? null : value]);
  }

  async send(file) {
    this.drop.busy("Sending the file \u2026");
    try {
      await request("/api/why/file", { file, name: file.name, signal: this.signal });
      this.source = "file";
      this.open.disabled = false;
      await this.reopen();
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    } finally {
      this.drop.busy(null);
    }
  }

  async reopen() {
    this.state.textContent = "Opening the network \u2026";
    this.open.disabled = true;
    try {
      const { job } = await request("/api/why/network", { json: { source: this.source, declared: this.declared() },
                                                          signal: this.signal });
      const network = await followJob(job, () => {});
      if (this.signal.aborted) return;
      clearErrors();
      this.show(network);
    } catch (problem) {
      this.state.textContent = "No network is open.";
      this.form.open = true;
      if (problem.name !== "AbortError") showError(problem);
    } finally {
      this.open.disabled = false;
    }
  }

  show(network) {
    this.network = network;
    const size = network.size ? `${network.size[0]} \u00d7 ${network.size[1]} pixels` : "pictures of any size";
    this.state.textContent = `${network.name} is open: ${size}, ${network.channels}, grey levels as ${network.pixels}, ` +
      `crop ${network.crop}, ${network.labels.filter((label) => !label.beside).length} labels.`;
    this.notes.replaceChildren(...network.skipped.map((line) => el("li", {}, line)));
    for (const [name, value] of Object.entries(network.declared)) {
      if (name === "classes") this.fields[name].input.checked = value;
      else this.fields[name].input.value = value;
    }
    this.onOpened(network);
  }
}
