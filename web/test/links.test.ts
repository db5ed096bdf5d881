import assert from "node:assert/strict";
import { test } from "node:test";
import { segments } from "../src/widget/links";

const ORIGIN = "https://chat.example";
const links = (text: string) => segments(text, ORIGIN).flatMap(({ href }) => href ?? []);

test("the clinic's own addresses become links, and nothing is lost around them", () => {
  const text = "See https://chat.example/privacy, or (https://chat.example/a?b=1).";
  assert.deepEqual(links(text), ["https://chat.example/privacy", "https://chat.example/a?b=1"]);
  assert.equal(segments(text, ORIGIN).map((segment) => segment.text).join(""), text);
});

test("nobody else's do", () => {
  for (const text of [
    "https://evil.example/",
    "http://chat.example/ without TLS",
    "https://chat.example.evil.example/",
    "https://chat.example@evil.example/",
    "https://user:password@chat.example/",
    "https://chat.example:8443/",
    "javascript:alert(1)",
    "chat.example/privacy",
    "https://",
    "https://[",
  ]) {
    assert.deepEqual(links(text), [], text);
    assert.equal(segments(text, ORIGIN).map((segment) => segment.text).join(""), text);
  }
});
