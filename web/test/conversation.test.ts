import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Conversation } from "../src/widget/conversation";
import type { Session } from "../src/widget/session";
import { FakeSocket, MemoryStorage, pass, settle, stopClock } from "./fakes";

beforeEach(stopClock);
afterEach(() => mock.timers.reset());

/** A conversation whose server is the test. */
class Rig {
  readonly sockets: FakeSocket[] = [];
  readonly heard: [string, boolean][] = [];
  readonly told: string[] = [];
  conversationId = "c1";
  forgotten = 0;
  readonly ends: string[] = [];
  private ids = 0;
  readonly conversation: Conversation;

  constructor(readonly storage = new MemoryStorage()) {
    this.conversation = new Conversation({
      server: "https://chat.example",
      clinic: "",
      sessions: {
        open: async (): Promise<Session> => ({
          token: "t",
          conversation: this.conversationId,
          expiresAt: Date.now() + 600_000,
          clinicName: "",
          phone: "",
          privacyUrl: "",
          idleLockMs: 0,
        }),
        forget: (told) => {
          this.forgotten++;
          this.ends.push(told ? "told" : "to be told");
        },
        endLeft: async () => void this.ends.push("telling"),
      },
      socket: (url, subprotocol) => {
        const socket = new FakeSocket(url, subprotocol);
        this.sockets.push(socket);
        return socket;
      },
      storage,
      now: Date.now,
      random: () => 0.5,
      uuid: () => `id${++this.ids}`,
      events: {
        change: () => {},
        message: (message, history) => this.heard.push([message.text, history]),
        formRefused: (form, field, why) => this.told.push(`${form}/${field}: ${why}`),
        unavailable: (why) => this.told.push(`unavailable: ${why}`),
        notSent: (why) => this.told.push(`not sent: ${why}`),
        wiped: () => this.told.push("wiped"),
      },
    });
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get shown(): string[] {
    const { transcript, outbox } = this.conversation;
    return [
      ...transcript.messages.map(({ text }) => text),
      ...outbox.pending.filter(({ echoed }) => !echoed).map(({ label, state }) => `${label} (${state})`),
    ];
  }

  async live(seq = 0): Promise<void> {
    this.conversation.start();
    await settle();
    this.welcome(seq);
  }

  welcome(seq = 0): void {
    this.socket.accept();
    this.socket.say({ type: "welcome", conversation: this.conversationId, seq });
  }

  /** Loses the connection and gets a new one. */
  async reconnect(): Promise<void> {
    this.socket.end(1006);
    await pass(1_500);
    this.welcome();
  }

  says(seq: number, text: string, more: object = {}): void {
    this.socket.say({ type: "message", seq, turn: `t${seq}`, role: "agent", text, ...more });
  }
}

test("a text is shown at once, sent, acknowledged and never twice", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("Hello");
  assert.deepEqual(rig.shown, ["Hello (sent)"]);
  assert.deepEqual(rig.socket.sentOf("message"), [{ type: "message", id: "id1", text: "Hello" }]);
  rig.socket.say({ type: "ack", id: "id1", seq: 1 });
  assert.deepEqual(rig.shown, ["Hello"]);
  rig.says(1, "Hello", { role: "patient" });
  assert.deepEqual(rig.shown, ["Hello"]);
});

test("the server's account may overtake the ack", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("Hello");
  rig.conversation.sendText("Hello");
  rig.says(1, "Hello", { role: "patient" });
  assert.deepEqual(rig.shown, ["Hello", "Hello (sent)"]);
  rig.socket.say({ type: "ack", id: "id1", seq: 1 });
  rig.says(2, "Hello", { role: "patient" });
  rig.socket.say({ type: "ack", id: "id2", seq: 2 });
  assert.deepEqual(rig.shown, ["Hello", "Hello"]);
  assert.deepEqual(rig.conversation.outbox.pending, []);
});

