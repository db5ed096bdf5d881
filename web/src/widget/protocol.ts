/**
 * The frames of protocol agentcare.v1, as channels/web/asyncapi.yaml describes them, and the one place where
 * what the server sent becomes typed values. Everything behind it may trust the shapes; nothing may trust the text.
 */

import { count, isObject, objects, text, type Json } from "./json";

export const SUBPROTOCOL = "agentcare.v1";

/** The most characters (Unicode code points) that one message may hold. */
export const MAX_TEXT = 4000;

export type Role = "agent" | "patient" | "staff" | "system";
export type OptionKind = "slot" | "choice" | "confirm" | "decline";
export type FieldType = "text" | "date" | "tel" | "email" | "code" | "checkbox" | "select";

/** A time to choose; times are RFC 3339 with the clinic's offset. */
export interface Slot {
  startsAt: string;
  endsAt: string;
  practitioner: string;
  service: string;
  location: string;
}

export interface Option {
  id: string;
  label: string;
  kind: OptionKind;
  /** Present when kind is "slot" and the server said when it is. */
  slot?: Slot;
}

export interface Field {
  name: string;
  label: string;
  type: FieldType;
  required: boolean;
  /** What can be chosen, when type is "select". */
  options: string[];
}

export interface Form {
  id: string;
  fields: Field[];
}

/** What a message reports of an appointment; times are RFC 3339 with the clinic's offset. */
export interface Appointment extends Slot {
  id: string;
  state: string;
}

export interface Message {
  seq: number;
  /** The turn whose deltas this message replaces, "" for none. */
  turn: string;
  role: Role;
  text: string;
  options: Option[];
  form?: Form;
  appointment?: Appointment;
  /** RFC 3339, "" when the server did not say. */
  at: string;
}

export type ServerFrame =
  | { type: "welcome"; conversation: string; seq: number }
  | { type: "ack"; id: string; seq: number }
  | { type: "typing" }
  | { type: "delta"; turn: string; text: string }
  | { type: "discard"; turn: string }
  | { type: "message"; message: Message }
  | { type: "ended" }
  | ErrorFrame;

export interface ErrorFrame {
  type: "error";
  code: string;
  /** A sentence for the patient. */
  message: string;
  /** How long to wait before sending again, in milliseconds; 0 when the server did not say. */
  retryAfterMs: number;
  /** The refused frame, "" when the error is about none. */
  id: string;
  /** The refused field of a form, "" for none. */
  field: string;
}

/** What a patient sends; id makes sending it again harmless. */
export type Outgoing =
  | { type: "message"; id: string; text: string }
  | { type: "choose"; id: string; option: string }
  | { type: "form"; id: string; form: string; values: Record<string, string> };

export type ClientFrame = Outgoing | { type: "hello"; after: number } | { type: "typing" } | { type: "end" };

/** Close codes that ask for something else than "connect again". */
export const Close = {
  ended: 1000,
  goingAway: 1001,
  binary: 1003,
  invalidText: 1007,
  policy: 1008,
  tooLarge: 1009,
  restart: 1012,
  staleToken: 4001,
  replaced: 4002,
  endedElsewhere: 4003,
  tooSlow: 4008,
} as const;

/** Where a session's socket is opened, on the server with this base address. */
export function socketAddress(server: string, token: string): string {
  return server.replace(/^http/, "ws") + "/chat/ws?token=" + encodeURIComponent(token);
}

function oneOf<T extends string>(value: unknown, known: readonly T[], otherwise: T): T {
  return known.includes(value as T) ? (value as T) : otherwise;
}

function parseSlot(raw: Json): Slot {
  return {
    startsAt: text(raw.starts_at),
    endsAt: text(raw.ends_at),
    practitioner: text(raw.practitioner),
    service: text(raw.service),
    location: text(raw.location),
  };
}

function parseOption(raw: Json): Option {
  const option: Option = {
    id: text(raw.id),
    label: text(raw.label),
    kind: oneOf(raw.kind, ["slot", "choice", "confirm", "decline"], "choice"),
  };
  if (option.kind === "slot" && text(raw.starts_at) !== "") option.slot = parseSlot(raw);
  return option;
}

function parseField(raw: Json): Field {
  return {
    name: text(raw.name),
    label: text(raw.label) || text(raw.name),
    type: oneOf(raw.type, ["text", "date", "tel", "email", "code", "checkbox", "select"], "text"),
    required: raw.required === true,
    options: Array.isArray(raw.options) ? raw.options.filter((o): o is string => typeof o === "string") : [],
  };
}

function parseMessage(raw: Json): Message | null {
  if (count(raw.seq) === 0) return null;
  const message: Message = {
    seq: count(raw.seq),
    turn: text(raw.turn),
    role: oneOf(raw.role, ["agent", "patient", "staff", "system"], "system"),
    text: text(raw.text),
    options: objects(raw.options).map(parseOption),
    at: text(raw.at),
  };
  if (isObject(raw.form)) message.form = { id: text(raw.form.id), fields: objects(raw.form.fields).map(parseField) };
  if (isObject(raw.appointment)) {
    message.appointment = { id: text(raw.appointment.id), state: text(raw.appointment.state), ...parseSlot(raw.appointment) };
  }
  return message;
}

/** Reads one text frame. Null for what is no frame of this protocol, or of a later version of it: it is passed over. */
export function parseFrame(data: string): ServerFrame | null {
  let raw: unknown;
  try {
    raw = JSON.parse(data);
  } catch {
    return null;
  }
  return isObject(raw) ? readFrame(raw) : null;
}

function readFrame(raw: Json): ServerFrame | null {
  switch (raw.type) {
    case "welcome":
      return { type: "welcome", conversation: text(raw.conversation), seq: count(raw.seq) };
    case "ack":
      return { type: "ack", id: text(raw.id), seq: count(raw.seq) };
    case "typing":
    case "ended":
      return { type: raw.type };
    case "delta":
      return { type: "delta", turn: text(raw.turn), text: text(raw.text) };
    case "discard":
      return { type: "discard", turn: text(raw.turn) };
    case "message": {
      const message = parseMessage(raw);
      return message && { type: "message", message };
    }
    case "error":
      return {
        type: "error",
        code: text(raw.code),
        message: text(raw.message),
        retryAfterMs: count(raw.retry_after_ms),
        id: text(raw.id),
        field: text(raw.field),
      };
    default:
      return null;
  }
}
