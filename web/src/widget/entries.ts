import { localDate } from "./form";
import type { Message } from "./protocol";
import type { Language } from "./strings/index";
import type { Transcript } from "./transcript";
import type { Entry } from "./views/context";
import { formatDay, parseWallTime } from "./wallclock";

/** The transcript as it is shown: who is introduced, which day is named, what is still open and what was answered. */
export function entries(transcript: Transcript, chosen: ReadonlySet<string>, language: Language, now: number): Entry[] {
  const { messages, lastPatientSeq } = transcript;
  const answers = answersTo(messages);
  let lastDate = "";
  return messages.map((message, index) => {
    const date = localDay(message.at) || lastDate;
    const day = date !== lastDate ? dayName(date, index === 0, language, now) : "";
    lastDate = date;
    return {
      message,
      day,
      introduce: day !== "" || messages[index - 1]?.role !== message.role,
      open: message.role !== "patient" && message.seq > lastPatientSeq,
      answer: message.options.find(({ id }) => chosen.has(id))?.label ?? answers.get(message.seq) ?? "",
    };
  });
}

/** The patient's next words after each message. */
function answersTo(messages: readonly Message[]): Map<number, string> {
  const answers = new Map<number, string>();
  let next = "";
  for (const message of [...messages].reverse()) {
    if (message.role === "patient") next = message.text;
    else if (next !== "") answers.set(message.seq, next);
  }
  return answers;
}

/** The reader's own date at which something was said, YYYY-MM-DD; "" when it is not known. */
function localDay(at: string): string {
  const time = parseWallTime(at);
  return time ? localDate(new Date(time.instant)) : "";
}

/** "Yesterday", or the date; "" for a conversation that began today, where it goes without saying. */
function dayName(date: string, first: boolean, language: Language, now: number): string {
  const today = localDate(new Date(now));
  if (date === today) return first ? "" : language.strings.today;
  const noon = new Date(`${today}T12:00:00`);
  noon.setDate(noon.getDate() - 1);
  if (date === localDate(noon)) return language.strings.yesterday;
  const time = parseWallTime(`${date}T00:00:00Z`);
  return time ? formatDay(time, language.code, Number(today.slice(0, 4))) : "";
}
