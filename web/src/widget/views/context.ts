import type { FormState } from "../forms";
import type { Appointment, Field, Form, Message, Option } from "../protocol";
import type { Language } from "../strings/index";

/** What a view may ask for. */
export interface Actions {
  choose(option: Option): void;
  submit(event: SubmitEvent, form: Form): void;
  edited(form: Form, field: Field, input: HTMLInputElement | HTMLSelectElement): void;
  download(appointment: Appointment): void;
  resend(id: string): void;
  edit(id: string): void;
  giveUp(id: string): void;
}

/** What all parts of the conversation's view need to know. */
export interface Context extends Language {
  actions: Actions;
  /** The server's origin: the only place where links may lead. */
  origin: string;
  now: number;
  /** A choice or a form is on its way. */
  deciding: boolean;
  form(form: Form): FormState;
}

/** One message and how it stands to its neighbours. */
export interface Entry {
  message: Message;
  /** The previous message is of somebody else: say who speaks. */
  introduce: boolean;
  /** The day to be named above it, "" for none. */
  day: string;
  /** What it offers is still open. */
  open: boolean;
  /** The patient's answer to it, as text; "" for none yet. */
  answer: string;
}
