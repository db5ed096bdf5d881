import { count, isObject, text, type Json } from "./json";
import type { Socket } from "./connection";
import { Close, socketAddress, SUBPROTOCOL } from "./protocol";
import type { KeyValue } from "./storage";

/** A ticket for one conversation, as POST /chat/session hands it out. */
export interface Session {
  token: string;
  conversation: string;
  /** When the token goes stale, in milliseconds since the epoch. */
  expiresAt: number;
  /** The clinic's name, "" when the server did not say. */
  clinicName: string;
  /** The clinic's telephone, "" when the server did not say. */
  phone: string;
  /** The privacy notice, "" when the server did not say. */
  privacyUrl: string;
  /** After so many milliseconds without activity the transcript is hidden; 0 for never. */
  idleLockMs: number;
}

/** A refusal of a session. */
export class SessionError extends Error {
  constructor(
    message: string,
    /** False when asking again cannot help: this site may not use the chat, or the clinic is not known. */
    readonly temporary: boolean,
    /** How long to wait before asking again, in milliseconds; 0 when the server did not say. */
    readonly retryAfterMs: number,
  ) {
    super(message);
  }
}

export interface SessionsConfig {
  /** The server's base address, without a slash at its end. */
  server: string;
  /** The clinic's slug, "" to let the server find it by the page's origin. */
  clinic: string;
  /** The language to begin a conversation in, as a code such as "es" or "es-MX". */
  language: () => string;
  /** The IANA name of the zone this browser is in, "" when it does not know. */
  zone: () => string;
  fetch: typeof fetch;
  socket: (url: string, subprotocol: string) => Socket;
  /** Where the resume secret is kept. */
  storage: KeyValue;
  /** Runs one at a time over all tabs of this browser: the resume secret changes with each use. */
  exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** How long to wait for an answer, in milliseconds. */
  timeoutMs: number;
}

/** Asks for sessions and keeps the secret that finds the conversation again. */
export class Sessions {
  private readonly key: string;
  /** Where the secret of a conversation waits that the server does not know to have ended. */
  private readonly leftKey: string;

  constructor(private readonly config: SessionsConfig) {
    this.key = `agentcare:resume:${config.server}:${config.clinic}`;
    this.leftKey = this.key.replace("resume", "ending");
  }

  /** Opens a session: of the conversation that was going on, if the server still knows it, else of a new one. */
  open(): Promise<Session> {
    return this.config.exclusively(this.key, async () => {
      await this.tryToEnd();
      const resume = this.config.storage.getItem(this.key);
      let response = await this.post(resume);
      if (resume !== null && isRefusal(response.status)) response = await this.post(null);
      return this.accept(response);
    });
  }

  /** Forgets the conversation in this browser. When the server was not told, it is as soon as it can be reached. */
  forget(told: boolean): void {
    const { storage } = this.config;
    const resume = storage.getItem(this.key);
    storage.removeItem(this.key);
    if (told || resume === null) return;
    storage.setItem(this.leftKey, resume);
    void this.endLeft();
  }

  /** Tells the server of a conversation that was ended while it could not be reached, if there is one. */
  endLeft(): Promise<void> {
    return this.config.exclusively(this.key, () => this.tryToEnd());
  }

  private async tryToEnd(): Promise<void> {
    const resume = this.config.storage.getItem(this.leftKey);
    if (resume === null) return;
    try {
      const response = await this.post(resume);
      const done = response.ok ? await this.sendEnd(readSession(await readJson(response)).token) : isRefusal(response.status);
      if (done) this.config.storage.removeItem(this.leftKey);
    } catch {
      // The next start tries again.
    }
  }

  /** Resolves to whether the server has ended the conversation. */
  private sendEnd(token: string): Promise<boolean> {
    const { server, socket: open, timeoutMs } = this.config;
    return new Promise((resolve) => {
      const socket = open(socketAddress(server, token), SUBPROTOCOL);
      const timer = setTimeout(() => {
        socket.close();
        resolve(false);
      }, timeoutMs);
      socket.onopen = () => socket.send('{"type":"end"}');
      socket.onclose = ({ code }) => {
        clearTimeout(timer);
        resolve(code === Close.ended || code === Close.endedElsewhere);
      };
    });
  }

  private async post(resume: string | null): Promise<Response> {
    const { server, clinic, language, zone: here, timeoutMs } = this.config;
    const zone = here();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      return await this.config.fetch(`${server}/chat/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...(clinic && { clinic }), ...(resume !== null && { resume }), language: language(), ...(zone && { zone }) }),
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "origin",
        signal: abort.signal,
      });
    } catch {
      throw new SessionError("", true, 0);
    } finally {
      clearTimeout(timer);
    }
  }

  private async accept(response: Response): Promise<Session> {
    const body = await readJson(response);
    if (!response.ok) throw refusal(response, body);
    const session = readSession(body);
    if (session.token === "") throw new SessionError("", true, 0);
    if (typeof body.resume === "string") this.config.storage.setItem(this.key, body.resume);
    return session;
  }
}

/** True for an answer that the resume secret can be the cause of. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function refusal(response: Response, body: Json): SessionError {
  const error = isObject(body.error) ? body.error : {};
  const header = Number(response.headers.get("Retry-After")) * 1000;
  const retryAfterMs = count(error.retry_after_ms) || count(header);
  return new SessionError(text(error.message), !isRefusal(response.status), retryAfterMs);
}

function readSession(body: Json): Session {
  return {
    token: text(body.token),
    conversation: text(body.conversation),
    expiresAt: count(Date.parse(text(body.expires_at))),
    clinicName: text(body.clinic_name),
    phone: text(body.phone),
    privacyUrl: text(body.privacy_url),
    idleLockMs: count(body.idle_lock_ms),
  };
}

async function readJson(response: Response): Promise<Json> {
  try {
    const body: unknown = await response.json();
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

/** Web Locks where there are any (they need TLS or localhost); else the one-at-a-time of this page alone. */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (typeof navigator === "undefined" || !navigator.locks) return work();
  return navigator.locks.request(name, work) as Promise<T>;
}
