import { localDate, normalize, problem, type Problem } from "./form";
import type { Field, Form } from "./protocol";

/** What is wrong with a field: found here, or a sentence of the server's. */
export type Complaint = Problem | { says: string };

/** What a form shows beside its fields. */
export interface FormState {
  /** What its fields hold when it appears: what the patient entered under the same names before. */
  readonly initial: Readonly<Record<string, string>>;
  /** What is wrong, by the field's name; "" for the form as a whole. */
  problems: Record<string, Complaint>;
  /** Changes with every change of problems. */
  version: number;
}

/**
 * The forms of a conversation while they are being filled in. A form that comes back after a refusal holds what was
 * entered before, so that one wrong digit does not cost five fields; codes are the exception, each is used once.
 */
export class Forms {
  private readonly states = new Map<string, FormState>();
  private readonly entered = new Map<string, string>();

  state(form: Form): FormState {
    let state = this.states.get(form.id);
    if (!state) {
      state = { initial: Object.fromEntries(this.entered), problems: {}, version: 0 };
      this.states.set(form.id, state);
    }
    return state;
  }

  /** Notes what was entered; a complaint about the field is withdrawn. */
  edited(form: Form, field: Field, value: string): void {
    if (field.type !== "code") this.entered.set(field.name, value);
    const state = this.state(form);
    if (!(field.name in state.problems)) return;
    const { [field.name]: _, ...others } = state.problems;
    state.problems = others;
    state.version++;
  }

  /** Checks what was entered. The values to send, or null when something is wrong: then the state says what. */
  check(form: Form, raw: Record<string, string>, today: Date): Record<string, string> | null {
    const state = this.state(form);
    const values: Record<string, string> = {};
    state.problems = {};
    state.version++;
    for (const field of form.fields) {
      const value = normalize(field, raw[field.name] ?? "");
      const wrong = problem(field, value, localDate(today));
      if (wrong) state.problems[field.name] = wrong;
      else if (value !== "") values[field.name] = value;
    }
    return Object.keys(state.problems).length === 0 ? values : null;
  }

  /** Notes what the server refused. */
  refused(form: string, field: string, says: string): void {
    const state = this.states.get(form);
    if (!state) return;
    state.problems = { [field]: { says } };
    state.version++;
  }

  /** Forgets everything that was entered. */
  clear(): void {
    this.states.clear();
    this.entered.clear();
  }
}
