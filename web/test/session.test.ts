import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionError, Sessions } from "../src/widget/session";
import { SafeStorage } from "../src/widget/storage";
import { FakeSocket, MemoryStorage, settle } from "./fakes";

interface Request {
  url: string;
  body: Record<string, string>;
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "unreachable";

/** Sessions against a server that gives these answers, one after the other. */
function sessions(answers: Answer[], storage = new MemoryStorage(), clinic = "", zone = "") {
  const requests: Request[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    requests.push({ url, body: JSON.parse(String(init.body)) as Record<string, string> });
    const answer = answers.shift();
    if (!answer || answer === "unreachable") throw new TypeError("failed to fetch");
    return new Response(answer.body === undefined ? "<html>" : JSON.stringify(answer.body), { status: answer.status, headers: answer.headers ?? {} });
  }) as unknown as typeof globalThis.fetch;
  const locked: string[] = [];
  const sockets: FakeSocket[] = [];
  const opened = new Sessions({
    server: "https://chat.example",
    clinic,
    language: () => "es",
    zone: () => zone,
    fetch,
    storage,
    socket: (url, subprotocol) => {
      const socket = new FakeSocket(url, subprotocol);
      sockets.push(socket);
      return socket;
    },
    timeoutMs: 1000,
    exclusively: (name, work) => {
      locked.push(name);
      return work();
    },
  });
  return { opened, requests, storage, locked, sockets };
}

const KEY = "agentcare:resume:https://chat.example:";
const ok = (conversation: string, resume: string): Answer => ({
  status: 201,
  body: { token: "t", resume, conversation, expires_at: "2026-11-23T15:10:00Z", clinic_name: "Harbor View", phone: "+12125550100", idle_lock_ms: 1000 },
});

test("a first session, and the next one with its secret", async () => {
  const { opened, requests, storage, locked } = sessions([ok("c1", "r1"), ok("c1", "r2")]);
  assert.deepEqual(await opened.open(), {
    token: "t",
    conversation: "c1",
    expiresAt: Date.parse("2026-11-23T15:10:00Z"),
    clinicName: "Harbor View",
    phone: "+12125550100",
    privacyUrl: "",
    idleLockMs: 1000,
  });
  assert.equal(storage.getItem(KEY), "r1");
  await opened.open();
  assert.equal(storage.getItem(KEY), "r2");
  assert.deepEqual(requests.map(({ body }) => body), [{ language: "es" }, { resume: "r1", language: "es" }]);
  assert.equal(requests[0]?.url, "https://chat.example/chat/session");
  assert.deepEqual(locked, [KEY, KEY], "two tabs must not use one secret at the same time");
});

test("the clinic is named when the page names it", async () => {
  const { opened, requests } = sessions([ok("c1", "r1")], new MemoryStorage(), "harbor-view");
  await opened.open();
  assert.equal(requests[0]?.body.clinic, "harbor-view");
});

test("where the browser is is said each time", async () => {
  const { opened, requests } = sessions([ok("c1", "r1"), ok("c1", "r2")], new MemoryStorage(), "", "Europe/Madrid");
  await opened.open();
  await opened.open();
  assert.deepEqual(requests.map(({ body }) => body.zone), ["Europe/Madrid", "Europe/Madrid"]);
});

test("a secret that the server refuses is given up for a new conversation", async () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, "old");
  const { opened, requests } = sessions([{ status: 401, body: {} }, ok("c2", "r9")], storage);
  assert.equal((await opened.open()).conversation, "c2");
  assert.deepEqual(requests.map(({ body }) => body.resume), ["old", undefined]);
  assert.equal(storage.getItem(KEY), "r9");
});

test("a server in trouble does not cost the secret", async () => {
  for (const answer of [{ status: 503, body: {} }, { status: 429, body: {} }, { status: 500 }, "unreachable"] as Answer[]) {
    const storage = new MemoryStorage();
    storage.setItem(KEY, "mine");
    const { opened, requests } = sessions([answer], storage);
    await assert.rejects(opened.open(), (error: SessionError) => error.temporary);
    assert.equal(storage.getItem(KEY), "mine");
    assert.equal(requests.length, 1);
  }
});

