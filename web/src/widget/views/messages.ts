import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { segments } from "../links";
import type { Pending } from "../outbox";
import type { Role } from "../protocol";
import type { Strings } from "../strings/index";
import type { Draft } from "../transcript";
import { appointmentView } from "./appointment";
import type { Context, Entry } from "./context";
import { formView } from "./form";
import { icons } from "./icons";
import { optionsView } from "./options";

/** Who speaks, in words. */
export function speaker(role: Role, strings: Strings): string {
  switch (role) {
    case "patient":
      return strings.you;
    case "staff":
      return strings.staff;
    case "agent":
      return strings.assistant;
    case "system":
      return "";
  }
}

/** What was said. */
export function messagesView(entries: Entry[], context: Context): unknown {
  return repeat(
    entries,
    ({ message }) => message.seq,
    (entry) => {
      const { message, introduce, day, open, answer } = entry;
      const version = open && message.form ? context.form(message.form).version : 0;
      const busy = open && context.deciding;
      return guard([message, introduce, day, open, answer, version, busy, context.strings], () => messageView(entry, context));
    },
  );
}

function messageView(entry: Entry, context: Context): TemplateResult {
  const { message, introduce, day } = entry;
  const who = speaker(message.role, context.strings);
  const words = message.text || (message.role === "patient" ? context.strings.detailsSent : "");
  return html`${day ? html`<li class="day"><span>${day}</span></li>` : nothing}
    <li class="message ${message.role}" part="message message-${message.role}" data-seq=${message.seq} data-role=${message.role}>
      ${who ? html`<p class="who ${introduce && message.role !== "patient" ? "" : "hidden"}">${who}</p>` : nothing}
      ${words ? html`<div class="bubble" part="bubble">${wordsView(words, context.origin)}</div>` : nothing}
      ${message.appointment ? appointmentView(message.appointment, context) : nothing} ${formView(entry, context)}
      ${optionsView(entry, context)}
    </li>`;
}

function wordsView(words: string, origin: string): unknown {
  return segments(words, origin).map(({ text, href }) =>
    href ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${text}</a>` : text,
  );
}

/** Replies that are being written. Not for screen readers: they hear the finished message, once. */
export function draftsView(drafts: Draft[], typing: boolean, context: Context): unknown {
  return html`${repeat(
    drafts,
    ({ turn }) => turn,
    ({ text }) => html`<li class="message agent draft" data-draft aria-hidden="true">
      <div class="bubble">${text}<span class="caret"></span></div>
    </li>`,
  )}${typing && drafts.length === 0
    ? html`<li class="message agent typing" data-typing>
        <div class="bubble"><span class="hidden">${context.strings.isTyping}</span><i></i><i></i><i></i></div>
      </li>`
    : nothing}`;
}

/** What the patient sent and the clinic has not confirmed yet. */
export function pendingView(pending: readonly Pending[], connected: boolean, context: Context): unknown {
  return repeat(
    pending.filter(({ frame, state, echoed }) => !echoed && (frame.type !== "form" || state === "failed")),
    ({ frame }) => frame.id,
    (entry) => html`<li class="message patient pending ${entry.state}" data-pending=${entry.frame.id} data-state=${entry.state}>
      <p class="hidden">${context.strings.you}</p>
      <div class="bubble">${entry.label || context.strings.details}</div>
      ${statusView(entry, connected, context)}
    </li>`,
  );
}

function statusView(entry: Pending, connected: boolean, context: Context): TemplateResult {
  const { strings, actions } = context;
  const { frame, state, reason, retryable } = entry;
  if (state !== "failed") {
    const waiting = connected ? strings.sending : strings.waiting;
    return html`<p class="status">${icons.clock}${reason || waiting}</p>`;
  }
  return html`<p class="status failed">${icons.alert}<span><strong>${strings.notSent}.</strong> ${reason}</span></p>
    <p class="remedies">
      ${retryable ? remedy(strings.tryAgain, () => actions.resend(frame.id)) : nothing}
      ${frame.type === "message" ? remedy(strings.edit, () => actions.edit(frame.id)) : nothing}
      ${remedy(strings.remove, () => actions.giveUp(frame.id))}
    </p>`;
}

function remedy(label: string, act: () => void): TemplateResult {
  return html`<button type="button" class="link" @click=${act}>${label}</button>`;
}
