/* What is done to messages after they were posted: reactions, quotes, long rooms, who comes and goes. */
import { describe, expect, it } from "vitest";
import { applyEvent, applyJoined, applyWelcome, type ChatState, withRoom } from "../src/store/chat";
import { expectPage, layPage, quoting, toLatest } from "../src/store/pages";
import { hold, type HeldRoom, loaded, shown, take, welcomeBack } from "../src/store/room";
import type { AnyEvent, HistoryPage, Message, Presence, ReactionEvent } from "../src/wire/generated";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, live, ME, ROOM, seqs } from "./support";

const BOB = 3;

function holding(last: number, ...messages: Message[]): HeldRoom {
  return { ...hold(aRoom({ rev: last })), last, tail: messages, moreBefore: true, subscription: "live" };
}

function reaction(seq: number, rev: number, part: Partial<ReactionEvent> = {}): ReactionEvent {
  return { type: "reaction", room: ROOM, rev, seq, emoji: "👍", user: ALICE, on: true, users: [], ...part };
}

function page(messages: Message[], more: Partial<HistoryPage> = {}): HistoryPage {
  return { type: "history", room: ROOM, messages, more_before: false, more_after: false, users: [], ...more };
}

function inRoom(held: HeldRoom): ChatState {
  return withRoom(applyWelcome(null, aWelcome()), held);
}

const after = (state: ChatState, ...events: AnyEvent[]) => events.reduce((each, event) => applyEvent(each, event)[0], state).rooms.get(ROOM)!;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => aMessage(from + at));

describe("reactions", () => {
  it("count who put them, and go when the last one takes theirs away", () => {
    const two = [reaction(1, 2), reaction(1, 3, { user: BOB })];
    expect(after(inRoom(holding(1, aMessage(1))), ...two).tail[0]).toMatchObject({ rev: 3, reactions: [{ emoji: "👍", count: 2, users: [ALICE, BOB] }] });
    const away = [...two, reaction(1, 4, { on: false }), reaction(1, 5, { user: BOB, on: false })];
    expect(after(inRoom(holding(1, aMessage(1))), ...away).tail[0]!.reactions).toEqual([]);
  });

  it("take a revision as a message does: an old one is dropped, a hole asks for the room again", () => {
    const state = inRoom(holding(4, aMessage(1)));
    expect(after(state, reaction(1, 4)).tail[0]!.reactions).toBeUndefined();
    expect(applyEvent(state, reaction(1, 6))[1]).toEqual([{ is: "join", room: ROOM }]);
    expect(after(state, reaction(1, 5)).last).toBe(5);
  });

  it("are nothing new: unread stays", () => {
    expect(after(inRoom(holding(1, aMessage(1))), reaction(1, 2)).info.unread).toBe(0);
  });

  it("of a message whose page is on its way are put to it, unless the page knows better", () => {
    const waiting = take(take(expectPage(holding(9, aMessage(9))), reaction(2, 10), 10), reaction(3, 11), 11);
    const held = layPage(waiting, page([aMessage(2), aMessage(3, { rev: 11, reactions: [{ emoji: "👍", count: 7, users: [] }] })]), { before: 9 });
    expect(held.tail.slice(0, 2).map(({ rev, reactions }) => [rev, reactions?.[0]?.count])).toEqual([[10, 1], [11, 7]]);
  });

  it("come after a resume with their message, which replaces what was counted", () => {
    const counted = take(holding(1, aMessage(1)), reaction(1, 2), 2);
    const missed = aMessage(1, { rev: 5, reactions: [{ emoji: "🎉", count: 2, users: [ALICE, BOB] }] });
    expect(welcomeBack(counted, aJoined({ room: aRoom({ rev: 5 }), messages: [missed] }), 2).tail[0]!.reactions).toEqual(missed.reactions);
  });

  it("reach a message in a window, and one that is only quoted", () => {
    const jumped = layPage(expectPage(holding(99, aMessage(99))), page([aMessage(10)], { more_after: true }), { around: 10 });
    expect(shown(take(jumped, reaction(10, 100), 100)).messages[0]!.reactions).toHaveLength(1);
    expect(loaded(take(quoting(holding(99, aMessage(99)), aMessage(10)), reaction(10, 100), 100), 10)!.reactions).toHaveLength(1);
  });
});

describe("quotes", () => {
  it("of a message from elsewhere follow what becomes of it, also over a resume", () => {
    const held = quoting(holding(9, aMessage(9)), aMessage(2));
    const tombstone = aMessage(2, { rev: 10, deleted: true, text: "", body: [] });
    expect(loaded(after(inRoom(held), live(tombstone, 10)), 2)!.deleted).toBe(true);
    const resumed = welcomeBack(held, aJoined({ room: aRoom({ rev: 10 }), messages: [tombstone] }), 9);
    expect(loaded(resumed, 2)!.text).toBe("");
    expect(seqs(shown(resumed).messages)).toEqual([9]);
  });
});

