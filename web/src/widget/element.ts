import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Announcer } from "./announcer";
import { toICalendar } from "./calendar";
import { Conversation } from "./conversation";
import { entries } from "./entries";
import { Forms } from "./forms";
import { IdleWatch } from "./idle";
import { uuid } from "./ids";
import { MAX_TEXT, type Appointment, type Form, type Message } from "./protocol";
import { Scroller } from "./scroller";
import { exclusively, Sessions } from "./session";
import { SafeStorage } from "./storage";
import { languageFor, type Language } from "./strings/index";
import { styles } from "./styles/index";
import type { Actions, Context } from "./views/context";
import { read } from "./views/form";
import { icons } from "./views/icons";
import { draftsView, messagesView, pendingView, speaker } from "./views/messages";
import { bannerView, composerView, endQuestionView, gateView, headerView, length, noticeView } from "./views/panel";
import { ChatWindow } from "./window";
import { browserZone } from "./wallclock";

/** How often the view is drawn at most, in milliseconds: a history arrives in one burst of frames. */
const FRAME = 16;

const permanent = new SafeStorage(() => localStorage);
const perTab = new SafeStorage(() => sessionStorage);

/**
 * The chat of a clinic on a web page.
 *
 *     <script src="https://chat.example/widget.js" defer></script>
 *     <agentcare-chat></agentcare-chat>
 *
 * What it looks like can be changed by the custom properties that README.md lists. Events: "agentcare-open" and
 * "agentcare-close", when the window opens and closes.
 */
export class AgentCareChat extends LitElement {
  static override styles = styles;

  static override properties = {
    clinic: {},
    server: {},
    phone: {},
    mode: { reflect: true },
    open: { type: Boolean, reflect: true },
    lang: {},
  };

  /** Where the server is when the attribute does not say: where this script came from. */
  static defaultServer = location.origin;

  /** The clinic's slug; not needed where the server finds it by the page's origin. */
  declare clinic: string;
  /** The server's base address. */
  declare server: string;
  /** The clinic's telephone, offered while the chat cannot be reached; the server's own word on it comes first. */
  declare phone: string;
  /** "bubble": a button in the corner that opens a window; "inline": a part of the page. */
  declare mode: "bubble" | "inline";
  /** Whether the window is open. */
  declare open: boolean;

  private conversation: Conversation | null = null;
  private language: Language = languageFor("en");
  private text = "";
  private asking = false;
  private unread = 0;
  private drawing: ReturnType<typeof setTimeout> | undefined;
  private readonly window = new ChatWindow(this);
  private readonly forms = new Forms();
  private readonly announcer = new Announcer(() => this.requestUpdate());
  private readonly scroller = new Scroller(() => this.requestUpdate());
  private readonly idle = new IdleWatch(() => this.lock(), Date.now);
  private hadFocus = false;
  // Tells an opening by the patient from one by the page: only the patient's moves the focus.
  private settled = false;
  private leaving: AbortController | null = null;

  constructor() {
    super();
    this.clinic = "";
    this.server = AgentCareChat.defaultServer;
    this.phone = "";
    this.mode = "bubble";
    this.open = false;
  }

