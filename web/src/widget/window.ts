/** Screens too small for a window on the page: the chat covers them. */
const SMALL = "(max-width: 560px), (max-height: 480px)";

/**
 * The dialog of the chat on the page: a window beside what the patient reads, or on a small screen all of it, and then
 * nothing behind it can be reached.
 */
export class ChatWindow {
  private readonly small = matchMedia(SMALL);
  // What had the focus before, and gets it back.
  private opener: HTMLElement | null = null;

  constructor(private readonly host: HTMLElement) {}

  /** True when the chat covers the whole screen. */
  get covers(): boolean {
    return this.small.matches;
  }

  /** Follows the screen until the signal. dialog answers with the dialog, if it is drawn. */
  watch(dialog: () => HTMLDialogElement | null, signal: AbortSignal): void {
    const fit = () => this.fitKeyboard(dialog());
    this.small.addEventListener("change", () => this.changeScreen(dialog()), { signal });
    visualViewport?.addEventListener("resize", fit, { signal });
    visualViewport?.addEventListener("scroll", fit, { signal });
  }

  /** Opens the dialog. The focus is inside afterwards; leave gives it back where it was. */
  open(dialog: HTMLDialogElement): void {
    const active = document.activeElement;
    this.opener = active instanceof HTMLElement && active !== this.host && active !== document.body ? active : null;
    this.show(dialog);
  }

  /** Closes the dialog; the focus returns to what opened it, else to the given element. */
  close(dialog: HTMLDialogElement, otherwise: HTMLElement | null): void {
    dialog.close();
    (this.opener ?? otherwise)?.focus();
  }

  /** Gives the focus back to the page: nobody asked for the window, it was open before. */
  leave(): void {
    if (this.opener) this.opener.focus();
    else (this.host.shadowRoot?.activeElement as HTMLElement | null)?.blur();
  }

  private show(dialog: HTMLDialogElement): void {
    if (this.covers) dialog.showModal();
    else dialog.show();
    this.fitKeyboard(dialog);
  }

  /** The screen was turned or resized: a window becomes the whole of it, or the other way round. */
  private changeScreen(dialog: HTMLDialogElement | null): void {
    if (!dialog?.open) return;
    const focused = this.host.shadowRoot?.activeElement as HTMLElement | null;
    dialog.close();
    this.show(dialog);
    focused?.focus({ preventScroll: true });
  }

  /** Keeps the entry field above a keyboard that covers the page instead of resizing it. */
  private fitKeyboard(dialog: HTMLDialogElement | null): void {
    if (!dialog || !visualViewport) return;
    const { height, offsetTop, scale } = visualViewport;
    const fitted = dialog.open && this.covers && scale === 1;
    dialog.style.height = fitted ? `${height}px` : "";
    dialog.style.top = fitted ? `${offsetTop}px` : "";
  }
}
