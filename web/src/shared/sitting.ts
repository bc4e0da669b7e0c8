/** One field at a text that others write into as well: what stands in it, what the daemon has, and the steps between. Pure but
 * for what sends a step. */
import { woven } from "./weave";

/** `number`: which step of the sitting it is; null where the same may have been sent before, or nothing is written. */
export interface Step { text: string; was: string; number: number | null }

export class Sitting {
  /** What stands in the field. */
  text: string;
  /** What the daemon had when it was last heard of; `text` is that with what is not sent yet. */
  private base: string;
  private number = 0;
  private pending: Step | null = null;
  private wished = false;
  private going: Promise<void> | null = null;

  /**
   * `send` answers how the text reads with the step in it, and rejects where that is not known; then the same step is sent
   * again next time, until `drop` gives it up. `onText` is told what others' letters made of `text`. With `again` what is not
   * sent yet may have been sent before, by a page that was closed over it.
   */
  constructor(base: string, text: string, private again: boolean, private readonly send: (step: Step) => Promise<string>, private readonly onText: () => void) {
    this.base = base;
    this.text = text;
  }

  /** What the daemon had when it was last heard of, and whether anything here is not known to be there. */
  get read(): string { return this.pending?.was ?? this.base; }
  get unsent(): boolean { return this.pending !== null || this.text !== this.base; }

  write(text: string): void { this.text = text; }

  /** Send what is not sent yet, and take in what others wrote: one step after the other. */
  round(): Promise<void> {
    this.wished = true;
    this.going ??= this.steps().finally(() => { this.going = null; });
    return this.going;
  }

  /** Give up the step that was refused; what it said stays in the field. */
  drop(): void { this.pending = null; }

  /** What is written from here on is of another sitting. */
  end(): void { if (!this.pending) this.number = 0; }

  private async steps(): Promise<void> {
    while (this.wished) {
      this.wished = false;
      const step = this.pending ?? this.next();
      if (step.text !== step.was) this.pending = step;
      const now = await this.send(step);
      this.pending = null;
      this.again = false;
      this.base = now;
      const text = woven(step.text, this.text, now);
      if (text === this.text) continue;
      this.text = text;
      this.onText();
    }
  }

  private next(): Step {
    const numbered = this.text !== this.base && !this.again;
    return { text: this.text, was: this.base, number: numbered ? ++this.number : null };
  }
}

/** One's own edits in a field, to be taken back from among what others wrote: the browser's own memory of them does not outlast
 * another's letter. */
export class Past {
  private done: [before: string, after: string][] = [];
  private gone: [before: string, after: string][] = [];
  private last = -Infinity;

  constructor(private readonly undone: (before: string, after: string, now: string) => string) {}

  /** An edit; those that follow each other within a moment are one. */
  note(before: string, after: string, time: number): void {
    const top = this.done.at(-1);
    if (top && top[1] === before && time - this.last < 800) top[1] = after;
    else this.done.push([before, after]);
    this.last = time;
    this.gone = [];
  }

  /** The text without one's last edit that still stands; null where there is none. */
  back(now: string): string | null { return this.turn(this.done, this.gone, now); }
  /** The text with what was taken back last; null where nothing was. */
  forth(now: string): string | null { return this.turn(this.gone, this.done, now); }

  private turn(from: [string, string][], to: [string, string][], now: string): string | null {
    this.last = -Infinity;
    for (let edit = from.pop(); edit; edit = from.pop()) {
      const text = this.undone(...edit, now);
      if (text === now) continue;
      to.push([now, text]);
      return text;
    }
    return null;
  }
}
