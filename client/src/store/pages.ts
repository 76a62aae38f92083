/* Pages of history, laid beside what is held. */
import type { HistoryPage, Message } from "../wire/generated";
import { amend, type HeldRoom, shown, type Stretch } from "./room";
import { find, type Messages, union, upsert } from "./sorted";

export type Place = { before: number } | { after: number } | { around: number };

/** So many at most are shown at once: a room of ten thousand costs the page no more than one of these. */
const MOST = 300;
/** What stays of them, on the side of the reader; and of the newest, when the reader has gone far up. */
const STAY = 200;
const TAIL = 100;

/** From now on changes of unloaded messages are kept: the page may hold their older state. */
export function expectPage(held: HeldRoom): HeldRoom {
  return { ...held, kept: [] };
}

export function forgetPage(held: HeldRoom): HeldRoom {
  return { ...held, kept: null };
}

export function layPage(held: HeldRoom, reply: HistoryPage, place: Place): HeldRoom {
  const messages = (held.kept ?? []).reduce(amend, union([], reply.messages));
  const page: Stretch = { messages, moreBefore: reply.more_before, moreAfter: reply.more_after };
  const done = forgetPage(held);
  if ("around" in place) return settled({ ...done, window: page });
  if ("before" in place) return before(done, page);
  return done.window ? settled({ ...done, window: after(done.window, page) }) : done;
}

function before(held: HeldRoom, page: Stretch): HeldRoom {
  const { moreBefore } = page;
  const messages = union(shown(held).messages, page.messages);
  if (messages.length > MOST) {
    const window = { messages: messages.slice(0, STAY), moreBefore, moreAfter: true };
    return held.window ? { ...held, window } : { ...held, window, tail: held.tail.slice(-TAIL), moreBefore: true };
  }
  return held.window ? { ...held, window: { ...held.window, messages, moreBefore } } : { ...held, tail: messages, moreBefore };
}

function after(window: Stretch, page: Stretch): Stretch {
  const messages = union(window.messages, page.messages);
  const isLong = messages.length > MOST;
  return { messages: isLong ? messages.slice(-STAY) : messages, moreBefore: isLong || window.moreBefore, moreAfter: page.moreAfter };
}

/** A window that has reached the tail is no window any more. */
function settled(held: HeldRoom): HeldRoom {
  const { window, tail } = held;
  if (!window || (window.moreAfter && !touches(window.messages, tail))) return held;
  const tailIsOlder = (tail[0]?.seq ?? Infinity) < (window.messages[0]?.seq ?? Infinity);
  const moreBefore = tailIsOlder ? held.moreBefore : window.moreBefore;
  return { ...held, tail: union(tail, window.messages), moreBefore, window: null };
}

function touches(older: Messages, newer: Messages): boolean {
  const first = newer[0];
  return first !== undefined && find(older, first.seq) !== undefined;
}

export function toLatest(held: HeldRoom): HeldRoom {
  return held.window ? { ...held, window: null } : held;
}

/** A message from elsewhere in the room, held because another quotes it; what changed meanwhile has come as an event. */
export function quoting(held: HeldRoom, message: Message): HeldRoom {
  return find(held.quoted, message.seq) ? held : { ...held, quoted: upsert(held.quoted, message) };
}
