/** Distance from the end, in pixels, within which somebody counts as reading the newest. */
const NEAR = 64;

/**
 * Keeps the newest in sight for as long as the reader is there, and leaves a reader alone who went back to look
 * something up.
 */
export class Scroller {
  private box: HTMLElement | null = null;
  // Where we scrolled to: a scroll event that finds the box there is our own doing.
  private target = 0;
  private following = true;

  constructor(private readonly changed: () => void) {}

  /** True when the newest is out of sight because the reader went back. */
  get away(): boolean {
    return !this.following;
  }

  /** Scrolls, after the box was drawn anew. lastReply is the newest message of the clinic: its beginning stays in sight. */
  follow(box: HTMLElement | null, lastReply: HTMLElement | null): void {
    this.box = box;
    if (!box || !this.following) return;
    const end = box.scrollHeight - box.clientHeight;
    const beginning = lastReply ? lastReply.offsetTop - 16 : end;
    this.target = Math.max(0, Math.min(end, beginning));
    box.scrollTop = this.target;
  }

  /** To be called when the box was scrolled, by whomever. */
  scrolled(): void {
    const box = this.box;
    if (!box || Math.abs(box.scrollTop - this.target) <= 2) return;
    const following = box.scrollHeight - box.clientHeight - box.scrollTop <= NEAR;
    if (following === this.following) return;
    this.following = following;
    this.changed();
  }

  /** Goes to the newest and stays there. */
  toEnd(): void {
    this.following = true;
    this.changed();
  }
}