describe("a room of ten thousand", () => {
  function scrolledUp(to: number): HeldRoom {
    let held = holding(10_000, ...range(9_951, 10_000));
    while (shown(held).messages[0]!.seq > to) {
      const first = shown(held).messages[0]!.seq;
      held = layPage(expectPage(held), page(range(Math.max(1, first - 50), first - 1), { more_before: true, more_after: true }), { before: first });
    }
    return held;
  }

  it("never shows more than three hundred, wherever the reader has gone, and keeps what is newest", () => {
    for (const to of [9_800, 9_700, 5_000, 1]) {
      const held = scrolledUp(to);
      expect(shown(held).messages.length).toBeLessThanOrEqual(300);
      expect(shown(held).messages[0]!.seq).toBeLessThanOrEqual(to);
      expect(held.tail.at(-1)!.seq).toBe(10_000);
    }
  });

  it("has no hole between what is shown, on the way up and down again", () => {
    let held = scrolledUp(9_000);
    while (held.window) {
      const last = shown(held).messages.at(-1)!.seq;
      held = layPage(expectPage(held), page(range(last + 1, Math.min(10_000, last + 50)), { more_before: true, more_after: last + 50 < 10_000 }), { after: last });
      const all = seqs(shown(held).messages);
      expect(all).toEqual(Array.from(all, (_, at) => all[0]! + at));
      expect(all.length).toBeLessThanOrEqual(400);
    }
    expect(shown(held).messages.at(-1)!.seq).toBe(10_000);
  });

  it("leads back to the latest at once", () => {
    expect(shown(toLatest(scrolledUp(5_000))).messages.at(-1)!.seq).toBe(10_000);
  });
});

describe("who comes and goes", () => {
  const presence = (part: Partial<Presence>): Presence => ({ type: "presence", room: ROOM, joined: [], left: [], present: 3, users: [], ...part });
  const line = (...events: AnyEvent[]) => after(inRoom(holding(1, aMessage(1))), ...events).traffic;

  it("is one line, in which one who came and left again does not stand", () => {
    expect(line(presence({ joined: [ALICE] }), presence({ joined: [BOB] }))).toEqual({ after: 1, came: [ALICE, BOB], went: [] });
    expect(line(presence({ joined: [ALICE] }), presence({ left: [ALICE] }))).toEqual({ after: 1, came: [], went: [] });
    expect(line(presence({ left: [ALICE] }), presence({ joined: [ALICE] }), presence({ left: [BOB] }))).toEqual({ after: 1, came: [], went: [BOB] });
  });

  it("begins anew after a message, never names oneself, and is never unread", () => {
    const held = after(inRoom(holding(1, aMessage(1))), presence({ joined: [ALICE, ME] }), live(aMessage(2, { user: ME })), presence({ left: [BOB] }));
    expect(held.traffic).toEqual({ after: 2, came: [], went: [BOB] });
    expect(held.info.unread).toBe(0);
  });

  it("is off in rooms over twenty-five", () => {
    expect(line(presence({ joined: [ALICE], present: 26 }))).toBeNull();
  });
});

describe("people", () => {
  it("who are ignored count for nothing, and heeded again they do", () => {
    const ignoring = applyEvent(inRoom(holding(1, aMessage(1))), { type: "ignore", user: ALICE, on: true, users: [] })[0];
    expect(after(ignoring, live(aMessage(2))).info.unread).toBe(0);
    const heeding = applyEvent(ignoring, { type: "ignore", user: ALICE, on: false, users: [] })[0];
    expect(after(heeding, live(aMessage(2))).info.unread).toBe(1);
  });

  it("who are renamed are called so at once", () => {
    const [state] = applyEvent(inRoom(holding(1)), { type: "user", user: { id: ALICE, name: "alice-new" } });
    expect(state.names.get(ALICE)).toBe("alice-new");
  });

  it("who leave the chat are in no room, and ask for their rooms when they are back", () => {
    const [gone] = applyEvent(inRoom(holding(1)), { type: "absent", on: true });
    expect([gone.rooms.size, gone.you.absent]).toEqual([0, true]);
    expect(applyEvent(gone, { type: "absent", on: false })[1]).toEqual([{ is: "back" }]);
  });

  it("whom one talks to alone come back into the list with their next message", () => {
    const hidden = { ...holding(1), info: aRoom({ kind: "direct", hidden: true }) };
    expect(after(inRoom(hidden), live(aMessage(2))).info.hidden).toBe(false);
  });
});

it("the first word of a direct room that appears is news; what a welcome finds unread is not", () => {
  const info = aRoom({ room: 8, kind: "direct", rev: 1, unread: 1 });
  const reply = aJoined({ room: info, messages: [aMessage(1, { room: 8 })] });
  const [appeared] = applyEvent(inRoom(holding(1)), { type: "listed", room: info, users: [] });
  expect(applyJoined(appeared, reply, null)[1]).toMatchObject([{ is: "arrived", live: true }]);
  const welcomed = applyWelcome(null, aWelcome({ rooms: [info] }));
  expect(applyJoined(welcomed, reply, null)[1]).toMatchObject([{ is: "arrived", live: false }]);
});

it("a banner and a notice are shown, though this server's types do not name them", () => {
  const state = inRoom(holding(1));
  const said = (type: string) => applyEvent(state, { type, text: "Maintenance at noon" } as unknown as AnyEvent);
  expect(said("banner")[0].banner).toBe("Maintenance at noon");
  expect(said("notice")[1]).toEqual([{ is: "notice", text: "Maintenance at noon" }]);
});
