import { backoff } from "./backoff";
import { Close, parseFrame, socketAddress, SUBPROTOCOL, type ClientFrame, type ServerFrame } from "./protocol";
import { SessionError, type Session } from "./session";

/**
 * Where the connection stands.
 *
 *     off --start--> connecting --welcome--> live
 *                     ^      |                |
 *                     |      +----lost--------+
 *                     |              v
 *                     +--timer--- waiting
 *
 * replaced: another window took over, and it is for the patient to take it back. refused: asking again cannot help.
 */
export type ConnectionState = "off" | "connecting" | "live" | "waiting" | "replaced" | "refused";

/** The part of WebSocket that a connection uses. */
export interface Socket {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  onerror: ((event: Event) => unknown) | null;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** What a connection tells of. */
export interface ConnectionEvents {
  /** The state changed. */
  state(state: ConnectionState): void;
  /** A session was opened; called before the socket connects. */
  session(session: Session): void;
  /** A frame came. */
  frame(frame: ServerFrame): void;
  /** The seq to ask the server to go on after. */
  after(): number;
  /** The server closed because of something that was sent: sending it again would only repeat that. */
  rejected(): void;
  /** The conversation is over. */
  ended(): void;
  /** The server gave no session, and why: a sentence, "" when it did not say. */
  refused(message: string): void;
}

export interface ConnectionConfig {
  /** The server's base address, without a slash at its end. */
  server: string;
  open: () => Promise<Session>;
  socket: (url: string, subprotocol: string) => Socket;
  events: ConnectionEvents;
  now: () => number;
  random: () => number;
}

/** Time from the attempt to the welcome, in milliseconds, before another attempt is made. */
const WELCOME_TIMEOUT = 15_000;
/** A connection that lived so long, in milliseconds, was a good one: the next wait is short again. */
const GOOD_CONNECTION = 5_000;
/** The least wait, in milliseconds, after the server closed because of what was sent. */
const REJECTED_WAIT = 4_000;
/** The longest extra wait, in milliseconds, when a server stops: all its widgets are without one at the same moment. */
const RESTART_SPREAD = 2_000;

/** One socket at a time, and a new one whenever it is lost. */
export class Connection {
  private current: ConnectionState = "off";
  private session: Session | null = null;
  private socket: Socket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private liveSince = 0;
  // Tells an attempt that it was given up while it waited for its session.
  private generation = 0;

  constructor(private readonly config: ConnectionConfig) {}

  get state(): ConnectionState {
    return this.current;
  }

  /** Connects, unless it does already. */
  start(): void {
    if (this.current === "off" || this.current === "replaced" || this.current === "refused") this.connect();
  }

  /** Disconnects and forgets the session. */
  stop(): void {
    this.drop();
    this.session = null;
    this.attempt = 0;
    this.set("off");
  }

  /** Drops what there is and connects at once: the network changed, or somebody does not want to wait. */
  reconnect(): void {
    if (this.current === "off") return;
    this.drop();
    this.connect();
  }

  /** Drops the socket and connects later: the network is gone, or the server no longer answers. */
  lose(): void {
    if (this.current !== "live" && this.current !== "connecting") return;
    this.retry();
  }

  /** Sends a frame; false when there is no connection. */
  send(frame: ClientFrame): boolean {
    if (this.current !== "live" || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    this.set("connecting");
    try {
      const session = await this.usableSession();
      if (generation === this.generation) this.dial(session);
    } catch (error) {
      if (generation === this.generation) this.noSession(error);
    }
  }

  private async usableSession(): Promise<Session> {
    if (this.session && this.session.expiresAt > this.config.now() + 5_000) return this.session;
    this.session = null;
    return this.config.open();
  }

  private noSession(error: unknown): void {
    const refusal = error instanceof SessionError ? error : new SessionError("", true, 0);
    if (refusal.temporary) return this.retry(refusal.retryAfterMs);
    this.drop();
    this.set("refused");
    this.config.events.refused(refusal.message);
  }

  private dial(session: Session): void {
    if (this.session !== session) {
      this.session = session;
      this.config.events.session(session);
    }
    const socket = this.config.socket(socketAddress(this.config.server, session.token), SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", after: this.config.events.after() }));
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code }) => this.closed(code);
    this.timer = setTimeout(() => this.retry(), WELCOME_TIMEOUT);
  }

  private receive(data: unknown): void {
    const frame = typeof data === "string" ? parseFrame(data) : null;
    if (!frame) return;
    if (frame.type === "welcome" && this.current === "connecting") {
      clearTimeout(this.timer);
      this.liveSince = this.config.now();
      this.set("live");
    }
    this.config.events.frame(frame);
  }

  private closed(code: number): void {
    switch (code) {
      case Close.ended:
      case Close.endedElsewhere:
        this.stop();
        return this.config.events.ended();
      case Close.replaced:
        this.drop();
        return this.set("replaced");
      case Close.staleToken:
        this.session = null;
        return this.retry();
      case Close.binary:
      case Close.invalidText:
      case Close.policy:
      case Close.tooLarge:
        this.config.events.rejected();
        return this.retry(REJECTED_WAIT);
      case Close.goingAway:
      case Close.restart:
        return this.retry(this.config.random() * RESTART_SPREAD);
      default:
        return this.retry();
    }
  }

  private retry(atLeastMs = 0): void {
    this.countFailure();
    this.drop();
    const wait = Math.max(atLeastMs, backoff(this.attempt, this.config.random));
    this.set("waiting");
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private countFailure(): void {
    if (this.current === "live" && this.config.now() - this.liveSince > GOOD_CONNECTION) this.attempt = 0;
    else this.attempt++;
    // A handshake that failed looks the same whatever was wrong with it: perhaps it was the token.
    if (this.current === "connecting") this.session = null;
  }

  private drop(): void {
    this.generation++;
    clearTimeout(this.timer);
    const socket = this.socket;
    if (!socket) return;
    this.socket = null;
    // A socket on a dead network reports its end minutes later, to nobody who is still interested.
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  private set(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    this.config.events.state(state);
  }
}
