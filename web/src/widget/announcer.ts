import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

/** How long to collect, in milliseconds: what comes together is read together. */
const COLLECT = 150;
/** How many announcements stay in the page. Screen readers read what is added; the rest is only weight. */
const KEEP = 5;

/**
 * Speaks to screen readers: a region apart from the transcript, to which only whole sentences are added. A reply that
 * grows word by word in a live region is read out in stutters.
 */
export class Announcer {
  private spoken: { key: number; text: string }[] = [];
  private waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next = 0;

  constructor(private readonly changed: () => void) {}

  /** Reads a sentence out. */
  say(text: string): void {
    this.waiting.push(text);
    this.schedule();
  }

  /** Reads it out instead of everything that waits: of an old conversation, the last words are enough. */
  sayOnly(text: string): void {
    this.waiting = [text];
    this.schedule();
  }

  clear(): void {
    clearTimeout(this.timer);
    this.spoken = [];
    this.waiting = [];
  }

  view(): TemplateResult {
    return html`<div class="hidden" aria-live="polite" aria-relevant="additions" data-announcer>
      ${repeat(
        this.spoken,
        ({ key }) => key,
        ({ text }) => html`<p>${text}</p>`,
      )}
    </div>`;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.spoken = [...this.spoken, ...this.waiting.map((text) => ({ key: this.next++, text }))].slice(-KEEP);
      this.waiting = [];
      this.changed();
    }, COLLECT);
  }
}
