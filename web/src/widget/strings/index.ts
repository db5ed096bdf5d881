import type { Problem } from "../form";
import { en } from "./en";
import { es } from "./es";

/** Everything that the widget says by itself. What the clinic says comes from the server in the conversation's language. */
export interface Strings {
  title: string;
  assistant: string;
  staff: string;
  you: string;
  says: (who: string, text: string) => string;
  open: string;
  close: string;
  launcher: string;
  unread: (count: number) => string;
  conversation: string;
  write: string;
  placeholder: string;
  send: string;
  left: (characters: number) => string;
  over: (characters: number) => string;
  isTyping: string;
  options: (count: number) => string;
  formFollows: string;
  times: string;
  with: (practitioner: string) => string;
  yourTime: (time: string) => string;
  clinicTime: string;
  chosen: string;
  choices: string;
  optional: string;
  details: string;
  detailsSent: string;
  submit: string;
  sending: string;
  choose: string;
  notSent: string;
  waiting: string;
  tryAgain: string;
  remove: string;
  edit: string;
  dismiss: string;
  menuEnd: string;
  endTitle: string;
  endText: string;
  endYes: string;
  endNo: string;
  endedTitle: string;
  endedText: string;
  startNew: string;
  lockedTitle: string;
  lockedText: string;
  continue: string;
  connecting: string;
  offline: string;
  reconnecting: string;
  elsewhere: string;
  useHere: string;
  unavailable: string;
  call: string;
  booked: string;
  held: string;
  moved: string;
  cancelled: string;
  appointment: string;
  when: string;
  where: string;
  withWhom: string;
  addToCalendar: string;
  /** Name of the calendar file, without its extension. */
  calendarFile: string;
  privacy: string;
  latest: string;
  today: string;
  yesterday: string;
  problems: Record<Problem, string>;
}

const languages: Record<string, Strings> = { en, es };

/** A language to speak: its code for dates and times, and its strings. */
export interface Language {
  code: string;
  strings: Strings;
}

/** The language for a lang attribute such as "es-MX": English for one that we do not have. */
export function languageFor(lang: string): Language {
  const base = lang.toLowerCase().split("-")[0] ?? "";
  const strings = languages[base];
  return strings ? { code: canonical(lang) ?? base, strings } : { code: "en", strings: en };
}

function canonical(lang: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(lang)[0];
  } catch {
    return undefined;
  }
}
