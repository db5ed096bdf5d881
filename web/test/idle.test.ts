import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { IdleWatch } from "../src/widget/idle";
import { en } from "../src/widget/strings/en";
import { es } from "../src/widget/strings/es";
import { languageFor } from "../src/widget/strings/index";
import { uuid } from "../src/widget/ids";
import { stopClock } from "./fakes";

beforeEach(stopClock);
afterEach(() => mock.timers.reset());

function watch() {
  const rig = { idle: 0, watch: null as unknown as IdleWatch };
  rig.watch = new IdleWatch(() => rig.idle++, Date.now);
  return rig;
}

test("nobody there for the whole time", () => {
  const rig = watch();
  rig.watch.watch(60_000);
  mock.timers.tick(59_999);
  assert.equal(rig.idle, 0);
  mock.timers.tick(1);
  assert.equal(rig.idle, 1);
  mock.timers.tick(600_000);
  assert.equal(rig.idle, 1, "once");
});

test("somebody moves", () => {
  const rig = watch();
  rig.watch.watch(60_000);
  for (let i = 0; i < 10; i++) {
    mock.timers.tick(50_000);
    rig.watch.activity();
  }
  assert.equal(rig.idle, 0);
  mock.timers.tick(60_000);
  assert.equal(rig.idle, 1);
});

test("a computer that slept locks before its owner's first move counts", () => {
  const rig = watch();
  rig.watch.watch(60_000);
  mock.timers.setTime(Date.now() + 3_600_000); // no timer ran meanwhile
  rig.watch.activity();
  assert.equal(rig.idle, 1);
});

test("no limit, no lock", () => {
  const rig = watch();
  rig.watch.watch(0);
  mock.timers.tick(86_400_000);
  rig.watch.check();
  assert.equal(rig.idle, 0);
});

test("after the lock it can watch again", () => {
  const rig = watch();
  rig.watch.watch(1_000);
  mock.timers.tick(1_000);
  rig.watch.watch(1_000);
  mock.timers.tick(1_000);
  assert.equal(rig.idle, 2);
});

test("the language of an attribute", () => {
  assert.deepEqual(["en", "en-GB", "es", "es-mx", "ES", "fr", "", "es_x!"].map((lang) => languageFor(lang).code), ["en", "en-GB", "es", "es-MX", "es", "en", "en", "en"]);
  assert.equal(languageFor("es-AR").strings, es);
});

test("nothing is left untranslated", () => {
  const say = (value: unknown) => (typeof value === "function" ? String((value as (n: number, t: string) => string)(2, "x")) : String(value));
  const same = Object.keys(en).filter((key) => key !== "problems" && key !== "says" && say(en[key as keyof typeof en]) === say(es[key as keyof typeof es]));
  assert.deepEqual(same, []);
  for (const key of Object.keys(en.problems)) assert.notEqual(en.problems[key as "date"], es.problems[key as "date"], key);
});

test("identifiers, with and without the browser's own", () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(uuid(), pattern);
  const original = crypto.randomUUID;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    const ids = new Set(Array.from({ length: 100 }, uuid));
    assert.equal(ids.size, 100);
    for (const id of ids) assert.match(id, pattern);
  } finally {
    Object.defineProperty(crypto, "randomUUID", { value: original, configurable: true });
  }
});
