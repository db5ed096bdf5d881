/**
 * How long to wait before connecting again, in milliseconds: doubling from half a second up to half a minute, of which
 * the upper half is left to chance, so that a thousand widgets that lost one server do not come back as one.
 */
export function backoff(attempt: number, random: () => number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
