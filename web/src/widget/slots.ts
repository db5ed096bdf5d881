import type { Option, Slot } from "./protocol";
import { parseWallTime, type WallTime } from "./wallclock";

/** One time to choose, ready to be shown. */
export interface SlotChoice {
  option: Option;
  slot: Slot;
  time: WallTime;
}

/** The times of one of the clinic's days, in order. */
export interface SlotDay {
  date: string;
  choices: SlotChoice[];
}

/** What every slot of an offer has in common, "" where they differ: said once instead of on every card. */
export interface Common {
  practitioner: string;
  service: string;
  location: string;
}

/** The options apart: slots whose time is known, by the clinic's day, and all others in the order they came in. */
export function groupOptions(options: Option[]): { days: SlotDay[]; others: Option[]; common: Common } {
  const others: Option[] = [];
  const choices: SlotChoice[] = [];
  for (const option of options) {
    const time = option.slot && parseWallTime(option.slot.startsAt);
    if (option.slot && time) choices.push({ option, slot: option.slot, time });
    else others.push(option);
  }
  choices.sort((a, b) => a.time.instant - b.time.instant);
  return { days: byDay(choices), others, common: inCommon(choices) };
}

function byDay(choices: SlotChoice[]): SlotDay[] {
  const days: SlotDay[] = [];
  for (const choice of choices) {
    const last = days.at(-1);
    if (last?.date === choice.time.date) last.choices.push(choice);
    else days.push({ date: choice.time.date, choices: [choice] });
  }
  return days;
}

function inCommon(choices: SlotChoice[]): Common {
  const shared = (key: keyof Common) => {
    const first = choices[0]?.slot[key] ?? "";
    return choices.every((choice) => choice.slot[key] === first) ? first : "";
  };
  return { practitioner: shared("practitioner"), service: shared("service"), location: shared("location") };
}
