/** A server and a clock for tests of everything that talks. */
import { mock } from "node:test";
import type { Socket } from "../src/widget/connection";
import type { KeyValue } from "../src/widget/storage";

/** Storage in memory. */
export class MemoryStorage implements KeyValue {
  readonly values = new Map<string, string>();
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.values.set(key, value);
  }
  removeItem(key: string): void {
    this.values.delete(key);
  }
}

/** The client's end of a socket whose other end is the test. */
export class FakeSocket implements Socket {
  onopen: ((event: Event) => unknown) | null = null;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: CloseEvent) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;

  constructor(
    readonly url: string,
    readonly subprotocol: string,
  ) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
    this.closed = true;
  }

  /** The handshake succeeds. */
  accept(): void {
    this.readyState = 1;
    this.onopen?.({} as Event);
  }

  /** The server sends something. */
  say(frame: unknown): void {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) } as MessageEvent);
  }

  /** The connection ends, by the server or by itself (1006). */
  end(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code } as CloseEvent);
  }

  /** The frames of one type that the client sent. */
  sentOf(type: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.type === type);
  }
}

/** Lets everything run that is due by now and waits for no clock. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock on, timer by timer, in milliseconds. */
export async function pass(ms: number): Promise<void> {
  await settle();
  mock.timers.tick(ms);
  await settle();
}

/** Stops the clock at an arbitrary moment; it goes on by pass alone. */
export function stopClock(): void {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-23T15:00:00Z") });
}
