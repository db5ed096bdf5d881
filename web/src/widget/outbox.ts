import type { Outgoing } from "./protocol";
import type { KeyValue } from "./storage";

/** Where something that the patient sent stands. "queued" goes out as soon as there is a connection. */
export type SendState = "queued" | "sent" | "failed";

/** Something that the patient sent and the server has not committed yet. */
export interface Pending {
  frame: Outgoing;
  /** What the patient sees of it. */
  label: string;
  state: SendState;
  /** When it last went out, in milliseconds since the epoch. */
  sentAt: number;
  /** Why it failed, a sentence; "" when there is none. */
  reason: string;
  /** Whether sending the same again can help. */
  retryable: boolean;
  /** How often the server asked to send it again later. */
  postponed: number;
  /** The server's account of it is in the transcript already; only the ack is missing. */
  echoed: boolean;
}

/**
 * What waits for the server's ack, in the order in which it was sent. Everything keeps its id until then, so sending it
 * again after a lost connection is harmless. Texts outlive a reload of the page; choices and forms do not: a form holds
 * what should not lie in the browser's storage.
 */
export class Outbox {
  private entries: Pending[] = [];
  // Known only once there is a session; nothing is saved before.
  private conversation = "";

  constructor(
    private readonly storage: KeyValue,
    private readonly key: string,
  ) {}

  /** What is on its way, oldest first. A new array after each change. */
  get pending(): readonly Pending[] {
    return this.entries;
  }

  add(frame: Outgoing, label: string): void {
    const entry: Pending = { frame, label, state: "queued", sentAt: 0, reason: "", retryable: false, postponed: 0, echoed: false };
    this.change([...this.entries, entry]);
  }

  get(id: string): Pending | undefined {
    return this.entries.find((entry) => entry.frame.id === id);
  }

  /** Marks one as sent, failed or to be sent (again). */
  update(id: string, changes: Partial<Omit<Pending, "frame" | "label">>): void {
    this.change(this.entries.map((entry) => (entry.frame.id === id ? { ...entry, ...changes } : entry)));
  }

  /** Takes one out, acknowledged or given up. */
  remove(id: string): Pending | undefined {
    const entry = this.get(id);
    this.change(this.entries.filter((other) => other !== entry));
    return entry;
  }

  /** To be called when the connection is lost: what has no ack is to be sent again. */
  requeue(): void {
    this.change(this.entries.map((entry) => (entry.state === "sent" ? { ...entry, state: "queued" } : entry)));
  }

  clear(): void {
    this.change([]);
  }

  /** Takes up the texts that an earlier page of this tab could not send in this conversation. */
  restore(conversation: string): void {
    const saved = this.read();
    this.conversation = conversation;
    if (saved?.conversation !== conversation) return this.save();
    const known = new Set(this.entries.map((entry) => entry.frame.id));
    for (const text of saved.texts) {
      if (!known.has(text.id)) this.add({ type: "message", ...text }, text.text);
    }
  }

  private change(entries: Pending[]): void {
    this.entries = entries;
    this.save();
  }

  private save(): void {
    if (this.conversation === "") return;
    const texts = this.entries.flatMap(({ frame }) => (frame.type === "message" ? [{ id: frame.id, text: frame.text }] : []));
    if (texts.length === 0) this.storage.removeItem(this.key);
    else this.storage.setItem(this.key, JSON.stringify({ conversation: this.conversation, texts }));
  }

  private read(): Saved | null {
    try {
      const saved: unknown = JSON.parse(this.storage.getItem(this.key) ?? "null");
      return isSaved(saved) ? saved : null;
    } catch {
      return null;
    }
  }
}

interface Saved {
  conversation: string;
  texts: { id: string; text: string }[];
}

function isSaved(value: unknown): value is Saved {
  const saved = value as Saved | null;
  return (
    typeof saved?.conversation === "string" &&
    Array.isArray(saved.texts) &&
    saved.texts.every((entry) => typeof entry?.id === "string" && typeof entry.text === "string")
  );
}
