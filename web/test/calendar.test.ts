import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeText, fold, toICalendar } from "../src/widget/calendar";
import type { Appointment } from "../src/widget/protocol";

const appointment: Appointment = {
  id: "0193-abc",
  state: "booked",
  startsAt: "2026-12-01T09:00:00-05:00",
  endsAt: "2026-12-01T09:30:00-05:00",
  service: "Skin check; first visit, long",
  practitioner: "Dr. Maya Chen",
  location: "Pier Lane 14\n2nd floor",
};
const details = { clinic: "Harbor View Clinic", phone: "+1 212 555 0100", host: "chat.example", now: Date.parse("2026-11-23T15:00:00Z") };

const unfold = (file: string) => file.replace(/\r\n /g, "").split("\r\n");

test("the file of an appointment", () => {
  assert.deepEqual(unfold(toICalendar(appointment, details)), [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//AgentCare//Chat//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    "UID:0193-abc@chat.example",
    "DTSTAMP:20261123T150000Z",
    "DTSTART:20261201T140000Z",
    "DTEND:20261201T143000Z",
    "SUMMARY:Skin check\\; first visit\\, long – Dr. Maya Chen",
    "LOCATION:Pier Lane 14\\n2nd floor",
    "DESCRIPTION:Harbor View Clinic\\, +1 212 555 0100",
    "STATUS:CONFIRMED",
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ]);
});

test("every line ends in CRLF and none is longer than 75 octets", () => {
  const long = { ...appointment, service: "Überprüfung 検査 👩🏽‍⚕️ ".repeat(20) };
  const file = toICalendar(long, details);
  assert.ok(!/[^\r]\n/.test(file), "a bare line feed");
  for (const line of file.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.ok(unfold(file).includes(`SUMMARY:${long.service} – Dr. Maya Chen`));
});

test("folding breaks no character", () => {
  for (const character of ["é", "検", "👩"]) {
    for (let before = 70; before < 78; before++) {
      const line = "x".repeat(before) + character.repeat(40);
      const lines = fold(line).split("\r\n");
      assert.equal(lines.map((part, i) => (i === 0 ? part : part.slice(1))).join(""), line);
      for (const part of lines) {
        assert.ok(Buffer.byteLength(part) <= 75);
        assert.ok(!part.includes("\ufffd"));
      }
    }
  }
});

test("a text cannot leave its line", () => {
  assert.equal(escapeText("a\r\nEND:VEVENT\rb\nc"), "a\\nEND:VEVENT\\nb\\nc");
  assert.equal(escapeText("back\\slash \u0007bell\u0000"), "back\\\\slash bell");
});

test("no file without times", () => {
  assert.equal(toICalendar({ ...appointment, startsAt: "" }, details), "");
});