test("what has no ack goes out again under the same id, in order", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("one");
  rig.conversation.sendText("two");
  rig.socket.say({ type: "ack", id: "id1", seq: 1 });
  rig.socket.end(1006);
  rig.conversation.sendText("three");
  assert.deepEqual(rig.shown, ["one", "two (queued)", "three (queued)"]);
  await pass(1_500);
  rig.welcome(1);
  assert.deepEqual(rig.socket.sentOf("message").map(({ id, text }) => [id, text]), [
    ["id2", "two"],
    ["id3", "three"],
  ]);
});

test("a server that does not acknowledge is taken for dead", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("Hello");
  await pass(10_000);
  assert.equal(rig.conversation.state, "waiting");
  await pass(1_500);
  rig.welcome();
  assert.deepEqual(rig.socket.sentOf("message"), [{ type: "message", id: "id1", text: "Hello" }]);
});

test("texts outlive a reload, choices and forms do not", async () => {
  const storage = new MemoryStorage();
  const before = new Rig(storage);
  await before.live();
  before.conversation.sendText("Not there yet");
  before.conversation.submitForm("f", { birth_date: "1984-05-06" });
  before.conversation.stop();
  assert.ok(![...storage.values.values()].join().includes("1984"), "a form's values in storage");

  const after = new Rig(storage);
  await after.live();
  assert.deepEqual(after.socket.sentOf("message"), [{ type: "message", id: "id1", text: "Not there yet" }]);
  assert.deepEqual(after.socket.sentOf("form"), []);
  after.socket.say({ type: "ack", id: "id1", seq: 1 });
  assert.equal(storage.values.size, 0, "nothing is left in storage after the ack");
});

test("texts of another conversation are not sent in this one", async () => {
  const storage = new MemoryStorage();
  const before = new Rig(storage);
  await before.live();
  before.conversation.sendText("For the old one");
  before.conversation.stop();
  const after = new Rig(storage);
  after.conversationId = "c2";
  await after.live();
  assert.deepEqual(after.socket.sentOf("message"), []);
});

test("a reply cut by a lost connection comes whole, once", async () => {
  const rig = new Rig();
  await rig.live();
  rig.socket.say({ type: "delta", turn: "t1", text: "We have " });
  await rig.reconnect();
  assert.equal(rig.socket.sentOf("hello")[0]?.after, 0);
  rig.socket.say({ type: "delta", turn: "t1", text: "at nine." });
  assert.deepEqual(rig.conversation.transcript.writing, [{ turn: "t1", text: "We have " }]);
  rig.says(1, "We have time at nine.");
  rig.says(1, "We have time at nine.");
  assert.deepEqual(rig.shown, ["We have time at nine."]);
  assert.deepEqual(rig.conversation.transcript.writing, []);
  assert.deepEqual(rig.heard, [["We have time at nine.", false]], "announced once");
});

test("an old conversation is history, what follows is news", async () => {
  const rig = new Rig();
  await rig.live(2);
  rig.says(1, "Welcome");
  rig.says(2, "How can I help?");
  rig.says(3, "Still there?");
  assert.deepEqual(rig.heard, [["Welcome", true], ["How can I help?", true], ["Still there?", false]]);
});

test("history that is shown later takes its place in silence", async () => {
  const rig = new Rig();
  await rig.live(5);
  rig.says(5, "Please verify");
  rig.heard.length = 0;
  rig.says(1, "Long ago");
  assert.deepEqual(rig.shown, ["Long ago", "Please verify"]);
  assert.deepEqual(rig.heard, []);
  await rig.reconnect();
  assert.equal(rig.socket.sentOf("hello")[0]?.after, 5);
});

test("one decision at a time", async () => {
  const rig = new Rig();
  await rig.live();
  const option = (id: string) => ({ id, label: id, kind: "slot" as const });
  rig.conversation.choose(option("nine"));
  rig.conversation.choose(option("ten"));
  rig.conversation.submitForm("f", {});
  assert.equal(rig.conversation.deciding, true);
  assert.deepEqual(rig.socket.sent.slice(1), [{ type: "choose", id: "id1", option: "nine" }]);
  rig.socket.say({ type: "ack", id: "id1", seq: 1 });
  assert.equal(rig.conversation.deciding, false);
  assert.ok(rig.conversation.chosen.has("nine"));
});

