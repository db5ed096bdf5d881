import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldInput, localDate, normalize, problem } from "../src/widget/form";
import { Forms } from "../src/widget/forms";
import type { Field, Form } from "../src/widget/protocol";

const field = (changes: Partial<Field>): Field => ({ name: "x", label: "X", type: "text", required: true, options: [], ...changes });
const check = (changes: Partial<Field>, value: string) => {
  const f = field(changes);
  return problem(f, normalize(f, value), "2026-11-23");
};

test("what the browser is told about each field", () => {
  const told = (name: string, type: Field["type"]) => fieldInput(field({ name, type }));
  assert.deepEqual(told("given_name", "text"), { type: "text", autocomplete: "given-name", inputmode: "text" });
  assert.deepEqual(told("family_name", "text"), { type: "text", autocomplete: "family-name", inputmode: "text" });
  assert.deepEqual(told("birth_date", "date"), { type: "date", autocomplete: "bday", inputmode: "text" });
  assert.deepEqual(told("phone", "tel"), { type: "tel", autocomplete: "tel", inputmode: "tel" });
  assert.deepEqual(told("email", "email"), { type: "email", autocomplete: "email", inputmode: "email" });
  assert.deepEqual(told("code", "code"), { type: "text", autocomplete: "one-time-code", inputmode: "numeric" });
  assert.equal(told("favourite", "text").autocomplete, "off");
});

test("dates of birth", () => {
  const birth: Partial<Field> = { name: "birth_date", type: "date" };
  assert.equal(check(birth, "1984-05-06"), null);
  assert.equal(check(birth, "2026-11-23"), null, "born today");
  assert.equal(check(birth, "2024-02-29"), null);
  assert.equal(check(birth, ""), "required");
  assert.equal(check(birth, "2026-11-24"), "dateFuture");
  assert.equal(check(birth, "1899-12-31"), "datePast");
  for (const impossible of ["2023-02-29", "1984-13-01", "1984-04-31", "84-05-06", "05/06/1984", "0000-00-00"]) {
    assert.equal(check(birth, impossible), "date", impossible);
  }
  assert.equal(check({ type: "date" }, "2030-01-01"), null, "other dates may lie ahead");
});

test("phone numbers in any usual spelling", () => {
  for (const good of ["+1 212 555 0123", "(212) 555-0123", "212.555.0123", "5550123", " 2125550123 "]) {
    assert.equal(check({ type: "tel" }, good), null, good);
  }
  for (const bad of ["12345", "call me", "+1 212 555 0123 4567 8901", "212-555-CARE", "++12125550123"]) {
    assert.equal(check({ type: "tel" }, bad), "tel", bad);
  }
});

test("addresses, codes, boxes and lists", () => {
  assert.equal(check({ type: "email" }, "a@b.example"), null);
  for (const bad of ["a", "a@b", "a b@c.d", "a@b@c.d", "@b.c"]) assert.equal(check({ type: "email" }, bad), "email", bad);
  assert.equal(check({ type: "code" }, "123 456"), null);
  assert.equal(check({ type: "code" }, "123-456"), null);
  for (const bad of ["12345", "1234567", "12345a"]) assert.equal(check({ type: "code" }, bad), "code", bad);
  assert.equal(check({ type: "checkbox", name: "consent" }, ""), "consent");
  assert.equal(check({ type: "checkbox" }, ""), "required");
  assert.equal(check({ type: "checkbox", required: false }, ""), null);
  assert.equal(check({ type: "checkbox", name: "consent" }, "true"), null);
  assert.equal(check({ type: "select", options: ["a"] }, "a"), null);
  assert.equal(check({ type: "select", options: ["a"] }, "b"), "select");
  assert.equal(check({ required: false }, "  "), null);
  assert.equal(check({}, "  "), "required");
});

test("the patient's date is the one on their wall", () => {
  assert.equal(localDate(new Date(2026, 0, 2, 23, 59)), "2026-01-02");
});

const details: Form = {
  id: "f1",
  fields: [field({ name: "given_name" }), field({ name: "phone", type: "tel" }), field({ name: "email", type: "email", required: false }), field({ name: "code", type: "code" })],
};

test("a form is sent without blanks and without what is empty", () => {
  const forms = new Forms();
  const values = forms.check(details, { given_name: " Ana ", phone: "212 555 0123", email: "", code: "123 456" }, new Date());
  assert.deepEqual(values, { given_name: "Ana", phone: "212 555 0123", code: "123456" });
});

test("a complaint stands until its field is changed", () => {
  const forms = new Forms();
  assert.equal(forms.check(details, { given_name: "", phone: "x", code: "123456" }, new Date()), null);
  assert.deepEqual(forms.state(details).problems, { given_name: "required", phone: "tel" });
  const { version } = forms.state(details);
  forms.edited(details, details.fields[0]!, "A");
  assert.deepEqual(forms.state(details).problems, { phone: "tel" });
  assert.ok(forms.state(details).version > version);
});

test("a form that comes back knows what was entered, except for codes", () => {
  const forms = new Forms();
  forms.state(details);
  for (const [index, value] of ["Ana", "212 555 0123", "", "123456"].entries()) forms.edited(details, details.fields[index]!, value);
  const again = { ...details, id: "f2" };
  assert.deepEqual(forms.state(again).initial, { given_name: "Ana", phone: "212 555 0123", email: "" });
  assert.deepEqual(forms.state(details).initial, {}, "what somebody is typing in is not overwritten");
  forms.clear();
  assert.deepEqual(forms.state({ ...details, id: "f3" }).initial, {});
});

test("the server's complaint is shown where it belongs", () => {
  const forms = new Forms();
  forms.state(details);
  forms.refused("f1", "phone", "We cannot text this number.");
  forms.refused("unknown", "phone", "Nobody sees this.");
  assert.deepEqual(forms.state(details).problems, { phone: { says: "We cannot text this number." } });
});
