/* The "New" line: after which seq it stands, frozen once it is there; null where there is none. */
import type { Message, Room } from "../wire/generated";

export type Line = number | null;

export interface Attention {
  focused: boolean;
  atBottom: boolean;
}

export function onOpening(info: Room): Line {
  return info.unread > 0 ? info.read : null;
}

export function onArrival(line: Line, message: Message, me: number, { focused, atBottom }: Attention): Line {
  if (line !== null || message.user === me || message.deleted) return line;
  return focused && atBottom ? null : message.seq - 1;
}

/** Whoever turns away at the bottom has seen it all: the next line is drawn where they come back. */
export function onTurningAway(line: Line, { atBottom }: Pick<Attention, "atBottom">): Line {
  return atBottom ? null : line;
}
