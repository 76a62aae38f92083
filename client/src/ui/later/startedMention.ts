/* Where a mention is being written. */

const STARTED = /(?:^|[^\p{L}\p{N}_@./-])@([\p{L}\p{N}_][\p{L}\p{N}_.-]{0,60})$/u;
const LOOKED_AT = 80;

/** The beginning of a name right before the caret, if there is one. */
export function startedMention(text: string, caret: number): string | null {
  return STARTED.exec(text.slice(Math.max(0, caret - LOOKED_AT), caret))?.[1] ?? null;
}
