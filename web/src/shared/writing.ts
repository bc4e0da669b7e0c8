/** Writing at a shared text: when steps are sent, what becomes of letters that could not be, and what an input method composes
 * while others' letters come in. Knows nothing of the page. */
import { keepUnsent, unsentAt } from "../state/unsent";
import { Past, Sitting, type Step } from "./sitting";
import { undone, woven } from "./weave";

/** What is typed goes out after this, and again after this. */
export const STEP_MS = 500;
/** A text that nobody wrote at for so long is begun anew. */
const SITTING_MS = 5 * 60_000;
const TRY_AGAIN_MS = [1000, 2000, 5000];

interface Answer { text: string; action: string | null }

export interface World {
  place: string;
  store: Pick<Storage, "getItem" | "setItem">;
  /** All steps of one `sitting` are one action. */
  send: (step: Step, sitting: string) => Promise<Answer>;
  /** Whether trying again is of no use. */
  isRefusal: (error: unknown) => boolean;
  /** Tell why something was not kept. */
  failed: (error: unknown) => void;
  /** Something was done that undo takes back. */
  acted: (action: string) => void;
  isOpen: () => boolean;
  newId: () => string;
  now: () => number;
}

export class Writing {
  private readonly sitting: Sitting;
  private readonly past = new Past(undone);
  /** What the field is known to show; while an input method composes, what it showed before. */
  private inField: string;
  private composed: string | null = null;
  private id = "";
  private last = { typed: -Infinity, action: "" };
  private failures = 0;
  private timer = 0;
  private left = true;
  private over = false;

  constructor(value: string, private readonly world: World, private readonly onShown: () => void) {
    const kept = unsentAt(world.store, world.place);
    this.sitting = new Sitting(kept?.read ?? value, kept?.text ?? value, kept !== null, (step) => this.step(step), () => { if (this.composed === null) this.onShown(); });
    this.inField = this.sitting.text;
  }

  /** What the field shows. */
  get shown(): string { return this.composed === null ? this.sitting.text : this.inField; }

  /** The field shows this by now. */
  drawn(text: string): void { this.inField = text; }

  /** The person made this of what the field showed. */
  input(text: string): void {
    const before = this.inField;
    this.inField = text;
    if (this.composed !== null) return this.onShown();
    if (this.world.now() - this.last.typed > SITTING_MS) this.end();
    this.last.typed = this.world.now();
    const all = woven(before, text, this.sitting.text);
    this.past.note(this.sitting.text, all, this.last.typed);
    this.put(all);
  }

  private put(text: string): void {
    this.sitting.write(text);
    this.onShown();
    this.soon(STEP_MS);
  }

  compose(): void { this.composed ??= this.inField; }

  composeEnd(text: string): void {
    if (this.composed === null) return;
    this.inField = this.composed;
    this.composed = null;
    this.input(text);
  }

  /** Take one's own last edit back, or do it again. */
  turn(back: boolean): void {
    const text = back ? this.past.back(this.sitting.text) : this.past.forth(this.sitting.text);
    if (text !== null) this.put(text);
  }

  /** The text stands elsewhere as this, or somebody wrote at it. What is typed here asks for it in its own time. */
  heard(value?: string): void {
    if (!this.over && !this.sitting.unsent && value !== this.sitting.read) void this.flush();
  }

  /** What could not be sent when the page was here last is sent now. */
  begin(): void {
    this.over = false;
    this.opened();
  }

  enter(): void { this.left = false; }
  leave(): Promise<void> {
    this.left = true;
    return this.sitting.unsent ? this.flush() : Promise.resolve(this.end());
  }

  /** The daemon is there again. */
  opened(): void { if (this.sitting.unsent) void this.flush(); }

  /** The page may be gone in a moment. */
  keep(): void {
    const { text, read, unsent } = this.sitting;
    if (unsent) keepUnsent(this.world.store, this.world.place, { text, read });
  }

  close(): void {
    void this.leave();
    this.over = true;
  }

  private end(): void {
    if (!this.sitting.unsent) this.sitting.end();
  }

  private soon(ms: number): void {
    if (this.timer) return;
    this.timer = window.setTimeout(() => { this.timer = 0; void this.flush(); }, ms);
  }

  private async step(step: Step): Promise<string> {
    if (step.number === 1 || (step.number === null && step.text !== step.was)) this.id = this.world.newId();
    const answer = await this.world.send(step, this.id);
    if (answer.action && answer.action !== this.last.action) {
      this.last.action = answer.action;
      this.world.acted(answer.action);
    }
    return answer.text;
  }

  private async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    this.timer = 0;
    try {
      await this.sitting.round();
    } catch (error) {
      return this.fell(error);
    }
    this.failures = 0;
    if (this.sitting.unsent) return this.soon(STEP_MS);
    keepUnsent(this.world.store, this.world.place, null);
    if (this.left) this.end();
  }

  private fell(error: unknown): void {
    if (!this.sitting.unsent) return; // it was only asked how the text reads
    if (this.failures === 0) this.world.failed(error);
    if (this.world.isRefusal(error)) {
      this.failures = 1;
      return this.sitting.drop();
    }
    this.keep();
    const pause = TRY_AGAIN_MS[Math.min(this.failures, TRY_AGAIN_MS.length - 1)] ?? 0;
    this.failures += 1;
    if (this.world.isOpen() && !this.over) this.soon(pause);
  }
}