test("an option that is gone is said and can be chosen around", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.choose({ id: "nine", label: "Nine", kind: "slot" });
  rig.socket.say({ type: "error", id: "id1", code: "unknown_option", message: "That time is gone." });
  assert.equal(rig.conversation.notice, "That time is gone.");
  assert.equal(rig.conversation.deciding, false);
  assert.deepEqual(rig.shown, []);
  rig.conversation.sendText("Then ten?");
  assert.equal(rig.conversation.notice, "", "the next step clears the notice");
});

test("a refused form says where", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.submitForm("f7", { phone: "1" });
  rig.socket.say({ type: "error", id: "id1", code: "bad_form", field: "phone", message: "Not a number." });
  assert.deepEqual(rig.told, ["f7/phone: Not a number."]);
  assert.equal(rig.conversation.deciding, false);
});

test("too fast: everything waits, then goes by itself", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("one");
  rig.socket.say({ type: "error", id: "id1", code: "rate_limited", message: "A moment.", retry_after_ms: 4_000 });
  rig.conversation.sendText("two");
  assert.deepEqual(rig.shown, ["one (queued)", "two (queued)"]);
  assert.equal(rig.conversation.outbox.get("id1")?.reason, "A moment.");
  await pass(3_900);
  assert.equal(rig.socket.sentOf("message").length, 1);
  await pass(200);
  assert.deepEqual(rig.socket.sentOf("message").map(({ text }) => text), ["one", "one", "two"]);
});

test("a server that always asks for later gets no endless repetition", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("one");
  for (let i = 0; i < 20; i++) {
    if (rig.conversation.outbox.get("id1")?.state === "sent") {
      rig.socket.say({ type: "error", id: "id1", code: "unavailable", message: "Not now.", retry_after_ms: 2_000 });
    }
    await pass(2_000);
  }
  assert.equal(rig.socket.sentOf("message").length, 6);
  assert.deepEqual(rig.shown, ["one (failed)"]);
  rig.conversation.resend("id1");
  assert.equal(rig.socket.sentOf("message").length, 7);
});

test("what failed can be sent again, changed or removed", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("one");
  rig.socket.say({ type: "error", id: "id1", code: "internal", message: "Our fault." });
  assert.deepEqual(rig.shown, ["one (failed)"]);
  assert.equal(rig.conversation.outbox.get("id1")?.retryable, true);
  assert.deepEqual(rig.told, ["not sent: Our fault."]);
  rig.conversation.resend("id1");
  assert.equal(rig.socket.sentOf("message").length, 2);
  rig.socket.say({ type: "error", id: "id1", code: "bad_text", message: "Not readable." });
  assert.equal(rig.conversation.outbox.get("id1")?.retryable, false);
  await rig.reconnect();
  assert.deepEqual(rig.socket.sentOf("message"), [], "what was refused does not go out by itself");
  rig.conversation.giveUp("id1");
  assert.deepEqual(rig.shown, []);
});

test("a frame for which the server closes is not sent for ever", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.sendText("x");
  rig.socket.end(1009);
  await pass(10_000);
  rig.welcome();
  assert.deepEqual(rig.socket.sentOf("message"), []);
  assert.deepEqual(rig.shown, ["x (failed)"]);
});

test("an error about nothing in particular is a notice", async () => {
  const rig = new Rig();
  await rig.live();
  rig.socket.say({ type: "error", code: "unavailable", message: "Please wait." });
  assert.equal(rig.conversation.notice, "Please wait.");
  rig.conversation.dismissNotice();
  assert.equal(rig.conversation.notice, "");
});

test("typing is shown until something comes or nothing does", async () => {
  const rig = new Rig();
  await rig.live();
  rig.socket.say({ type: "typing" });
  assert.equal(rig.conversation.typing, true);
  rig.says(1, "Hi");
  assert.equal(rig.conversation.typing, false);
  rig.socket.say({ type: "typing" });
  await pass(30_000);
  assert.equal(rig.conversation.typing, false);
});

test("the patient's typing is told now and then", async () => {
  const rig = new Rig();
  await rig.live();
  for (let i = 0; i < 50; i++) {
    rig.conversation.patientTyping();
    await pass(100);
  }
  assert.equal(rig.socket.sentOf("typing").length, 2);
});

