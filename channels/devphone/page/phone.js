// Keeps the page up to date: asks every two seconds while it is visible, and changes it only when something is new.
"use strict";

const list = document.getElementById("messages");
const status = document.getElementById("status");
const empty = document.getElementById("empty");
const source = "/dev/messages?to=" + encodeURIComponent(list.dataset.to);
const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
let shown = null; // what the list holds, as text; null before the first answer

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

function copyButton(code) {
  const button = element("button", "copy", "Copy code " + code);
  button.type = "button";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code);
    status.textContent = "Code " + code + " copied.";
  });
  return button;
}

function entry(message, isNew) {
  const item = element("li", isNew ? "new" : "");
  const meta = element("p", "meta");
  const time = element("time", "", clock.format(new Date(message.at)));
  time.dateTime = message.at;
  const channel = element("span", "channel", message.channel);
  channel.classList.add(message.channel);
  meta.append(channel, " to ", element("strong", "", message.to));
  if (message.from) meta.append(" from " + message.from);
  meta.append(", ", time);
  item.append(meta, element("p", "body", message.body));
  const code = /\b\d{6}\b/.exec(message.body);
  if (code && navigator.clipboard) item.append(copyButton(code[0]));
  return item;
}

function show(messages) {
  const keys = messages.map((m) => JSON.stringify(m));
  if (shown !== null && keys.join() === shown.join()) return;
  const fresh = shown === null ? 0 : keys.findIndex((k) => k === shown[0]);
  const arrived = fresh === -1 ? keys.length : fresh;
  list.replaceChildren(...messages.map((m, i) => entry(m, i < arrived)));
  empty.hidden = messages.length > 0;
  if (arrived > 0) status.textContent = arrived === 1 ? "One new message." : arrived + " new messages.";
  shown = keys;
}

async function look() {
  try {
    const answer = await fetch(source, { cache: "no-store" });
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
    if (status.dataset.trouble) {
      status.textContent = "";
      delete status.dataset.trouble;
    }
  } catch {
    status.textContent = "The server does not answer. Trying again.";
    status.dataset.trouble = "yes";
  }
}

setInterval(() => { if (!document.hidden) look(); }, 2000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
look();
