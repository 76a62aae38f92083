/* Pages of history, laid beside what is held. */
import type { HistoryPage } from "../wire/generated";
import { type HeldRoom, type Stretch } from "./room";
import { find, type Messages, replace, union } from "./sorted";

export type Place = { before: number } | { after: number } | { around: number };

/** From now on changes of unloaded messages are kept: the page may hold their older state. */
export function expectPage(held: HeldRoom): HeldRoom {
  return { ...held, kept: [] };
}

export function forgetPage(held: HeldRoom): HeldRoom {
  return { ...held, kept: null };
}

export function layPage(held: HeldRoom, reply: HistoryPage, place: Place): HeldRoom {
  const messages = (held.kept ?? []).reduce(replace, union([], reply.messages));
  const page: Stretch = { messages, moreBefore: reply.more_before, moreAfter: reply.more_after };
  const done = forgetPage(held);
  if ("around" in place) return settled({ ...done, window: page });
  if ("before" in place) return before(done, page);
  return done.window ? settled({ ...done, window: { ...after(done.window, page) } }) : done;
}

function before(held: HeldRoom, page: Stretch): HeldRoom {
  if (!held.window) return { ...held, tail: union(held.tail, page.messages), moreBefore: page.moreBefore };
  const messages = union(held.window.messages, page.messages);
  return { ...held, window: { ...held.window, messages, moreBefore: page.moreBefore } };
}

function after(window: Stretch, page: Stretch): Stretch {
  return { ...window, messages: union(window.messages, page.messages), moreAfter: page.moreAfter };
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
