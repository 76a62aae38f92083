/* Where a name is being written: of a person after `@`, of a room after `#`. */

const STARTED = /(?:^|[^\p{L}\p{N}_@#./-])([@#])((?:[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,60})?)$/u;
const LOOKED_AT = 80;

export interface Started {
  sign: "@" | "#";
  /** The beginning of the name; empty right after the sign. */
  prefix: string;
}

/** What stands right before the caret, if it begins a name. */
export function startedMention(text: string, caret: number): Started | null {
  const found = STARTED.exec(text.slice(Math.max(0, caret - LOOKED_AT), caret));
  return found && { sign: found[1] as Started["sign"], prefix: found[2]! };
}
