import { html, nothing, type TemplateResult } from "lit";
import { fieldInput, localDate } from "../form";
import type { Complaint, FormState } from "../forms";
import type { Field, Form } from "../protocol";
import type { Strings } from "../strings/index";
import type { Context, Entry } from "./context";

/** A form of the clinic, or the note that it was filled in. */
export function formView(entry: Entry, context: Context): TemplateResult | typeof nothing {
  const { form, seq } = entry.message;
  if (!form || !entry.open) return nothing;
  const state = context.form(form);
  const wrong = state.problems[""];
  return html`<form
    class="form"
    part="form"
    novalidate
    data-form=${form.id}
    aria-label=${context.strings.details}
    @submit=${(event: SubmitEvent) => context.actions.submit(event, form)}
  >
    ${wrong ? html`<p class="problem" role="alert">${sentence(wrong, context.strings)}</p>` : nothing}
    ${form.fields.map((field, index) => fieldView(field, `f${seq}-${index}`, form, state, context))}
    <button type="submit" class="primary" part="submit" ?disabled=${context.deciding}>
      ${context.deciding ? context.strings.sending : context.strings.submit}
    </button>
  </form>`;
}

function sentence(wrong: Complaint, strings: Strings): string {
  return typeof wrong === "string" ? strings.problems[wrong] : wrong.says;
}

function fieldView(field: Field, id: string, form: Form, state: FormState, context: Context): TemplateResult {
  const wrong = state.problems[field.name];
  const control = field.type === "select" ? selectView : inputView;
  const label = html`<label for=${id}
    >${field.label}${field.required || field.type === "checkbox"
      ? nothing
      : html` <span class="optional">(${context.strings.optional})</span>`}</label
  >`;
  const input = control({ field, id, form, state, context, wrong });
  return html`<div class="field ${field.type}" data-name=${field.name}>
    ${field.type === "checkbox" ? html`<div class="check">${input}${label}</div>` : html`${label}${input}`}
    ${wrong ? html`<p class="problem" id="${id}-problem">${sentence(wrong, context.strings)}</p>` : nothing}
  </div>`;
}

interface Control {
  field: Field;
  id: string;
  form: Form;
  state: FormState;
  context: Context;
  wrong: Complaint | undefined;
}

function inputView({ field, id, form, state, context, wrong }: Control): TemplateResult {
  const { type, autocomplete, inputmode } = fieldInput(field);
  const initial = field.type === "code" ? "" : (state.initial[field.name] ?? "");
  const birth = field.name === "birth_date";
  return html`<input
    id=${id}
    name=${field.name}
    type=${type}
    autocomplete=${autocomplete}
    inputmode=${inputmode}
    min=${birth ? "1900-01-01" : nothing}
    max=${birth ? localDate(new Date(context.now)) : nothing}
    .value=${type === "checkbox" ? "true" : initial}
    .checked=${type === "checkbox" && initial === "true"}
    ?required=${field.required}
    aria-invalid=${wrong ? "true" : nothing}
    aria-describedby=${wrong ? `${id}-problem` : nothing}
    @input=${(event: Event) => context.actions.edited(form, field, event.target as HTMLInputElement)}
  />`;
}

function selectView({ field, id, form, state, context, wrong }: Control): TemplateResult {
  return html`<select
    id=${id}
    name=${field.name}
    ?required=${field.required}
    aria-invalid=${wrong ? "true" : nothing}
    aria-describedby=${wrong ? `${id}-problem` : nothing}
    @input=${(event: Event) => context.actions.edited(form, field, event.target as HTMLSelectElement)}
  >
    <option value="">${context.strings.choose}</option>
    ${field.options.map(
      (option) => html`<option value=${option} ?selected=${state.initial[field.name] === option}>${option}</option>`,
    )}
  </select>`;
}

/** What stands in a form's fields; an unticked box has no entry. */
export function read(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value;
  return values;
}
