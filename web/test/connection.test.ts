import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { backoff } from "../src/widget/backoff";
import { Connection, type ConnectionState } from "../src/widget/connection";
import type { ServerFrame } from "../src/widget/protocol";
import { SessionError, type Session } from "../src/widget/session";
import { FakeSocket, pass, settle, stopClock } from "./fakes";

beforeEach(stopClock);
afterEach(() => mock.timers.reset());

/** A connection whose server is the test. */
class Rig {
  readonly sockets: FakeSocket[] = [];
  readonly states: ConnectionState[] = [];
  readonly frames: ServerFrame[] = [];
  readonly told: string[] = [];
  sessions = 0;
  seq = 0;
  refuse: SessionError | null = null;
  tokenMs = 600_000;

  readonly connection = new Connection({
    server: "https://chat.example",
    open: async (): Promise<Session> => {
      this.sessions++;
      if (this.refuse) throw this.refuse;
      const expiresAt = Date.now() + this.tokenMs;
      return { token: `t${this.sessions}`, conversation: "c", expiresAt, clinicName: "", phone: "", privacyUrl: "", idleLockMs: 0 };
    },
    socket: (url, subprotocol) => {
      const socket = new FakeSocket(url, subprotocol);
      this.sockets.push(socket);
      return socket;
    },
    now: Date.now,
    random: () => 0.5,
    events: {
      state: (state) => this.states.push(state),
      session: () => this.told.push("session"),
      frame: (frame) => this.frames.push(frame),
      after: () => this.seq,
      rejected: () => this.told.push("rejected"),
      ended: () => this.told.push("ended"),
      refused: (message) => this.told.push(`refused: ${message}`),
    },
  });

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** Starts and goes through the handshake. */
  async live(): Promise<void> {
    this.connection.start();
    await settle();
    this.welcome();
  }

  welcome(): void {
    this.socket.accept();
    this.socket.say({ type: "welcome", conversation: "c", seq: this.seq });
  }
}

test("a session, a socket, hello and welcome", async () => {
  const rig = new Rig();
  rig.seq = 7;
  await rig.live();
  assert.equal(rig.socket.url, "wss://chat.example/chat/ws?token=t1");
  assert.equal(rig.socket.subprotocol, "agentcare.v1");
  assert.deepEqual(rig.socket.sent, [{ type: "hello", after: 7 }]);
  assert.deepEqual(rig.states, ["connecting", "live"]);
  assert.equal(rig.connection.send({ type: "typing" }), true);
});

test("nothing is sent before the welcome", async () => {
  const rig = new Rig();
  rig.connection.start();
  await settle();
  assert.equal(rig.connection.send({ type: "typing" }), false);
  rig.socket.accept();
  assert.equal(rig.connection.send({ type: "typing" }), false);
});

test("a lost connection comes back with the same token, and goes on after what is there", async () => {
  const rig = new Rig();
  await rig.live();
  rig.seq = 12;
  await pass(6_000);
  rig.socket.end(1006);
  assert.equal(rig.connection.state, "waiting");
  await pass(1_000);
  rig.welcome();
  assert.deepEqual(rig.socket.sent, [{ type: "hello", after: 12 }]);
  assert.equal(rig.sessions, 1);
  assert.equal(rig.sockets.length, 2);
});

test("a stale token, a token that ran out and a failed handshake ask for a new session", async () => {
  const stale = new Rig();
  await stale.live();
  stale.socket.end(4001);
  await pass(1_000);
  assert.equal(stale.sessions, 2);
  assert.match(stale.socket.url, /token=t2$/);

  const expired = new Rig();
  expired.tokenMs = 10_000;
  await expired.live();
  await pass(20_000);
  expired.socket.end(1006);
  await pass(1_000);
  assert.equal(expired.sessions, 2);

  const refused = new Rig();
  refused.connection.start();
  await settle();
  refused.socket.end(1006);
  await pass(1_000);
  assert.equal(refused.sessions, 2);
});

test("every close code that allows it connects again", async () => {
  for (const code of [1001, 1006, 1011, 1012, 1013, 4001, 4008]) {
    const rig = new Rig();
    await rig.live();
    rig.socket.end(code);
    await pass(3_000);
    assert.equal(rig.sockets.length, 2, String(code));
    assert.ok(!rig.told.includes("ended"), String(code));
    rig.connection.stop();
  }
});

