import type { Appointment } from "./protocol";
import { parseWallTime } from "./wallclock";

/** What a calendar file says beside the appointment itself. */
export interface CalendarDetails {
  /** The clinic's name, "" when it is not known. */
  clinic: string;
  /** The clinic's telephone, "" when it is not known. */
  phone: string;
  /** The part of UID after the @: the server's host name. */
  host: string;
  /** When the file is made, in milliseconds since the epoch. */
  now: number;
}

/**
 * The appointment as an iCalendar file (RFC 5545), or "" when its times cannot be read. Times are UTC, so that no zone
 * has to be described; UID is the appointment's id, so that a calendar replaces what it has when the file is opened again.
 */
export function toICalendar(appointment: Appointment, details: CalendarDetails): string {
  const start = parseWallTime(appointment.startsAt);
  const end = parseWallTime(appointment.endsAt);
  if (!start || !end) return "";
  const title = [appointment.service, appointment.practitioner].filter(Boolean).join(" – ") || details.clinic;
  const description = [details.clinic, details.phone].filter(Boolean).join(", ");
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//AgentCare//Chat//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    `UID:${escapeText(`${appointment.id}@${details.host}`)}`,
    `DTSTAMP:${utc(details.now)}`,
    `DTSTART:${utc(start.instant)}`,
    `DTEND:${utc(end.instant)}`,
    `SUMMARY:${escapeText(title)}`,
    ...(appointment.location ? [`LOCATION:${escapeText(appointment.location)}`] : []),
    ...(description ? [`DESCRIPTION:${escapeText(description)}`] : []),
    "STATUS:CONFIRMED",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map(fold).join("\r\n") + "\r\n";
}

/** Form 2 of RFC 5545 3.3.5: 20261201T140000Z. */
function utc(instant: number): string {
  return new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** RFC 5545 3.3.11: backslash, semicolon, comma and line breaks are escaped; other controls may not stand there. */
export function escapeText(value: string): string {
  return value
    .replace(/[\\;,]/g, "\\$&")
    .replace(/\r\n|\r|\n/g, "\\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** RFC 5545 3.1: no line is longer than 75 octets of UTF-8, and none is broken inside a character. */
export function fold(line: string): string {
  const encoder = new TextEncoder();
  let folded = "";
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > 75) {
      folded += "\r\n ";
      octets = 1;
    }
    folded += character;
    octets += size;
  }
  return folded;
}
