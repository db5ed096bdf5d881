import { Connection, type ConnectionState, type Socket } from "./connection";
import { Outbox, type Pending } from "./outbox";
import type { ErrorFrame, Message, Option, Outgoing, ServerFrame } from "./protocol";
import type { Session } from "./session";
import type { KeyValue } from "./storage";
import { Transcript } from "./transcript";

/**
 * What the patient has before them: nothing yet, the conversation, the same hidden because nobody was there for a
 * while, or the end of it.
 */
export type Phase = "idle" | "active" | "locked" | "ended";

export interface ConversationEvents {
  /** Something to show changed. */
  change(): void;
  /** A message from the clinic came; history is true when it was said before this page asked for it. */
  message(message: Message, history: boolean): void;
  /** A form was refused: why, a sentence, and the field it is about ("" for the form as a whole). */
  formRefused(form: string, field: string, why: string): void;
  /** The server gives this page no session: why, a sentence or "". */
  unavailable(why: string): void;
  /** Something that the patient wrote was not sent: why, a sentence or "". */
  notSent(why: string): void;
  /** What is known of the patient is to be forgotten: the conversation was hidden, ended or is another one now. */
  wiped(): void;
}

export interface ConversationConfig {
  server: string;
  /** The clinic's slug, or "". */
  clinic: string;
  sessions: { open(): Promise<Session>; forget(told: boolean): void; endLeft(): Promise<void> };
  socket: (url: string, subprotocol: string) => Socket;
  /** Where unsent texts outlive a reload of the page. */
  storage: KeyValue;
  events: ConversationEvents;
  now: () => number;
  random: () => number;
  uuid: () => string;
}

/** How long to wait for an ack, in milliseconds, before the connection is taken for dead. */
const ACK_TIMEOUT = 10_000;
/** How long "is typing" is believed, in milliseconds. */
const TYPING_TIMEOUT = 30_000;
/** The least time between two typing frames, in milliseconds. */
const TYPING_INTERVAL = 3_000;
/** How long "ended" is waited for, in milliseconds, before the screen is cleared all the same. */
const END_TIMEOUT = 3_000;
/** How long a connection may be away, in milliseconds, before the patient is told. */
const TROUBLE_DELAY = 1_500;
/** The wait, in milliseconds, when the server says "too fast" and not how much. */
const DEFAULT_PAUSE = 5_000;

/** How often something is sent again by itself before the patient is asked. */
const MAX_POSTPONED = 5;

/** Refusals after which the same frame may be accepted. */
const TEMPORARY = new Set(["rate_limited", "internal", "unavailable"]);

/** A patient's conversation with the clinic: what was said, what is on its way, and the connection under it. */
export class Conversation {
  readonly transcript = new Transcript();
  readonly outbox: Outbox;

  phase: Phase = "idle";
  /** The last session, kept for what it says of the clinic. */
  session: Session | null = null;
  /** Somebody at the clinic's end is writing. */
  typing = false;
  /** The connection has been away for longer than a blink. */
  troubled = false;
  /** A sentence that concerns the patient and no message of theirs, "" for none. */
  notice = "";
  /** Ids of the options that were chosen on this page. */
  readonly chosen = new Set<string>();

  private readonly connection: Connection;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private replayUntil = 0;
  private pausedUntil = 0;
  private lastTyping = 0;