test("a blink of the connection is not worth a word", async () => {
  const rig = new Rig();
  await rig.live();
  await pass(6_000);
  rig.socket.end(1006);
  await pass(400);
  rig.welcome();
  await pass(5_000);
  assert.equal(rig.conversation.troubled, false);
  rig.socket.end(1006);
  await pass(1_600);
  assert.equal(rig.conversation.troubled, true);
  rig.welcome();
  assert.equal(rig.conversation.troubled, false);
});

test("end and clear", async () => {
  const rig = new Rig();
  await rig.live();
  rig.says(1, "Hi");
  rig.conversation.end();
  assert.deepEqual(rig.socket.sentOf("end"), [{ type: "end" }]);
  assert.equal(rig.conversation.phase, "active", "until the server has said so");
  rig.socket.say({ type: "ended" });
  assert.deepEqual([rig.conversation.phase, rig.conversation.state, rig.forgotten, rig.shown.length], ["ended", "off", 1, 0]);
  await pass(60_000);
  assert.deepEqual([rig.sockets.length, rig.ends], [1, ["told"]]);
});

test("the screen is cleared even if the server cannot be told", async () => {
  const silent = new Rig();
  await silent.live();
  silent.says(1, "Hi");
  silent.conversation.end();
  await pass(3_000);
  assert.deepEqual([silent.conversation.phase, silent.shown.length, silent.forgotten], ["ended", 0, 1]);

  const away = new Rig();
  await away.live();
  away.says(1, "Hi");
  away.socket.end(1006);
  away.conversation.end();
  assert.deepEqual([away.conversation.phase, away.shown.length, away.forgotten], ["ended", 0, 1]);
  assert.deepEqual([silent.ends, away.ends], [["to be told"], ["to be told"]]);
  away.conversation.networkChanged(true);
  assert.deepEqual(away.ends, ["to be told", "telling"]);
  assert.equal(away.conversation.state, "off", "and no new conversation begins by itself");
});

test("ended elsewhere, the conversation is gone here too", async () => {
  const rig = new Rig();
  await rig.live();
  rig.says(1, "Hi");
  rig.socket.end(4003);
  assert.deepEqual([rig.conversation.phase, rig.shown.length], ["ended", 0]);
  rig.conversationId = "c2";
  await rig.live();
  assert.equal(rig.conversation.phase, "active");
  assert.equal(rig.socket.sentOf("hello")[0]?.after, 0);
});

test("locking leaves nothing to read and asks the server for everything again", async () => {
  const rig = new Rig();
  await rig.live();
  rig.says(1, "Your appointment is at nine.");
  rig.conversation.lock();
  assert.deepEqual([rig.conversation.phase, rig.conversation.state, rig.shown.length], ["locked", "off", 0]);
  assert.ok(rig.told.includes("wiped"));
  await pass(60_000);
  assert.equal(rig.sockets.length, 1, "a locked window stays away");
  await rig.live();
  assert.equal(rig.socket.sentOf("hello")[0]?.after, 0);
  assert.equal(rig.forgotten, 0, "the secret is still there");
});

test("when the server begins a new conversation, the old one goes and unsent texts stay", async () => {
  const rig = new Rig();
  await rig.live();
  rig.says(1, "Hi");
  rig.socket.end(4001);
  rig.conversation.sendText("Are you there?");
  rig.conversation.choose({ id: "o", label: "Nine", kind: "slot" });
  rig.conversationId = "c2";
  await pass(1_500);
  rig.welcome();
  assert.equal(rig.socket.sentOf("hello")[0]?.after, 0);
  assert.deepEqual(rig.shown, ["Are you there? (sent)"]);
  assert.deepEqual(rig.socket.sentOf("choose"), []);
});

test("the network comes back: no waiting for the timer", async () => {
  const rig = new Rig();
  await rig.live();
  rig.conversation.networkChanged(false);
  assert.equal(rig.conversation.state, "waiting");
  rig.conversation.networkChanged(true);
  await settle();
  assert.equal(rig.sockets.length, 2);
});
