import { describe, expect, it } from "vitest";
import { expectPage, layPage, toLatest } from "../src/store/pages";
import { change, hold, type HeldRoom, judge, shown, take, trim, welcomeBack } from "../src/store/room";
import type { HistoryPage, Message } from "../src/wire/generated";
import { aJoined, aMessage, aRoom, ROOM, seqs } from "./support";

function holding(last: number, ...messages: Message[]): HeldRoom {
  return { ...hold(aRoom({ rev: last })), last, tail: messages, moreBefore: true, subscription: "live" };
}

function page(messages: Message[], more: Partial<HistoryPage> = {}): HistoryPage {
  return { type: "history", room: ROOM, messages, more_before: false, more_after: false, users: [], ...more };
}

const edited = (seq: number, rev: number) => aMessage(seq, { rev, edited: true, text: `edited at ${rev}` });

describe("live changes", () => {
  it("the next revision is taken, an old one dropped, and a hole noticed", () => {
    const held = holding(5);
    expect([6, 5, 1, 7].map((rev) => judge(held, rev))).toEqual(["take", "drop", "drop", "gap"]);
  });

  it("nothing is taken of a room that was never joined", () => {
    expect(judge(hold(aRoom()), 1)).toBe("gap");
  });

  it("a new message goes to the end, a change replaces what it changes", () => {
    const held = take(take(holding(2, aMessage(1), aMessage(2)), aMessage(3), 3), edited(1, 4), 4);
    expect(seqs(held.tail)).toEqual([1, 2, 3]);
    expect(held.tail[0]).toMatchObject({ rev: 4, edited: true });
    expect(held.last).toBe(4);
  });

  it("a change of a message that is not loaded is dropped", () => {
    expect(seqs(take(holding(9, aMessage(8)), edited(2, 10), 10).tail)).toEqual([8]);
  });
});

describe("coming back", () => {
  it("missed changes are merged in whatever order their revisions have, and the room's rev is the new last", () => {
    const missed = [aMessage(4), edited(2, 5), edited(3, 7)];
    const held = welcomeBack(holding(2, aMessage(1), aMessage(2)), aJoined({ room: aRoom({ rev: 9 }), messages: missed }), 2);
    expect(held.tail.map(({ seq, rev }) => [seq, rev])).toEqual([[1, 1], [2, 5], [3, 7], [4, 4]]);
    expect(held).toMatchObject({ last: 9, subscription: "live", moreBefore: true });
  });

  it("a fetched state never goes behind a newer one that is held", () => {
    const held = welcomeBack(holding(5, edited(1, 5)), aJoined({ room: aRoom({ rev: 5 }), messages: [edited(1, 3)] }), 2);
    expect(held.tail[0]!.rev).toBe(5);
  });

  it("a reset replaces everything", () => {
    const reply = aJoined({ room: aRoom({ rev: 90 }), messages: [aMessage(90)], more: true, reset: true });
    const held = welcomeBack({ ...holding(2, aMessage(1)), window: { messages: [aMessage(1)], moreBefore: false, moreAfter: true } }, reply, 2);
    expect(seqs(held.tail)).toEqual([90]);
    expect(held).toMatchObject({ window: null, moreBefore: true, last: 90 });
  });

  it("the first join holds its page", () => {
    const held = welcomeBack(hold(aRoom()), aJoined({ room: aRoom({ rev: 3 }), messages: [aMessage(2), aMessage(3)], more: true }), null);
    expect(held).toMatchObject({ last: 3, moreBefore: true });
  });
});

describe("changes of the room", () => {
  it("only what is named changes", () => {
    const held = change(holding(1), { type: "room", room: ROOM, rev: 2, topic: "new" });
    expect(held).toMatchObject({ last: 2, info: { topic: "new", name: "Lobby" } });
  });

  it("below the floor messages are gone", () => {
    const held = change(holding(3, aMessage(1), aMessage(2), aMessage(3)), { type: "room", room: ROOM, rev: 4, floor: 3 });
    expect(seqs(held!.tail)).toEqual([3]);
  });

  it("a reset voids all that is held", () => {
    expect(change(holding(3, aMessage(1)), { type: "room", room: ROOM, rev: 4, reset: true })).toBeNull();
  });
});

describe("pages of history", () => {
  it("older messages go before, without doubles", () => {
    const held = layPage(expectPage(holding(4, aMessage(3), aMessage(4))), page([aMessage(1), aMessage(2), aMessage(3)]), { before: 3 });
    expect(seqs(held.tail)).toEqual([1, 2, 3, 4]);
    expect(held).toMatchObject({ moreBefore: false, kept: null });
  });

  it("a change that overtook its page is applied to it", () => {
    const waiting = take(expectPage(holding(4, aMessage(4))), edited(2, 5), 5);
    const held = layPage(waiting, page([aMessage(1), aMessage(2), aMessage(3)]), { before: 4 });
    expect(held.tail[1]).toMatchObject({ seq: 2, rev: 5, edited: true });
  });

  it("a page that already knows better keeps its state", () => {
    const waiting = take(expectPage(holding(4, aMessage(4))), edited(2, 5), 5);
    expect(layPage(waiting, page([edited(2, 6)]), { before: 4 }).tail[0]!.rev).toBe(6);
  });

  it("a jump opens a window and leaves the tail to live messages", () => {
    const window = page([aMessage(10), aMessage(11)], { more_before: true, more_after: true });
    const held = take(layPage(expectPage(holding(99, aMessage(99))), window, { around: 10 }), aMessage(100), 100);
    expect(seqs(shown(held).messages)).toEqual([10, 11]);
    expect(seqs(held.tail)).toEqual([99, 100]);
    expect(seqs(shown(toLatest(held)).messages)).toEqual([99, 100]);
  });

  it("a change reaches a message in the window", () => {
    const held = layPage(expectPage(holding(99, aMessage(99))), page([aMessage(10)], { more_after: true }), { around: 10 });
    expect(shown(take(held, edited(10, 100), 100)).messages[0]!.edited).toBe(true);
  });

  it("a window that grows into the tail becomes one with it", () => {
    const window = page([aMessage(10)], { more_before: true, more_after: true });
    const jumped = layPage(expectPage({ ...holding(13, aMessage(12), aMessage(13)), moreBefore: true }), window, { around: 10 });
    const held = layPage(expectPage(jumped), page([aMessage(11), aMessage(12)], { more_after: true }), { after: 10 });
    expect(seqs(held.tail)).toEqual([10, 11, 12, 13]);
    expect(held).toMatchObject({ window: null, moreBefore: true });
  });

  it("a page that comes after the reader went back to the latest is of no use and does no harm", () => {
    const jumped = layPage(expectPage(holding(13, aMessage(13))), page([aMessage(5)], { more_after: true }), { around: 5 });
    const held = layPage(expectPage(toLatest(jumped)), page([aMessage(6)], { more_after: true }), { after: 5 });
    expect(seqs(held.tail)).toEqual([13]);
  });
});

it("a long tail forgets its oldest, but not while a page is on its way", () => {
  const long = holding(500, ...Array.from({ length: 500 }, (_, at) => aMessage(at + 1)));
  expect(seqs(trim(long, 400, 100).tail)).toEqual(Array.from({ length: 100 }, (_, at) => at + 401));
  expect(trim(expectPage(long), 400, 100).tail).toHaveLength(500);
});
