import type { Message } from "./protocol";
import type { Language } from "./strings/index";
import type { Transcript } from "./transcript";
import type { Entry } from "./views/context";
import { dateThere, formatDay, parseWallTime } from "./wallclock";

/** The transcript as it is shown: who is introduced, which day is named, what is still open and what was answered. */
export function entries(transcript: Transcript, chosen: ReadonlySet<string>, language: Language, now: number): Entry[] {
  const { messages, lastPatientSeq } = transcript;
  const answers = answersTo(messages);
  let lastDate = "";
  return messages.map((message, index) => {
    const date = parseWallTime(message.at)?.date ?? lastDate;
    const day = date !== lastDate ? dayName(message.at, index === 0, language, now) : "";
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

/** "Yesterday", or the date; "" for a conversation that began today, where it goes without saying. */
function dayName(at: string, first: boolean, language: Language, now: number): string {
  const time = parseWallTime(at);
  if (!time) return "";
  const today = dateThere(time, now);
  if (time.date === today) return first ? "" : language.strings.today;
  if (time.date === dateThere(time, now, -1)) return language.strings.yesterday;
  return formatDay(time, language.code, Number(today.slice(0, 4)));
}
