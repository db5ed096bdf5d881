import assert from "node:assert/strict";
import { test } from "node:test";
import type { Option } from "../src/widget/protocol";
import { groupOptions } from "../src/widget/slots";

function slot(id: string, startsAt: string, practitioner = "Dr. Chen"): Option {
  return { id, label: id, kind: "slot", slot: { startsAt, endsAt: startsAt, practitioner, service: "Skin check", location: "" } };
}

test("slots are grouped by the clinic's day, in order of time", () => {
  const { days, others } = groupOptions([
    slot("c", "2026-12-02T08:15:00-05:00"),
    slot("b", "2026-12-01T23:30:00-05:00"),
    { id: "more", label: "More", kind: "choice" },
    slot("a", "2026-12-01T09:00:00-05:00"),
  ]);
  assert.deepEqual(
    days.map(({ date, choices }) => [date, choices.map(({ option }) => option.id)]),
    [
      ["2026-12-01", ["a", "b"]],
      ["2026-12-02", ["c"]],
    ],
  );
  assert.deepEqual(others.map(({ id }) => id), ["more"]);
});

test("the night on which the clocks go back keeps its order", () => {
  const { days } = groupOptions([slot("second", "2026-11-01T01:10:00-05:00"), slot("first", "2026-11-01T01:40:00-04:00")]);
  assert.deepEqual(days[0]?.choices.map(({ option }) => option.id), ["first", "second"]);
});

test("what all have in common is said once", () => {
  const same = groupOptions([slot("a", "2026-12-01T09:00:00-05:00"), slot("b", "2026-12-01T10:00:00-05:00")]);
  assert.deepEqual(same.common, { practitioner: "Dr. Chen", service: "Skin check", location: "" });
  const mixed = groupOptions([slot("a", "2026-12-01T09:00:00-05:00"), slot("b", "2026-12-01T10:00:00-05:00", "Dr. Weiss")]);
  assert.deepEqual(mixed.common, { practitioner: "", service: "Skin check", location: "" });
});

test("a slot whose time cannot be read is still there to choose", () => {
  const { days, others } = groupOptions([slot("odd", "soon"), { id: "bare", label: "Tue 9:00", kind: "slot" }]);
  assert.deepEqual(days, []);
  assert.deepEqual(others.map(({ id }) => id), ["odd", "bare"]);
});