  constructor(private readonly config: ConversationConfig) {
    this.outbox = new Outbox(config.storage, `agentcare:unsent:${config.server}:${config.clinic}`);
    this.connection = new Connection({
      server: config.server,
      open: () => config.sessions.open(),
      socket: config.socket,
      now: config.now,
      random: config.random,
      events: {
        state: (state) => this.connectionChanged(state),
        session: (session) => this.sessionOpened(session),
        frame: (frame) => this.receive(frame),
        after: () => this.transcript.after,
        rejected: () => this.failInFlight(),
        ended: () => this.over(),
        refused: (message) => config.events.unavailable(message),
      },
    });
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** True while a choice or a form is on its way: a second one must not overtake it. */
  get deciding(): boolean {
    return this.outbox.pending.some(({ frame, state }) => frame.type !== "message" && state !== "failed");
  }

  /** Begins, or goes on after the end or the lock. */
  start(): void {
    this.phase = "active";
    this.connection.start();
    this.changed();
  }

  /** Disconnects for good: the element left the page. */
  stop(): void {
    for (const name of [...this.timers.keys()]) this.cancel(name);
    this.connection.stop();
    this.phase = "idle";
  }

  /** Connects at once instead of at the next try, or takes the conversation back from another window. */
  retryNow(): void {
    this.notice = "";
    if (this.state === "refused" || this.state === "replaced") this.connection.start();
    else this.connection.reconnect();
    this.changed();
  }

  /** To be called when the browser's network comes and goes. */
  networkChanged(online: boolean): void {
    if (online) void this.config.sessions.endLeft();
    if (!online) this.connection.lose();
    else if (this.state === "live" || this.state === "connecting" || this.state === "waiting") this.connection.reconnect();
    this.changed();
  }

  sendText(text: string): void {
    this.post({ type: "message", id: this.config.uuid(), text }, text);
  }

  choose(option: Option): void {
    if (!this.deciding) this.post({ type: "choose", id: this.config.uuid(), option: option.id }, option.label);
  }

  submitForm(form: string, values: Record<string, string>): void {
    if (!this.deciding) this.post({ type: "form", id: this.config.uuid(), form, values }, "");
  }

  /** Sends again what failed. */
  resend(id: string): void {
    this.outbox.update(id, { state: "queued", reason: "", postponed: 0 });
    this.flush();
    this.changed();
  }

  /** Gives up what was not sent. */
  giveUp(id: string): void {
    this.outbox.remove(id);
    this.changed();
  }

  /** Tells the clinic that the patient is writing, now and then. */
  patientTyping(): void {
    if (this.config.now() - this.lastTyping < TYPING_INTERVAL) return;
    if (this.connection.send({ type: "typing" })) this.lastTyping = this.config.now();
  }

  dismissNotice(): void {
    this.setNotice("");
  }

  /** Ends the conversation and clears it from this browser, whether or not the server can be told now. */
  end(): void {
    if (this.connection.send({ type: "end" })) this.after("end", END_TIMEOUT, () => this.over(false));
    else this.over(false);
  }

  /** Hides the conversation: nothing of it stays in memory but what is not sent yet. */
  lock(): void {
    if (this.phase !== "active") return;
    this.connection.stop();
    this.wipe();
    this.phase = "locked";
    this.changed();
  }

  private post(frame: Outgoing, label: string): void {
    this.notice = "";
    if (frame.type !== "message") this.dropFailedDecisions();
    this.outbox.add(frame, label);
    this.flush();
    this.changed();
  }

  private dropFailedDecisions(): void {
    for (const { frame, state } of this.outbox.pending) {
      if (frame.type !== "message" && state === "failed") this.outbox.remove(frame.id);
    }
  }

  private flush(): void {
    const wait = this.pausedUntil - this.config.now();
    if (wait > 0) return this.after("flush", wait, () => this.flush());
    for (const { frame, state } of this.outbox.pending) {
      if (state !== "queued") continue;
      if (!this.connection.send(frame)) return;
      this.outbox.update(frame.id, { state: "sent", sentAt: this.config.now() });
    }
    this.watchAcks();
    this.changed();
  }

  private watchAcks(): void {
    const waiting = this.outbox.pending.some(({ state }) => state === "sent");
    if (!waiting) return this.cancel("ack");
    if (!this.timers.has("ack")) this.after("ack", ACK_TIMEOUT, () => this.checkAcks());
  }

  private checkAcks(): void {
    const overdue = this.config.now() - ACK_TIMEOUT;
    if (this.outbox.pending.some(({ state, sentAt }) => state === "sent" && sentAt <= overdue)) this.connection.lose();
    else this.watchAcks();
  }

  private connectionChanged(state: ConnectionState): void {
    if (state === "live") {
      this.cancel("trouble");
      this.troubled = false;
    } else {
      this.outbox.requeue();
      this.transcript.interrupt();
      this.cancel("ack");
      this.stopTyping();
      this.watchTrouble(state);
    }
    this.changed();
  }

  private watchTrouble(state: ConnectionState): void {
    if (state === "off") {
      this.troubled = false;
      return this.cancel("trouble");
    }
    if (this.troubled || this.timers.has("trouble")) return;
    this.after("trouble", TROUBLE_DELAY, () => {
      this.troubled = true;
      this.changed();
    });
  }

  private sessionOpened(session: Session): void {
    if (this.session && this.session.conversation !== session.conversation) this.otherConversation();
    this.session = session;
    this.outbox.restore(session.conversation);
  }

  /** The server began a new conversation: what was offered in the old one cannot be chosen in it. */
  private otherConversation(): void {
    this.wipe();
    for (const { frame } of this.outbox.pending) if (frame.type !== "message") this.outbox.remove(frame.id);
  }

  private receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.replayUntil = this.transcript.after === 0 ? frame.seq : 0;
        this.flush();
        break;
      case "ack":
        this.acknowledged(frame.id, frame.seq);
        break;
      case "typing":
        this.typing = true;
        this.after("typing", TYPING_TIMEOUT, () => this.stopTyping());
        break;
      case "delta":
        this.stopTyping();
        this.transcript.append(frame.turn, frame.text);
        break;
      case "discard":
        this.transcript.discard(frame.turn);
        break;
      case "message":
        this.received(frame.message);
        break;
      case "ended":
        this.over();
        break;
      case "error":
        this.refused(frame);
        break;
    }
    this.changed();
  }

  private received(message: Message): void {
    if (message.role === "patient") this.dropEcho(message);
    else this.stopTyping();
    const latest = message.seq > this.transcript.after;
    const fresh = this.transcript.add(message);
    if (fresh && latest && message.role !== "patient") this.config.events.message(message, message.seq <= this.replayUntil);
  }

  /** The server's account of a message may overtake the ack: the same words must not stand there twice meanwhile. */
  private dropEcho(message: Message): void {
    if (this.transcript.has(message.seq)) return;
    const echo = this.outbox.pending.find(({ label, state, echoed }) => state !== "failed" && !echoed && label === message.text);
    if (echo) this.outbox.update(echo.frame.id, { echoed: true });
  }

  private acknowledged(id: string, seq: number): void {
    const entry = this.outbox.remove(id);
    if (entry) {
      if (entry.frame.type === "choose") this.chosen.add(entry.frame.option);
      this.transcript.addOwn(seq, entry.label);
    }
    this.watchAcks();
  }

  private refused(error: ErrorFrame): void {
    if (error.code === "ended") return this.over();
    const entry = this.outbox.get(error.id);
    if (!entry) return this.setNotice(error.message);
    if (TEMPORARY.has(error.code)) this.postpone(entry, error);
    else this.refuse(entry, error);
    this.watchAcks();
  }

  private postpone(entry: Pending, error: ErrorFrame): void {
    const wait = error.retryAfterMs || (error.code === "rate_limited" ? DEFAULT_PAUSE : 0);
    if (wait === 0 || entry.postponed >= MAX_POSTPONED) return this.fail(entry, error.message, true);
    this.pausedUntil = this.config.now() + wait;
    this.outbox.update(entry.frame.id, { state: "queued", reason: error.message, postponed: entry.postponed + 1 });
    this.flush();
  }

  private refuse(entry: Pending, error: ErrorFrame): void {
    const { frame } = entry;
    if (frame.type === "message") return this.fail(entry, error.message, false);
    this.outbox.remove(frame.id);
    if (frame.type === "form") this.config.events.formRefused(frame.form, error.field, error.message);
    else this.notice = error.message;
  }

  private failInFlight(): void {
    for (const entry of this.outbox.pending) if (entry.state === "sent") this.fail(entry, "", true);
  }

  private fail(entry: Pending, reason: string, retryable: boolean): void {
    this.outbox.update(entry.frame.id, { state: "failed", reason, retryable });
    this.config.events.notSent(reason);
  }

  private over(told = true): void {
    this.cancel("end");
    if (this.phase === "ended") return;
    this.connection.stop();
    this.config.sessions.forget(told);
    this.outbox.clear();
    this.wipe();
    this.session = this.session && { ...this.session, conversation: "" };
    this.phase = "ended";
    this.changed();
  }

  private wipe(): void {
    this.config.events.wiped();
    this.transcript.clear();
    this.chosen.clear();
    this.notice = "";
    this.troubled = false;
    this.stopTyping();
  }

  private stopTyping(): void {
    this.typing = false;
    this.cancel("typing");
  }

  private setNotice(message: string): void {
    this.notice = message;
    this.changed();
  }

  private changed(): void {
    this.config.events.change();
  }

  /** Runs work later, at most once under each name. */
  private after(name: string, ms: number, work: () => void): void {
    this.cancel(name);
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        work();
      }, ms),
    );
  }

  private cancel(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
