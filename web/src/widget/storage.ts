/** The part of the browser's storage that the widget needs. */
export type KeyValue = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Storage that never throws. Where the browser refuses (private windows, blocked site data, no space left) it keeps
 * what it is given for as long as the page lives, so the chat works and only a reload loses the conversation.
 */
export class SafeStorage implements KeyValue {
  private readonly fallback = new Map<string, string>();

  constructor(private readonly open: () => KeyValue) {}

  getItem(key: string): string | null {
    try {
      return this.fallback.get(key) ?? this.open().getItem(key);
    } catch {
      return this.fallback.get(key) ?? null;
    }
  }

  setItem(key: string, value: string): void {
    try {
      this.open().setItem(key, value);
      this.fallback.delete(key);
    } catch {
      this.fallback.set(key, value);
    }
  }

  removeItem(key: string): void {
    this.fallback.delete(key);
    try {
      this.open().removeItem(key);
    } catch {
      // Nothing was stored there either.
    }
  }
}
