/** A piece of a message: text, and where it leads when it is a link. */
export interface Segment {
  text: string;
  href?: string;
}

const URL_PATTERN = /https?:\/\/[^\s<>"']+/gi;
// What ends a sentence rather than an address.
const TRAILING = /[.,;:!?)\]}»”’]+$/;

/**
 * Splits a message into text and links. Only an address on the clinic's own server becomes a link: a message can quote
 * what a stranger wrote, and nobody should be led away from the clinic by one click.
 */
export function segments(message: string, origin: string): Segment[] {
  const result: Segment[] = [];
  let from = 0;
  for (const match of message.matchAll(URL_PATTERN)) {
    const candidate = match[0].replace(TRAILING, "");
    if (!isOwn(candidate, origin)) continue;
    if (match.index > from) result.push({ text: message.slice(from, match.index) });
    result.push({ text: candidate, href: candidate });
    from = match.index + candidate.length;
  }
  if (from < message.length) result.push({ text: message.slice(from) });
  return result;
}

function isOwn(address: string, origin: string): boolean {
  try {
    const url = new URL(address);
    return url.origin === origin && url.username === "" && url.password === "";
  } catch {
    return false;
  }
}
