/** Reading what came from outside: each function answers with a value of its type, whatever it is given. */

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The string, or "". */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The number, or 0 for what is none, is not finite or is below 0. */
export function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

/** The objects of an array, or none. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