  /** Opens the window with a text in the entry field, for the patient to send or to change. */
  ask(text: string): void {
    this.text = text;
    this.open = true;
    this.requestUpdate();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    addEventListener("online", () => this.conversation?.networkChanged(true), { signal });
    addEventListener("offline", () => this.conversation?.networkChanged(false), { signal });
    for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) {
      addEventListener(type, () => this.idle.activity(), { signal, passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.idle.check(), { signal });
    this.window.watch(() => this.find<HTMLDialogElement>("dialog"), signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leaving?.abort();
    this.idle.stop();
    this.announcer.clear();
    clearTimeout(this.drawing);
    this.drawing = undefined;
    this.conversation?.stop();
    this.conversation = null;
    this.settled = false;
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.language = languageFor(this.lang || document.documentElement.lang);
    if (!this.conversation || changed.has("server") || changed.has("clinic")) this.newConversation();
    if (!this.settled) this.takeUp();
    if ((this.open || this.inline) && this.conversation?.phase === "idle") this.conversation.start();
    if (this.open) this.unread = 0;
    this.hadFocus = (this.shadowRoot?.activeElement ?? null) !== null;
  }

  /** A tab in which the chat was open goes on with it on the clinic's next page. On a phone it would hide that page. */
  private takeUp(): void {
    const before = perTab.getItem(this.tabKey);
    if (before === null || this.inline) return;
    if (before === "open" && !this.window.covers) this.open = true;
    this.conversation?.start();
  }

  private newConversation(): void {
    this.conversation?.stop();
    const server = this.base.href.replace(/\/$/, "");
    const socket = (url: string, subprotocol: string) => new WebSocket(url, subprotocol);
    const sessions = new Sessions({
      server,
      clinic: this.clinic,
      language: () => this.language.code,
      zone: browserZone,
      fetch: (...request) => fetch(...request),
      socket,
      storage: permanent,
      exclusively,
      timeoutMs: 15_000,
    });
    this.conversation = new Conversation({
      server,
      clinic: this.clinic,
      sessions,
      socket,
      storage: perTab,
      now: Date.now,
      random: Math.random,
      uuid,
      events: {
        change: () => this.draw(),
        message: (message, history) => this.announce(message, history),
        formRefused: (form, field, why) => this.forms.refused(form, field, why),
        // Said to whoever built the page: a patient can do nothing about it.
        unavailable: (why) => console.warn(`agentcare-chat: ${why}`),
        notSent: (why) => this.announcer.say(`${this.language.strings.notSent}. ${why}`),
        wiped: () => this.forms.clear(),
      },
    });
  }

  private get base(): URL {
    try {
      return new URL(this.server, document.baseURI);
    } catch {
      return new URL(AgentCareChat.defaultServer);
    }
  }

  private get inline(): boolean {
    return this.mode === "inline";
  }

  private get tabKey(): string {
    return `agentcare:window:${this.server}:${this.clinic}`;
  }

  private draw(): void {
    const session = this.conversation?.session;
    if (session && this.conversation?.phase === "active") this.idle.watch(session.idleLockMs);
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.requestUpdate();
    }, FRAME);
  }

  private announce(message: Message, history: boolean): void {
    const { strings } = this.language;
    const parts = [message.text, message.options.length > 0 ? strings.options(message.options.length) : "", message.form ? strings.formFollows : ""];
    const words = strings.says(speaker(message.role, strings), parts.filter(Boolean).join(" "));
    if (history) return this.announcer.sayOnly(words);
    this.announcer.say(words);
    if (!this.open && !this.inline) this.unread++;
  }

  private lock(): void {
    this.announcer.clear();
    this.asking = false;
    this.text = "";
    this.conversation?.lock();
  }

  protected override render(): TemplateResult {
    return this.inline ? html`<section class="panel" part="panel" aria-labelledby="title">${this.panel()}</section>` : this.bubble();
  }

  private bubble(): TemplateResult {
    const { strings } = this.language;
    return html`<button
        type="button"
        class="launcher"
        part="launcher"
        aria-haspopup="dialog"
        aria-label=${this.unread > 0 ? `${strings.launcher}, ${strings.unread(this.unread)}` : strings.launcher}
        ?hidden=${this.open}
        @click=${() => (this.open = true)}
      >
        ${icons.chat}<span>${strings.launcher}</span>${this.unread > 0 ? html`<b class="badge" aria-hidden="true">${this.unread}</b>` : nothing}
      </button>
      <dialog
        class="panel"
        part="panel"
        aria-labelledby="title"
        @cancel=${(event: Event) => this.escaped(event)}
        @close=${() => this.closed()}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === "Escape") this.escaped(event);
        }}
      >
        ${this.conversation?.phase === "idle" ? nothing : this.panel()}
      </dialog>`;
  }