test("a refusal for good says why", async () => {
  const { opened } = sessions([{ status: 403, body: { error: { code: "origin", message: "Not from here." } } }]);
  await assert.rejects(opened.open(), (error: SessionError) => !error.temporary && error.message === "Not from here.");
});

test("how long to wait is taken from the body, else from the header", async () => {
  const wait = async (answer: Answer) => {
    let ms = 0;
    await sessions([answer]).opened.open().catch((error: SessionError) => (ms = error.retryAfterMs));
    return ms;
  };
  assert.equal(await wait({ status: 429, body: { error: { retry_after_ms: 1500 } }, headers: { "Retry-After": "9" } }), 1500);
  assert.equal(await wait({ status: 503, headers: { "Retry-After": "2" } }), 2000);
  assert.equal(await wait({ status: 503, headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } }), 0);
});

test("an answer without a token is no session", async () => {
  await assert.rejects(sessions([{ status: 201, body: { resume: "r" } }]).opened.open(), SessionError);
  await assert.rejects(sessions([{ status: 200 }]).opened.open(), SessionError);
});

test("forgetting", () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, "r");
  const { opened, requests } = sessions([], storage);
  opened.forget(true);
  assert.deepEqual([storage.values.size, requests.length], [0, 0]);
});

test("a conversation that was ended out of the server's reach is ended before the next one", async () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, "r1");
  const { opened, requests, sockets } = sessions(["unreachable", ok("c1", "r2"), ok("c2", "r3")], storage);
  opened.forget(false);
  await settle();
  assert.equal(storage.getItem(KEY), null);
  const next = opened.open();
  await settle();
  assert.deepEqual(requests.map(({ body }) => body.resume), ["r1", "r1"]);
  sockets[0]!.accept();
  assert.deepEqual(sockets[0]!.sent, [{ type: "end" }]);
  sockets[0]!.end(1000);
  assert.equal((await next).conversation, "c2");
  assert.equal(requests[2]?.body.resume, undefined);
  assert.deepEqual([...storage.values], [[KEY, "r3"]]);
});

test("an end that the server did not hear does not keep the patient from a new conversation", async () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, "r1");
  const { opened, requests, sockets } = sessions(["unreachable", ok("c1", "r2"), ok("c2", "r3"), ok("c1", "r4")], storage);
  opened.forget(false);
  await settle();
  const next = opened.open();
  await settle();
  sockets[0]!.end(1006);
  assert.equal((await next).conversation, "c2");
  const later = opened.endLeft();
  await settle();
  assert.equal(requests[3]?.body.resume, "r1");
  sockets[1]!.end(4003);
  await later;
  assert.deepEqual([...storage.values], [[KEY, "r3"]]);
});

test("an end that the server refuses to hear is not told again", async () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, "r1");
  sessions([{ status: 404, body: {} }], storage).opened.forget(false);
  await settle();
  assert.equal(storage.values.size, 0);
});

test("storage that is not there lasts as long as the page", () => {
  const storage = new SafeStorage(() => {
    throw new DOMException("denied", "SecurityError");
  });
  assert.equal(storage.getItem("a"), null);
  storage.setItem("a", "1");
  assert.equal(storage.getItem("a"), "1");
  storage.removeItem("a");
  assert.equal(storage.getItem("a"), null);
});

test("storage that is full answers with what was written last", () => {
  const full = new MemoryStorage();
  full.setItem("a", "old");
  const storage = new SafeStorage(() => ({
    getItem: (key) => full.getItem(key),
    removeItem: (key) => full.removeItem(key),
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  }));
  storage.setItem("a", "new");
  assert.equal(storage.getItem("a"), "new");
  storage.removeItem("a");
  assert.equal(storage.getItem("a"), null);
});
