import assert from "node:assert/strict";
import { test } from "node:test";
import { entries } from "../src/widget/entries";
import type { Message } from "../src/widget/protocol";
import { languageFor } from "../src/widget/strings/index";
import { Transcript } from "../src/widget/transcript";

const message = (seq: number, changes: Partial<Message> = {}): Message => ({ seq, turn: "", role: "agent", text: `m${seq}`, options: [], at: "", ...changes });
const seqs = (transcript: Transcript) => transcript.messages.map(({ seq }) => seq);

test("any order, any repetition: each message once, by seq", () => {
  const arrivals = [3, 1, 2, 2, 5, 3, 4, 1];
  const transcript = new Transcript();
  const fresh = arrivals.map((seq) => transcript.add(message(seq)));
  assert.deepEqual(seqs(transcript), [1, 2, 3, 4, 5]);
  assert.deepEqual(fresh, [true, true, true, false, true, false, true, false]);
});

test("random arrivals end in the same transcript", () => {
  let state = 7;
  const random = (n: number) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 200; round++) {
    const transcript = new Transcript();
    const seen = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const seq = 1 + random(15);
      seen.add(seq);
      if (random(4) === 0) transcript.addOwn(seq, "own");
      else transcript.add(message(seq));
    }
    assert.deepEqual(seqs(transcript), [...seen].sort((a, b) => a - b));
  }
});

test("a reply grows and is replaced by its message", () => {
  const transcript = new Transcript();
  transcript.append("t1", "Hello ");
  transcript.append("t1", "there");
  assert.deepEqual(transcript.writing, [{ turn: "t1", text: "Hello there" }]);
  transcript.add(message(1, { turn: "t1" }));
  assert.deepEqual(transcript.writing, []);
  transcript.append("t1", "late");
  assert.deepEqual(transcript.writing, [], "a delta after its message");
});

test("a discarded reply can begin again", () => {
  const transcript = new Transcript();
  transcript.append("t1", "wrong");
  transcript.discard("t1");
  transcript.append("t1", "right");
  assert.deepEqual(transcript.writing, [{ turn: "t1", text: "right" }]);
});

test("after a lost connection a reply is not continued over a hole", () => {
  const transcript = new Transcript();
  transcript.append("t1", "The first ");
  transcript.interrupt();
  transcript.append("t1", "GARBLED");
  assert.deepEqual(transcript.writing, [{ turn: "t1", text: "The first " }]);
  transcript.add(message(1, { turn: "t1" }));
  assert.deepEqual(transcript.writing, []);
});

test("a reply that was taken back while the connection was away goes when another one begins", () => {
  for (const next of [(t: Transcript) => t.append("t2", "Instead"), (t: Transcript) => t.add(message(1, { turn: "t2" }))]) {
    const transcript = new Transcript();
    transcript.append("t1", "Taken back");
    transcript.interrupt();
    transcript.add(message(5, { role: "patient" }));
    assert.deepEqual(transcript.writing.map(({ turn }) => turn), ["t1"], "the patient's own words change nothing");
    next(transcript);
    assert.ok(!transcript.writing.some(({ turn }) => turn === "t1"));
    transcript.append("t1", "GARBLED");
    assert.ok(!transcript.writing.some(({ turn }) => turn === "t1"));
  }
});

test("an ack does not move the place to go on from", () => {
  const transcript = new Transcript();
  transcript.add(message(1));
  transcript.addOwn(3, "mine");
  assert.equal(transcript.after, 1, "message 2 may still be on its way");
  transcript.add(message(2));
  transcript.add(message(3, { role: "patient", text: "as the server has it" }));
  assert.equal(transcript.after, 3);
  assert.equal(transcript.messages[2]?.text, "as the server has it");
});

test("only what follows the patient's last message is open", () => {
  const transcript = new Transcript();
  const option = { id: "a", label: "Nine", kind: "choice" as const };
  transcript.add(message(1, { options: [option] }));
  transcript.add(message(2, { role: "patient", text: "Nine" }));
  transcript.add(message(3));
  transcript.add(message(4, { role: "staff" }));
  const [first, , third, fourth] = entries(transcript, new Set(), languageFor("en"), Date.now());
  assert.equal(first?.open, false);
  assert.equal(first?.answer, "Nine");
  assert.equal(third?.open, true);
  assert.equal(third?.answer, "");
  assert.deepEqual([third?.introduce, fourth?.introduce], [true, true]);
});

test("an option chosen here is remembered whatever the server says about it", () => {
  const transcript = new Transcript();
  transcript.add(message(1, { options: [{ id: "a", label: "Nine", kind: "choice" }] }));
  transcript.add(message(2, { role: "patient", text: "Tue 9:00" }));
  assert.equal(entries(transcript, new Set(["a"]), languageFor("en"), Date.now())[0]?.answer, "Nine");
});

test("days are named where they change", () => {
  process.env.TZ = "America/New_York";
  const now = Date.parse("2026-11-23T15:00:00Z");
  const at = (days: number) => new Date(now - days * 86_400_000).toISOString();
  const transcript = new Transcript();
  for (const [index, days] of [30, 30, 1, 0].entries()) transcript.add(message(index + 1, { at: at(days) }));
  const names = entries(transcript, new Set(), languageFor("en"), now).map(({ day }) => day);
  assert.deepEqual(names, ["Saturday, October 24", "", "Yesterday", "Today"]);
  transcript.clear();
  transcript.add(message(1, { at: at(0) }));
  assert.equal(entries(transcript, new Set(), languageFor("en"), now)[0]?.day, "", "today goes without saying");
});
