/* Steps that can be undone: each is the set of labels that were asked for. */

export class History {
  /** @param {(to: object) => void} show is called with the labels of the step that is gone back or forward to */
  constructor(show) {
    this.show = show;
    this.clear();
  }

  clear() {
    this.steps = [{}];
    this.at = 0;
  }

  push(to) {
    if (JSON.stringify(to) === JSON.stringify(this.steps[this.at])) return;
    this.steps = [...this.steps.slice(0, this.at + 1), to].slice(-200);
    this.at = this.steps.length - 1;
  }

  get canUndo() { return this.at > 0; }

  get canRedo() { return this.at < this.steps.length - 1; }

  undo() { if (this.canUndo) this.go(-1); }

  redo() { if (this.canRedo) this.go(1); }

  go(by) {
    this.at += by;
    this.show(this.steps[this.at]);
  }
}