  /** One step back: from the question before the end to the chat, from the chat to the page. */
  private escaped(event: Event): void {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.asking) this.keep();
    else this.open = false;
  }

  /** Some browsers close a dialog on a second Escape without asking. */
  private closed(): void {
    if (this.open && !this.find<HTMLDialogElement>("dialog")?.open) this.open = false;
  }

  private panel(): TemplateResult {
    const conversation = this.conversation!;
    const { strings, code } = this.language;
    return html`<div class="stack" lang=${code} ?inert=${this.asking}>
        ${headerView({
          strings,
          title: conversation.session?.clinicName || strings.title,
          live: conversation.state === "live",
          endable: conversation.phase === "active" && conversation.transcript.messages.length > 0,
          closable: !this.inline,
          end: () => this.askToEnd(),
          close: () => (this.open = false),
        })}
        ${this.body(conversation)} ${this.announcer.view()}
      </div>
      ${this.asking
        ? endQuestionView(
            strings,
            () => this.end(),
            () => this.keep(),
          )
        : nothing}`;
  }

  private body(conversation: Conversation): TemplateResult {
    const { strings } = this.language;
    const go = () => {
      conversation.start();
      this.focusAfterUpdate("#entry");
    };
    switch (conversation.phase) {
      case "locked":
        return gateView({ name: "locked", icon: icons.lock, title: strings.lockedTitle, text: strings.lockedText, action: strings.continue, act: go });
      case "ended":
        return gateView({ name: "ended", icon: icons.check, title: strings.endedTitle, text: strings.endedText, action: strings.startNew, act: go });
      default:
        return this.chat(conversation);
    }
  }

  private chat(conversation: Conversation): TemplateResult {
    const { strings } = this.language;
    const context = this.context(conversation);
    const { session, transcript, outbox } = conversation;
    const list = entries(transcript, conversation.chosen, this.language, context.now);
    return html`${bannerView(conversation, strings, session?.phone || this.phone, () => conversation.retryNow())}
      <div class="log" part="log" role="log" aria-live="off" aria-label=${strings.conversation} tabindex="0" @scroll=${() => this.scroller.scrolled()}>
        <ol role="list">
          ${messagesView(list, context)} ${draftsView(transcript.writing, conversation.typing, context)}
          ${pendingView(outbox.pending, conversation.state === "live", context)}
        </ol>
      </div>
      <div class="foot">
        ${this.scroller.away
          ? html`<button type="button" class="latest" aria-label=${strings.latest} @click=${() => this.scroller.toEnd()}>${icons.down}</button>`
          : nothing}
        ${noticeView(conversation.notice, strings, () => conversation.dismissNotice())}
        ${conversation.state === "refused"
          ? nothing
          : composerView({
              strings,
              text: this.text,
              input: (event) => this.edited(event),
              keydown: (event) => this.keyed(event),
              submit: (event) => this.send(event),
            })}
        ${session?.privacyUrl && /^https?:/.test(session.privacyUrl)
          ? html`<p class="fine"><a href=${session.privacyUrl} target="_blank" rel="noopener">${strings.privacy}</a></p>`
          : nothing}
      </div>`;
  }

  private context(conversation: Conversation): Context {
    return {
      ...this.language,
      actions: this.actions,
      origin: this.base.origin,
      now: Date.now(),
      deciding: conversation.deciding,
      form: (form) => this.forms.state(form),
    };
  }

  private readonly actions: Actions = {
    choose: (option) => {
      this.scroller.toEnd();
      this.conversation?.choose(option);
    },
    submit: (event, form) => this.submitForm(event, form),
    edited: (form, field, input) => {
      const checked = input instanceof HTMLInputElement && input.type === "checkbox";
      this.forms.edited(form, field, checked ? String(input.checked) : input.value);
      this.requestUpdate();
    },
    download: (appointment) => this.download(appointment),
    resend: (id) => this.conversation?.resend(id),
    edit: (id) => {
      const entry = this.conversation?.outbox.get(id);
      this.text = entry?.label ?? this.text;
      this.conversation?.giveUp(id);
      this.focusAfterUpdate("#entry");
    },
    giveUp: (id) => this.conversation?.giveUp(id),
  };

  private submitForm(event: SubmitEvent, form: Form): void {
    event.preventDefault();
    const element = event.target as HTMLFormElement;
    const values = this.forms.check(form, read(element), new Date());
    if (!values) return this.focusAfterUpdate('[aria-invalid="true"]');
    this.scroller.toEnd();
    this.conversation?.submitForm(form.id, values);
  }

  private edited(event: InputEvent): void {
    this.text = (event.target as HTMLTextAreaElement).value;
    if (this.text !== "") this.conversation?.patientTyping();
    this.requestUpdate();
  }

  private keyed(event: KeyboardEvent): void {
    // An input method's Enter ends a word, not the message.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    (event.target as HTMLTextAreaElement).form?.requestSubmit();
  }

  private send(event: SubmitEvent): void {
    event.preventDefault();
    const text = this.text.trim();
    if (text === "" || length(text) > MAX_TEXT) return;
    this.text = "";
    this.scroller.toEnd();
    this.conversation?.sendText(text);
    this.focusAfterUpdate("#entry");
  }

  private askToEnd(): void {
    this.asking = true;
    this.focusAfterUpdate("#end-no");
  }

  private keep(): void {
    this.asking = false;
    this.focusAfterUpdate(".end");
  }

  private end(): void {
    this.asking = false;
    this.text = "";
    this.announcer.clear();
    this.conversation?.end();
    this.requestUpdate();
  }

  /** The file is made here: an appointment needs no address on the server that would have to be guarded. */
  private download(appointment: Appointment): void {
    const session = this.conversation?.session;
    const details = { clinic: session?.clinicName ?? "", phone: session?.phone || this.phone, host: this.base.hostname, now: Date.now() };
    const file = new Blob([toICalendar(appointment, details)], { type: "text/calendar;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${this.language.strings.calendarFile}.ics`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  protected override updated(changed: PropertyValues): void {
    if (!this.inline && changed.has("open")) this.showWindow();
    this.grow();
    this.keepInside();
    const log = this.find<HTMLElement>(".log");
    const last = log?.querySelector<HTMLElement>("ol > li:last-child");
    this.scroller.follow(log, last?.matches(".agent[data-seq], .staff") ? last : null);
    this.settled = true;
  }

  private showWindow(): void {
    const dialog = this.find<HTMLDialogElement>("dialog");
    if (!dialog || dialog.open === this.open) return;
    if (!this.open) this.window.close(dialog, this.find<HTMLElement>(".launcher"));
    else {
      this.window.open(dialog);
      if (this.settled || this.window.covers) this.focusInside();
      else this.window.leave();
    }
    perTab.setItem(this.tabKey, this.open ? "open" : "closed");
    this.dispatchEvent(new Event(this.open ? "agentcare-open" : "agentcare-close", { bubbles: true, composed: true }));
  }

  /** On a phone the entry field would call up the keyboard, which hides what there is to read. */
  private focusInside(): void {
    const entry = matchMedia("(pointer: coarse)").matches ? ".log" : "#entry";
    (this.find<HTMLElement>(entry) ?? this.find<HTMLElement>("#gate-action"))?.focus({ preventScroll: true });
  }

  /** What had the focus may be gone or disabled now; the keyboard must not fall out of the window with it. */
  private keepInside(): void {
    const focused = this.shadowRoot?.activeElement;
    const lost = focused ? focused.matches(":disabled, :disabled *") : this.hadFocus;
    if (lost && (this.open || this.inline)) this.focusInside();
  }

  private grow(): void {
    const entry = this.find<HTMLTextAreaElement>("#entry");
    if (!entry || CSS.supports("field-sizing", "content")) return;
    entry.style.height = "auto";
    entry.style.height = `${entry.scrollHeight}px`;
  }

  private focusAfterUpdate(selector: string): void {
    this.requestUpdate();
    void this.updateComplete.then(() => this.find<HTMLElement>(selector)?.focus({ preventScroll: selector === "#entry" }));
  }

  private find<T extends Element>(selector: string): T | null {
    return this.renderRoot.querySelector<T>(selector);
  }
}
