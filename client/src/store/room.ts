/*
 * What is held of one room, and how changes enter it (the wire's rules for revisions).
 * `tail` is what reaches up to now without a hole; `window` an older stretch that a jump has opened, shown instead.
 */
import type { Joined, Message, Room, RoomEvent } from "../wire/generated";
import { find, type Messages, replace, upsert } from "./sorted";

export interface Stretch {
  messages: Messages;
  moreBefore: boolean;
  moreAfter: boolean;
}

export interface HeldRoom {
  info: Room;
  /** The newest revision that is known; null when nothing is held, so that a join asks for the last page. */
  last: number | null;
  tail: Messages;
  moreBefore: boolean;
  window: Stretch | null;
  /** Changes of messages that are not loaded, kept while a page is on its way; null when none is. */
  kept: Messages | null;
  /** Whether this connection gets the room's events, or has asked for them. */
  subscription: "none" | "asked" | "live";
}

export function hold(info: Room): HeldRoom {
  return { info, last: null, tail: [], moreBefore: false, window: null, kept: null, subscription: "none" };
}

/** What the server says of the room, put over what is held; the messages stay as they are. */
export function inform(held: HeldRoom, info: Room): HeldRoom {
  return { ...held, info };
}

export function shown(held: HeldRoom): Stretch {
  return held.window ?? { messages: held.tail, moreBefore: held.moreBefore, moreAfter: false };
}

export type Verdict = "take" | "drop" | "gap";

export function judge(held: HeldRoom, rev: number): Verdict {
  if (held.last === null || rev > held.last + 1) return "gap";
  return rev <= held.last ? "drop" : "take";
}

/** One live change, already judged worth taking. */
export function take(held: HeldRoom, message: Message, rev: number): HeldRoom {
  return { ...absorb(held, message), last: rev };
}

function absorb(held: HeldRoom, message: Message): HeldRoom {
  if (held.last === null || message.seq > held.last) return { ...held, tail: upsert(held.tail, message) };
  const window = held.window && { ...held.window, messages: replace(held.window.messages, message) };
  const loaded = find(held.tail, message.seq) ?? (window && find(window.messages, message.seq));
  const kept = held.kept && !loaded ? [...held.kept, message] : held.kept;
  return { ...held, tail: replace(held.tail, message), window, kept };
}

/** The answer to a join: the changes missed, or a page that replaces everything. */
export function welcomeBack(held: HeldRoom, reply: Joined, after: number | null): HeldRoom {
  const fresh = after === null || reply.reset === true;
  const start: HeldRoom = fresh
    ? { ...hold(reply.room), tail: sorted(reply.messages), moreBefore: reply.more, kept: held.kept && [] }
    : reply.messages.reduce(absorb, held);
  return { ...start, info: reply.room, last: reply.room.rev, subscription: "live" };
}

function sorted(messages: Messages): Messages {
  return messages.reduce(upsert, [] as Messages);
}

/** A change of the room itself; null when all that is held is void and the room must be joined anew. */
export function change(held: HeldRoom, event: RoomEvent): HeldRoom | null {
  if (event.reset) return null;
  const { type: _type, room: _room, reset: _reset, ...changed } = event;
  const said = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
  const next = { ...held, info: { ...held.info, ...said }, last: event.rev };
  return event.floor ? aboveFloor(next, event.floor) : next;
}

function aboveFloor(held: HeldRoom, floor: number): HeldRoom {
  const above = (messages: Messages) => messages.filter((message) => message.seq >= floor);
  const window = held.window && { ...held.window, messages: above(held.window.messages) };
  return { ...held, tail: above(held.tail), window };
}

/** Forgets the oldest of a long tail, so that a page open for days stays light. */
export function trim(held: HeldRoom, longest: number, keep: number): HeldRoom {
  if (held.tail.length <= longest || held.kept) return held;
  return { ...held, tail: held.tail.slice(-keep), moreBefore: true };
}