test("the end is the end", async () => {
  for (const code of [1000, 4003]) {
    const rig = new Rig();
    await rig.live();
    rig.socket.end(code);
    await pass(60_000);
    assert.deepEqual([rig.sockets.length, rig.connection.state, rig.told.at(-1)], [1, "off", "ended"], String(code));
  }
});

test("a window that was replaced does not fight for its place", async () => {
  const rig = new Rig();
  await rig.live();
  rig.socket.end(4002);
  await pass(60_000);
  assert.equal(rig.connection.state, "replaced");
  assert.equal(rig.sockets.length, 1);
  rig.connection.start();
  await settle();
  assert.equal(rig.sockets.length, 2);
});

test("after a frame that the server closes for, the wait is long and the sender is told", async () => {
  for (const code of [1003, 1007, 1008, 1009]) {
    const rig = new Rig();
    await rig.live();
    rig.socket.end(code);
    assert.equal(rig.told.at(-1), "rejected");
    await pass(3_900);
    assert.equal(rig.sockets.length, 1, String(code));
    await pass(200);
    assert.equal(rig.sockets.length, 2, String(code));
    rig.connection.stop();
  }
});

test("failure after failure waits longer, up to half a minute", async () => {
  const rig = new Rig();
  rig.refuse = new SessionError("", true, 0);
  rig.connection.start();
  await settle();
  const tries: number[] = [];
  for (let second = 0; second < 300; second++) {
    const before = rig.sessions;
    await pass(1_000);
    if (rig.sessions > before) tries.push(second);
  }
  const gaps = tries.slice(1).map((second, i) => second - tries[i]!);
  assert.ok(Math.max(...gaps) <= 30 && Math.max(...gaps) >= 20, String(gaps));
  assert.ok(tries.length < 20, `${tries.length} tries in five minutes`);
  rig.connection.stop();
});

test("the server's own word on how long to wait is kept", async () => {
  const rig = new Rig();
  rig.refuse = new SessionError("", true, 9_000);
  rig.connection.start();
  await pass(8_900);
  assert.equal(rig.sessions, 1);
  await pass(200);
  assert.equal(rig.sessions, 2);
  rig.connection.stop();
});

test("a refusal for good is told once and not repeated", async () => {
  const rig = new Rig();
  rig.refuse = new SessionError("Not from here.", false, 0);
  rig.connection.start();
  await pass(120_000);
  assert.deepEqual([rig.sessions, rig.connection.state], [1, "refused"]);
  assert.deepEqual(rig.told, ["refused: Not from here."]);
  rig.refuse = null;
  rig.connection.start();
  await settle();
  assert.equal(rig.sockets.length, 1);
});

test("a server that never says welcome is given up", async () => {
  const rig = new Rig();
  rig.connection.start();
  await settle();
  rig.socket.accept();
  await pass(15_000);
  assert.equal(rig.connection.state, "waiting");
  assert.equal(rig.sockets[0]?.closed, true);
  await pass(1_000);
  assert.equal(rig.sockets.length, 2);
});

test("a dead socket that is given up has no say any more", async () => {
  const rig = new Rig();
  await rig.live();
  const [first] = rig.sockets;
  rig.connection.reconnect();
  await settle();
  rig.welcome();
  first?.say({ type: "typing" });
  first?.end(1000);
  assert.equal(rig.connection.state, "live");
  assert.ok(!rig.frames.some(({ type }) => type === "typing"));
});

test("stopping while a session is on its way leaves no socket behind", async () => {
  const rig = new Rig();
  rig.connection.start();
  rig.connection.stop();
  await pass(60_000);
  assert.equal(rig.sockets.length, 0);
});

test("what is no frame is passed over", async () => {
  const rig = new Rig();
  await rig.live();
  rig.socket.say("nonsense");
  rig.socket.say({ type: "from the future" });
  assert.deepEqual(rig.frames.map(({ type }) => type), ["welcome"]);
  assert.equal(rig.connection.state, "live");
});

test("back-off doubles within its bounds and leaves half to chance", () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => backoff(n, () => 1)), [500, 1000, 2000, 4000]);
  assert.deepEqual([0, 1, 2, 3].map((n) => backoff(n, () => 0)), [250, 500, 1000, 2000]);
  assert.equal(backoff(1000, () => 1), 30_000);
});
