/**
 * The clinic's local time, read from the offset that a timestamp carries. A patient who is
 * travelling must see the hour at which the clinic expects them; what their own clock shows then only stands beside it.
 */

/** An instant and the wall clock beside it, as RFC 3339 has both. */
export interface WallTime {
  /** Milliseconds since the epoch. */
  instant: number;
  /** The wall clock's reading as if it were UTC, in milliseconds: for formatting with timeZone "UTC". */
  wall: number;
  /** The local date, YYYY-MM-DD. */
  date: string;
  /** Minutes east of UTC. */
  offset: number;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Reads an RFC 3339 timestamp; null for anything else. */
export function parseWallTime(timestamp: string): WallTime | null {
  const match = RFC3339.exec(timestamp);
  if (!match) return null;
  const [, date = "", clock = "", sign, hours = "0", minutes = "0"] = match;
  const wall = Date.parse(`${date}T${clock}Z`);
  if (Number.isNaN(wall)) return null;
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return { instant: wall - offset * 60_000, wall, date, offset };
}

function format(time: WallTime, language: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(time.wall);
}

/** "Tuesday, December 1", with the year when it is not this one. */
export function formatDay(time: WallTime, language: string, thisYear: number): string {
  const year = time.date.startsWith(String(thisYear)) ? {} : ({ year: "numeric" } as const);
  return format(time, language, { weekday: "long", month: "long", day: "numeric", ...year });
}

/** "9:00 AM". */
export function formatTime(time: WallTime, language: string): string {
  return format(time, language, { hour: "numeric", minute: "2-digit" });
}

/** "9:00 – 9:30 AM". */
export function formatTimeRange(from: WallTime, to: WallTime, language: string): string {
  const formatter = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
  return formatter.formatRange(from.wall, to.wall);
}

/** True when somebody whose clock stands at browserOffset minutes east of UTC would read another hour. */
export function differsFromHere(time: WallTime, browserOffset: number): boolean {
  return time.offset !== browserOffset;
}

/** The time on the clock of whoever reads this, with its weekday when that differs; "" when they read the same hour. */
export function formatHere(time: WallTime, language: string): string {
  const offset = browserOffset(time.instant);
  if (!differsFromHere(time, offset)) return "";
  const sameDay = new Date(time.instant + offset * 60_000).toISOString().startsWith(time.date);
  const day = sameDay ? {} : ({ weekday: "short" } as const);
  return new Intl.DateTimeFormat(language, { ...day, hour: "numeric", minute: "2-digit" }).format(time.instant);
}

/** The IANA name of the zone that this browser is in, "" when it does not know. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

/** Minutes east of UTC at which this browser's clock stands at the instant. */
export function browserOffset(instant: number): number {
  return -new Date(instant).getTimezoneOffset();
}
