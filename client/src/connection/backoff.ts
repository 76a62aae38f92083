/* How long to wait before the next try: full jitter, so that thousands of clients do not come back together. */

export const CAP = 30_000;
export const SPREAD = 5_000;
export const SLOW_FLOOR = 10_000;
export const LATER = 45_000;

/** Anything up to the ceiling, which doubles with each try from one second on. */
export function jittered(tries: number, random: number): number {
  return random * Math.min(CAP, 1000 * 2 ** tries);
}

/** Never under ten seconds, and the more tries the wider. */
export function slow(tries: number, random: number): number {
  return SLOW_FLOOR + random * Math.min(CAP - SLOW_FLOOR, SLOW_FLOOR * 2 ** tries);
}
