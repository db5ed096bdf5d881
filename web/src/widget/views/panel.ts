import { html, nothing, type TemplateResult } from "lit";
import type { Conversation } from "../conversation";
import { MAX_TEXT } from "../protocol";
import type { Strings } from "../strings/index";
import { icons } from "./icons";

/** The line at the top: whose chat this is, and the ways out of it. */
export function headerView(head: {
  strings: Strings;
  title: string;
  live: boolean;
  endable: boolean;
  closable: boolean;
  end: () => void;
  close: () => void;
}): TemplateResult {
  const { strings } = head;
  return html`<div class="head" part="header">
    <span class="mark" aria-hidden="true">${icons.heart}</span>
    <div class="titles">
      <h2 id="title">${head.title}</h2>
      <p><span class="dot ${head.live ? "live" : ""}"></span>${strings.assistant}</p>
    </div>
    ${head.endable ? html`<button type="button" class="bar end" part="end" @click=${head.end}>${strings.menuEnd}</button>` : nothing}
    ${head.closable
      ? html`<button type="button" class="bar close" part="close" aria-label=${strings.close} @click=${head.close}>${icons.close}</button>`
      : nothing}
  </div>`;
}

/** What is wrong with the connection, and what can be done; nothing for a blink. */
export function bannerView(conversation: Conversation, strings: Strings, phone: string, retry: () => void): TemplateResult | typeof nothing {
  const { state, troubled, session } = conversation;
  if (state === "replaced") return banner(strings.elsewhere, strings.useHere, "", strings, retry);
  if (state === "refused") return banner(strings.unavailable, strings.tryAgain, phone, strings, retry);
  if (!troubled) return nothing;
  if (!navigator.onLine) return banner(strings.offline, "", phone, strings, retry);
  return session
    ? banner(strings.reconnecting, strings.tryAgain, phone, strings, retry)
    : banner(strings.connecting, strings.tryAgain, phone, strings, retry);
}

function banner(text: string, action: string, phone: string, strings: Strings, act: () => void): TemplateResult {
  return html`<div class="banner" part="banner" role="status">
    <p>${text}${phone ? html` ${strings.call} <a href="tel:${phone.replace(/[^\d+]/g, "")}">${readable(phone)}</a>` : nothing}</p>
    ${action ? html`<button type="button" class="link" @click=${act}>${action}</button>` : nothing}
  </div>`;
}

/** A North American number in groups; others have too many customs, and are shown as the clinic writes them. */
function readable(phone: string): string {
  return phone.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
}

/** A sentence of the server's that belongs to no message. */
export function noticeView(notice: string, strings: Strings, dismiss: () => void): TemplateResult | typeof nothing {
  if (notice === "") return nothing;
  return html`<div class="notice" part="notice" role="alert">
    ${icons.alert}
    <p>${notice}</p>
    <button type="button" class="bare" aria-label=${strings.dismiss} @click=${dismiss}>${icons.close}</button>
  </div>`;
}

/** Where the patient writes. Too long is said, and never cut off: what was pasted must not lose its end unseen. */
export function composerView(composer: {
  strings: Strings;
  text: string;
  input: (event: InputEvent) => void;
  keydown: (event: KeyboardEvent) => void;
  submit: (event: SubmitEvent) => void;
}): TemplateResult {
  const { strings, text } = composer;
  const left = MAX_TEXT - length(text);
  return html`<form class="composer" part="composer" @submit=${composer.submit}>
    <div class="entry">
      <textarea
        id="entry"
        part="input"
        rows="1"
        enterkeyhint="send"
        aria-label=${strings.write}
        placeholder=${strings.placeholder}
        aria-invalid=${left < 0 ? "true" : nothing}
        aria-describedby=${left < 200 ? "count" : nothing}
        .value=${text}
        @input=${composer.input}
        @keydown=${composer.keydown}
      ></textarea>
      <button type="submit" class="send" part="send" aria-label=${strings.send} ?disabled=${text.trim() === "" || left < 0}>${icons.send}</button>
    </div>
    ${left < 200
      ? html`<p id="count" class="count ${left < 0 ? "over" : ""}" role="status">${left < 0 ? strings.over(-left) : strings.left(left)}</p>`
      : nothing}
  </form>`;
}

/** The length of a text as the server counts it: in characters, whatever their size. */
export function length(text: string): number {
  let characters = 0;
  for (const _ of text) characters++;
  return characters;
}

/** A page in place of the conversation: one sentence, one way on. */
export function gateView(gate: { icon: unknown; title: string; text: string; action: string; act: () => void; name: string }): TemplateResult {
  return html`<div class="gate" data-gate=${gate.name}>
    <span class="gate-icon" aria-hidden="true">${gate.icon}</span>
    <h3>${gate.title}</h3>
    <p>${gate.text}</p>
    <button type="button" class="primary" id="gate-action" @click=${gate.act}>${gate.action}</button>
  </div>`;
}

/** The question before the end. */
export function endQuestionView(strings: Strings, yes: () => void, no: () => void): TemplateResult {
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    no();
  };
  return html`<div class="veil" @keydown=${escape}>
    <div class="question" role="alertdialog" aria-modal="true" aria-labelledby="end-title" aria-describedby="end-text">
      <h3 id="end-title">${strings.endTitle}</h3>
      <p id="end-text">${strings.endText}</p>
      <div class="choices">
        <button type="button" class="primary" id="end-no" @click=${no}>${strings.endNo}</button>
        <button type="button" class="quiet danger" id="end-yes" @click=${yes}>${strings.endYes}</button>
      </div>
    </div>
  </div>`;
}
