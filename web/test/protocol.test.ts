import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFrame } from "../src/widget/protocol";

test("a message with everything in it", () => {
  const frame = parseFrame(
    JSON.stringify({
      type: "message",
      seq: 4,
      turn: "t1",
      role: "agent",
      text: "Here:",
      at: "2026-11-23T10:00:00-05:00",
      options: [
        { id: "a", label: "9:00", kind: "slot", starts_at: "2026-12-01T09:00:00-05:00", ends_at: "2026-12-01T09:30:00-05:00", practitioner: "Dr. Chen", service: "Skin check", location: "Pier" },
        { id: "b", label: "Later", kind: "choice" },
      ],
      form: { id: "f", fields: [{ name: "for_whom", label: "For whom?", type: "select", required: true, options: ["me", "my child"] }] },
      appointment: { id: "x", state: "booked", starts_at: "2026-12-01T09:00:00-05:00", ends_at: "2026-12-01T09:30:00-05:00", service: "Skin check", practitioner: "Dr. Chen", location: "Pier" },
    }),
  );
  assert.ok(frame?.type === "message");
  const { message } = frame;
  assert.equal(message.options[0]?.slot?.startsAt, "2026-12-01T09:00:00-05:00");
  assert.equal(message.options[1]?.slot, undefined);
  assert.deepEqual(message.form?.fields[0]?.options, ["me", "my child"]);
  assert.equal(message.appointment?.state, "booked");
});

test("what is missing or of the wrong kind becomes something harmless", () => {
  const frame = parseFrame('{"type":"message","seq":1,"role":"wizard","text":7,"options":[{"id":"a","kind":"magic"},null,"x"],"form":[],"appointment":"no"}');
  assert.ok(frame?.type === "message");
  assert.deepEqual(frame.message, { seq: 1, turn: "", role: "system", text: "", at: "", options: [{ id: "a", label: "", kind: "choice" }] });
});

test("what is no frame is passed over", () => {
  for (const data of ["", "nonsense", "[]", "null", '"x"', "{}", '{"type":"later"}', '{"type":"message","seq":0}', '{"type":"message"}']) {
    assert.equal(parseFrame(data), null, data);
  }
});

test("errors carry what the client acts on", () => {
  assert.deepEqual(parseFrame('{"type":"error","code":"rate_limited","message":"Too fast.","retry_after_ms":900,"id":"m1"}'), {
    type: "error",
    code: "rate_limited",
    message: "Too fast.",
    retryAfterMs: 900,
    id: "m1",
    field: "",
  });
});
