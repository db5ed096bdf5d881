import type { Field } from "./protocol";

/** Why a value is refused; the strings file has a sentence for each. */
export type Problem = "required" | "consent" | "date" | "dateFuture" | "datePast" | "tel" | "email" | "code" | "select";

/** What the browser is told about a field so that it offers the right keyboard and what it knows of the person. */
export interface FieldInput {
  type: "text" | "date" | "tel" | "email" | "checkbox";
  autocomplete: string;
  inputmode: "text" | "numeric" | "tel" | "email";
}

const AUTOCOMPLETE: Record<string, string> = {
  given_name: "given-name",
  family_name: "family-name",
  birth_date: "bday",
  phone: "tel",
  email: "email",
  code: "one-time-code",
};

export function fieldInput(field: Field): FieldInput {
  const autocomplete = field.type === "code" ? "one-time-code" : (AUTOCOMPLETE[field.name] ?? "off");
  switch (field.type) {
    case "date":
    case "checkbox":
      return { type: field.type, autocomplete, inputmode: "text" };
    case "tel":
    case "email":
      return { type: field.type, autocomplete, inputmode: field.type };
    case "code":
      return { type: "text", autocomplete, inputmode: "numeric" };
    default:
      return { type: "text", autocomplete, inputmode: "text" };
  }
}

/** The value as it is sent: without the blanks around it, a code without any. */
export function normalize(field: Field, value: string): string {
  return field.type === "code" ? value.replace(/[\s-]/g, "") : value.trim();
}

/**
 * What is wrong with a value (already normalized), null for nothing. It spares the patient a round trip; what counts is
 * the server's own check. today is the patient's date, YYYY-MM-DD.
 */
export function problem(field: Field, value: string, today: string): Problem | null {
  if (field.type === "checkbox") return field.required && value !== "true" ? consentOrRequired(field) : null;
  if (value === "") return field.required ? "required" : null;
  switch (field.type) {
    case "date":
      return dateProblem(field, value, today);
    case "tel":
      return isPhone(value) ? null : "tel";
    case "email":
      return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value) ? null : "email";
    case "code":
      return /^\d{6}$/.test(value) ? null : "code";
    case "select":
      return field.options.includes(value) ? null : "select";
    default:
      return null;
  }
}

function consentOrRequired(field: Field): Problem {
  return field.name === "consent" ? "consent" : "required";
}

function dateProblem(field: Field, value: string, today: string): Problem | null {
  if (!isDate(value)) return "date";
  if (field.name !== "birth_date") return null;
  if (value > today) return "dateFuture";
  return value < "1900-01-01" ? "datePast" : null;
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** Seven digits are the shortest number that anybody dials in full, fifteen the longest that E.164 allows. */
function isPhone(value: string): boolean {
  const digits = value.replace(/\D/g, "").length;
  return /^\+?[\d\s().\-/]+$/.test(value) && digits >= 7 && digits <= 15;
}

/** The patient's date as YYYY-MM-DD. */
export function localDate(now: Date): string {
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}
