/** The least time between two notes of activity, in milliseconds: a moving mouse reports itself a hundred times a second. */
const GRAIN = 250;

/**
 * Calls a function once nobody has been there for a while. It compares clock readings instead of trusting one long
 * timer: a computer that slept, or a tab in the background, must lock the moment it is looked at again.
 */
export class IdleWatch {
  private lastSeen: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private limitMs = 0;

  constructor(
    private readonly idle: () => void,
    private readonly now: () => number,
  ) {
    this.lastSeen = now();
  }

  /** Starts to watch, or goes on with another limit (in milliseconds; 0 for none). */
  watch(limitMs: number): void {
    if (limitMs === this.limitMs) return;
    this.limitMs = limitMs;
    this.lastSeen = this.now();
    this.check();
  }

  /** Somebody is there. It counts only if the limit had not passed before. */
  activity(): void {
    if (this.now() - this.lastSeen < GRAIN) return;
    this.check();
    this.lastSeen = this.now();
  }

  /** Looks at the clock: to be called when the page is looked at again. */
  check(): void {
    clearTimeout(this.timer);
    if (this.limitMs === 0) return;
    const left = this.lastSeen + this.limitMs - this.now();
    if (left > 0) {
      this.timer = setTimeout(() => this.check(), left);
      return;
    }
    this.limitMs = 0;
    this.idle();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.limitMs = 0;
  }
}
