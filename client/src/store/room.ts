/*
 * What is held of one room, and how changes enter it (the wire's rules for revisions).
 * `tail` is what reaches up to now without a hole; `window` an older stretch that a jump has opened, shown instead.
 */
import type { Joined, Message, ReactionEvent, Room, RoomEvent } from "../wire/generated";
import { react } from "./reactions";
import { find, type Messages, replace, upsert } from "./sorted";

export interface Stretch {
  messages: Messages;
  moreBefore: boolean;
  moreAfter: boolean;
}

/** A message anew, or what somebody put to it. */
export type Change = Message | ReactionEvent;

/** Who came and went since the last message: one line, however many. */
export interface Traffic {
  after: number;
  came: readonly number[];
  went: readonly number[];
}

export interface HeldRoom {
  info: Room;
  /** The newest revision that is known; null when nothing is held, so that a join asks for the last page. */
  last: number | null;
  tail: Messages;
  moreBefore: boolean;
  window: Stretch | null;
  /** Messages that are loaded only because others answer them. */
  quoted: Messages;
  /** Changes of messages that are not loaded, kept while a page is on its way; null when none is. */
  kept: readonly Change[] | null;
  traffic: Traffic | null;
  /** Whether it came into the list just now: what is unread in it is news. */
  appeared?: boolean;
  /** The revision up to which the server counted what is unread. */
  counted: number;
  /** Whether this connection gets the room's events, or has asked for them. */
  subscription: "none" | "asked" | "live";
}

export function hold(info: Room): HeldRoom {
  return { info, last: null, tail: [], moreBefore: false, window: null, quoted: [], kept: null, traffic: null, counted: countedTo(info), subscription: "none" };
}

export function countedTo({ counted, rev }: Room): number {
  return counted ?? rev;
}

/** What is known of the room, put over what is held; the messages stay as they are. */
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
export function take(held: HeldRoom, change: Change, rev: number): HeldRoom {
  return { ...absorb(held, change), last: rev };
}

function absorb(held: HeldRoom, change: Change): HeldRoom {
  if (!("emoji" in change) && (held.last === null || change.seq > held.last)) return { ...held, tail: upsert(held.tail, change) };
  const window = held.window && { ...held.window, messages: amend(held.window.messages, change) };
  const loaded = find(held.tail, change.seq) ?? (window && find(window.messages, change.seq));
  const kept = held.kept && !loaded ? [...held.kept, change] : held.kept;
  return { ...held, tail: amend(held.tail, change), quoted: amend(held.quoted, change), window, kept };
}

/** The change put into its message, where that is among these. */
export function amend(messages: Messages, change: Change): Messages {
  return "emoji" in change ? react(messages, change) : replace(messages, change);
}

/** A message that is held, wherever. */
export function loaded({ tail, window, quoted }: HeldRoom, seq: number): Message | undefined {
  return find(tail, seq) ?? find(window?.messages ?? [], seq) ?? find(quoted, seq);
}

/** The answer to a join: the changes missed, or a page that replaces everything. */
export function welcomeBack(held: HeldRoom, reply: Joined, after: number | null): HeldRoom {
  const fresh = after === null || reply.reset === true;
  const start: HeldRoom = fresh
    ? { ...hold(reply.room), tail: sorted(reply.messages), moreBefore: reply.more, kept: held.kept && [] }
    : reply.messages.reduce(absorb, held);
  return { ...start, info: reply.room, counted: countedTo(reply.room), last: reply.room.rev, subscription: "live" };
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
