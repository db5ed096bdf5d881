import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { browserOffset, browserZone, differsFromHere, formatDay, formatHere, formatTime, formatTimeRange, parseWallTime, type WallTime } from "../src/widget/wallclock";

const ZONES = ["America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"];
const before = process.env.TZ;

afterEach(() => {
  process.env.TZ = before ?? "UTC";
});

function read(timestamp: string): WallTime {
  const time = parseWallTime(timestamp);
  assert.ok(time, timestamp);
  return time;
}

/** ICU separates "9:00" and "AM" by one kind of blank today and another tomorrow. */
const plain = (text: string) => text.replace(/[\u202f\u2009\u00a0]/g, " ");

test("the clinic's wall clock is shown, wherever the browser is", () => {
  for (const zone of ZONES) {
    process.env.TZ = zone;
    const start = read("2026-12-01T23:30:00-05:00");
    const end = read("2026-12-02T00:15:00-05:00");
    assert.equal(formatDay(start, "en", 2026), "Tuesday, December 1", zone);
    assert.equal(plain(formatTime(start, "en")), "11:30 PM", zone);
    assert.equal(plain(formatTime(end, "en")), "12:15 AM", zone);
    assert.equal(start.date, "2026-12-01", zone);
  }
});

test("another year is named", () => {
  assert.equal(formatDay(read("2027-01-04T09:00:00-05:00"), "en", 2026), "Monday, January 4, 2027");
});

test("Spanish", () => {
  const time = read("2026-12-01T16:05:00-05:00");
  assert.equal(formatDay(time, "es", 2026), "martes, 1 de diciembre");
  assert.match(formatTime(time, "es"), /^16:05/);
});

test("a range", () => {
  const range = formatTimeRange(read("2026-12-01T09:00:00-05:00"), read("2026-12-01T09:30:00-05:00"), "en");
  assert.equal(plain(range), "9:00 – 9:30 AM");
});

test("instants and offsets", () => {
  assert.equal(read("2026-12-01T09:00:00-05:00").instant, Date.parse("2026-12-01T14:00:00Z"));
  assert.equal(read("2026-12-01T09:00:00.123456+05:30").instant, Date.parse("2026-12-01T03:30:00Z"));
  assert.equal(read("2026-12-01T09:00:00Z").offset, 0);
});

test("what is no timestamp", () => {
  for (const text of ["", "tomorrow", "2026-12-01", "2026-12-01T09:00:00", "2026-13-01T09:00:00Z", "2026-12-01T25:00:00Z"]) {
    assert.equal(parseWallTime(text), null, text);
  }
});

test("who reads another hour is told so, daylight saving included", () => {
  process.env.TZ = "America/New_York";
  for (const text of ["2026-07-01T09:00:00-04:00", "2026-12-01T09:00:00-05:00"]) {
    const time = read(text);
    assert.equal(differsFromHere(time, browserOffset(time.instant)), false, text);
  }
  process.env.TZ = "America/Chicago";
  const time = read("2026-12-01T09:00:00-05:00");
  assert.equal(differsFromHere(time, browserOffset(time.instant)), true);
});

test("the reader's own time, with the weekday where that is another", () => {
  const evening = read("2026-12-01T18:30:00-05:00");
  for (const [zone, want] of [
    ["America/New_York", ""],
    ["America/Toronto", ""],
    ["America/Los_Angeles", "3:30 PM"],
    ["Europe/Madrid", "Wed 12:30 AM"],
    ["Asia/Kathmandu", "Wed 5:15 AM"],
  ] as const) {
    process.env.TZ = zone;
    assert.equal(formatHere(evening, "en").replace(/[\u202f,]+ ?/g, " ").replace(/ +/g, " "), want, zone);
    assert.equal(browserZone().replace("Katmandu", "Kathmandu"), zone);
  }
});
