import { html, nothing, type TemplateResult } from "lit";
import type { Option } from "../protocol";
import { groupOptions, type Common, type SlotChoice, type SlotDay } from "../slots";
import { browserOffset, differsFromHere, formatDay, formatHere, formatTime } from "../wallclock";
import type { Context, Entry } from "./context";
import { icons } from "./icons";

/** What a message offers: times as cards by the clinic's day, everything else as buttons. */
export function optionsView(entry: Entry, context: Context): TemplateResult | typeof nothing {
  const { options } = entry.message;
  if (options.length === 0) return nothing;
  const { days, others, common } = groupOptions(options);
  return html`
    ${days.length > 0 ? slotsView(days, common, entry, context) : nothing}
    ${others.length > 0
      ? html`<div class="choices" role="group" aria-label=${context.strings.choices}>
          ${others.map((option) => optionButton(option, entry, context))}
        </div>`
      : nothing}
  `;
}

function slotsView(days: SlotDay[], common: Common, entry: Entry, context: Context): TemplateResult {
  const { strings } = context;
  const first = days[0]?.choices[0]?.time;
  const elsewhere = first && differsFromHere(first, browserOffset(first.instant));
  const shared = [common.service, common.practitioner && strings.with(common.practitioner), common.location];
  const caption = shared.filter(Boolean).join(" · ");
  return html`<div class="slots" role="group" aria-label=${strings.times}>
    ${caption ? html`<p class="slots-caption">${caption}</p>` : nothing}
    ${days.map((day) => slotDay(day, common, entry, context))}
    ${elsewhere ? html`<p class="slots-note">${strings.clinicTime}</p>` : nothing}
  </div>`;
}

function slotDay(day: SlotDay, common: Common, entry: Entry, context: Context): TemplateResult {
  const time = day.choices[0]!.time;
  const name = formatDay(time, context.code, new Date(context.now).getFullYear());
  return html`<div class="slot-day" role="group" aria-label=${name}>
    <p class="slot-date" aria-hidden="true">${name}</p>
    <div class="slot-grid ${common.practitioner ? "" : "wide"}">
      ${day.choices.map((choice) => slotButton(choice, common, name, entry, context))}
    </div>
  </div>`;
}

function slotButton(choice: SlotChoice, common: Common, day: string, entry: Entry, context: Context): TemplateResult {
  const { option, slot, time } = choice;
  const here = formatHere(time, context.code);
  const detail = [
    here && context.strings.yourTime(here),
    common.practitioner ? "" : slot.practitioner,
    common.service ? "" : slot.service,
    common.location ? "" : slot.location,
  ].filter(Boolean);
  return optionButton(
    option,
    entry,
    context,
    html`<span class="slot-time">${formatTime(time, context.code)}</span>
      ${detail.map((line) => html`<span class="slot-detail">${line}</span>`)}
      <span class="hidden">, ${day}</span>`,
  );
}

function optionButton(option: Option, entry: Entry, context: Context, content?: TemplateResult): TemplateResult {
  const chosen = entry.answer !== "" && entry.answer === option.label;
  return html`<button
    type="button"
    class="option ${option.kind} ${chosen ? "chosen" : ""}"
    part="option option-${option.kind}"
    data-option=${option.id}
    data-kind=${option.kind}
    ?disabled=${!entry.open || context.deciding}
    @click=${() => context.actions.choose(option)}
  >
    ${chosen ? html`${icons.check}<span class="hidden">${context.strings.chosen}: </span>` : nothing}
    ${content ?? option.label}
  </button>`;
}
