import { html, nothing, type TemplateResult } from "lit";
import type { Appointment } from "../protocol";
import type { Strings } from "../strings/index";
import { formatDay, formatHere, formatTimeRange, parseWallTime, type WallTime } from "../wallclock";
import type { Context } from "./context";
import { icons } from "./icons";

/** How an appointment stands, as far as a patient cares. */
type Standing = "booked" | "moved" | "held" | "cancelled" | "other";

const STANDINGS: Record<string, Standing> = {
  booked: "booked",
  confirmed: "booked",
  moved: "moved",
  rescheduled: "moved",
  held: "held",
  pending: "held",
  cancelled: "cancelled",
  canceled: "cancelled",
};

/** The card of an appointment. */
export function appointmentView(appointment: Appointment, context: Context): TemplateResult {
  const { strings } = context;
  const standing = STANDINGS[appointment.state] ?? "other";
  const start = parseWallTime(appointment.startsAt);
  const end = parseWallTime(appointment.endsAt);
  const stands = standing === "booked" || standing === "moved";
  return html`<article class="appointment ${standing}" part="appointment" data-appointment=${appointment.id}>
    <p class="standing">${standing === "cancelled" ? icons.cross : stands ? icons.check : icons.clock}${title(standing, strings)}</p>
    <div class="appointment-body">
      ${start ? leaf(start, context.code) : nothing}
      <dl>
        ${appointment.service ? html`<div class="service"><dt class="hidden">${strings.appointment}</dt><dd>${appointment.service}</dd></div>` : nothing}
        ${start ? html`<div><dt class="hidden">${strings.when}</dt><dd>${when(start, end, context)}</dd></div>` : nothing}
        ${row(strings.withWhom, appointment.practitioner)} ${row(strings.where, appointment.location)}
      </dl>
    </div>
    ${stands && start && end
      ? html`<button type="button" class="quiet" part="calendar" @click=${() => context.actions.download(appointment)}>
          ${icons.calendar}${strings.addToCalendar}
        </button>`
      : nothing}
  </article>`;
}

function title(standing: Standing, strings: Strings): string {
  return standing === "other" ? strings.appointment : strings[standing];
}

function row(term: string, value: string): TemplateResult | typeof nothing {
  return value ? html`<div><dt>${term}</dt> <dd>${value}</dd></div>` : nothing;
}

/** The day and, never broken in the middle, the time. */
function when(start: WallTime, end: WallTime | null, context: Context): TemplateResult {
  const day = formatDay(start, context.code, new Date(context.now).getFullYear());
  const here = formatHere(start, context.code);
  return html`${day}${end ? html`, <span class="whole">${formatTimeRange(start, end, context.code)}</span>` : nothing}
  ${here ? html`<span class="whole">(${context.strings.yourTime(here)})</span>` : nothing}`;
}

/** The leaf of a calendar: for the eye only, the words beside it say the same. */
function leaf(start: WallTime, language: string): TemplateResult {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(start.wall);
  return html`<div class="leaf" aria-hidden="true">
    <span>${part({ month: "short" })}</span><b>${start.date.slice(8).replace(/^0/, "")}</b><span>${part({ weekday: "short" })}</span>
  </div>`;
}
