import { describe, expect, it } from "vitest";
import { applyEvent, applyJoined, applyWelcome, type ChatState, disconnected } from "../src/store/chat";
import type { AnyEvent } from "../src/wire/generated";
import { addPage, comeAndGo, NOBODY } from "../src/store/people";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, live, ME, ROOM } from "./support";

function joinedState(part = {}): ChatState {
  return applyJoined(applyWelcome(null, aWelcome()), aJoined({ room: aRoom(part) }), null)[0];
}

function after(state: ChatState, ...events: AnyEvent[]): ChatState {
  return events.reduce((each, event) => applyEvent(each, event)[0], state);
}

const info = (state: ChatState) => state.rooms.get(ROOM)!.info;

describe("names", () => {
  it("another name shows at once, one's own as well", () => {
    const state = after(joinedState(), { type: "user", user: { id: ALICE, name: "alina" } }, { type: "user", user: { id: ME, name: "someone" } });
    expect([state.names.get(ALICE), state.names.get(ME), state.you.name]).toEqual(["alina", "someone", "someone"]);
  });
});

describe("unread", () => {
  it("counts others' new messages and those that name me", () => {
    const state = after(joinedState(), live(aMessage(1)), live(aMessage(2, { body: [["p", ["mention", ME]]] })), live(aMessage(3, { user: ME })));
    expect(info(state)).toMatchObject({ unread: 2, mentions: 1 });
  });

  it("an edit counts nothing", () => {
    expect(info(after(joinedState(), live(aMessage(1)), live(aMessage(1, { rev: 2, edited: true })))).unread).toBe(1);
  });

  it("a deletion takes back what was counted, once", () => {
    const gone = (rev: number) => live(aMessage(1, { rev, deleted: true, body: [], text: "" }));
    const state = after(joinedState(), live(aMessage(1, { body: [["mention", ME]] })), gone(2));
    expect(info(state)).toMatchObject({ unread: 0, mentions: 0 });
    expect(info(after(state, live(aMessage(3)), gone(4))).unread).toBe(1);
  });

  it("stays at the limit, from where only the server knows the number", () => {
    const full = joinedState({ unread: 100, rev: 5, read: 0 });
    expect(info(after(full, live(aMessage(6)))).unread).toBe(100);
    expect(info(after(full, live(aMessage(3, { rev: 6, deleted: true })))).unread).toBe(100);
  });

  it("the server's word overwrites the count", () => {
    const state = after(joinedState(), live(aMessage(1)), { type: "read", room: ROOM, seq: 1, unread: 0, mentions: 0, counted: 1 });
    expect(info(state)).toMatchObject({ read: 1, unread: 0 });
    expect(info(after(state, { type: "listed", room: aRoom({ rev: 1, unread: 7 }), users: [] })).unread).toBe(7);
  });

  const naming = (seq: number) => aMessage(seq, { body: [["mention", ME]] });

  it("what came after the server counted counts besides, whatever brings its word", () => {
    const held = after(joinedState(), live(aMessage(1)), live(naming(2)), live(aMessage(3, { user: ME })));
    const read = after(held, { type: "read", room: ROOM, seq: 1, unread: 0, mentions: 0, counted: 1 });
    expect(info(read)).toMatchObject({ read: 1, unread: 1, mentions: 1 });
    const listed = after(held, { type: "listed", room: aRoom({ rev: 1, read: 1 }), users: [] });
    expect(info(listed)).toMatchObject({ unread: 1, mentions: 1 });
    const joined = aJoined({ room: aRoom({ rev: 2, counted: 1, read: 1 }), messages: [aMessage(1), naming(2)] });
    expect(info(applyJoined(applyWelcome(null, aWelcome()), joined, null)[0])).toMatchObject({ unread: 1, mentions: 1 });
  });

  it("what was counted by the server before it came does not count again", () => {
    const read: AnyEvent = { type: "read", room: ROOM, seq: 0, unread: 2, mentions: 1, counted: 2 };
    const state = after(joinedState(), read, live(aMessage(1)), live(naming(2)));
    expect(info(state)).toMatchObject({ unread: 2, mentions: 1 });
    expect(info(after(state, live(aMessage(3)))).unread).toBe(3);
    expect(info(after(joinedState(), { ...read, unread: 1 }, live(aMessage(1)), live(aMessage(1, { rev: 2, deleted: true })))).unread).toBe(1);
  });
});

describe("gaps", () => {
  it("a hole asks once for what was missed, however many events follow", () => {
    const [state, first] = applyEvent(joinedState(), live(aMessage(5)));
    expect(first).toEqual([{ is: "join", room: ROOM }]);
    expect(state.rooms.get(ROOM)!.last).toBe(0);
    const asked = { ...state, rooms: new Map([[ROOM, { ...state.rooms.get(ROOM)!, subscription: "asked" as const }]]) };
    expect(applyEvent(asked, live(aMessage(6)))[1]).toEqual([]);
  });

  it("a room's reset drops what is held and joins from nothing", () => {
    const [state, consequences] = applyEvent(after(joinedState(), live(aMessage(1))), { type: "room", room: ROOM, rev: 2, reset: true });
    expect(state.rooms.get(ROOM)).toMatchObject({ last: null, tail: [] });
    expect(consequences).toEqual([{ is: "join", room: ROOM }]);
  });
});

describe("the list of rooms", () => {
  it("`listed` never moves last and never makes the client join a room that it holds", () => {
    const [state, consequences] = applyEvent(joinedState(), { type: "listed", room: aRoom({ rev: 50, muted: true }), users: [] });
    expect(state.rooms.get(ROOM)).toMatchObject({ last: 0, info: { muted: true } });
    expect(consequences).toEqual([]);
  });

  it("a room that appears is subscribed, or its messages would be missed", () => {
    expect(applyEvent(joinedState(), { type: "listed", room: aRoom({ room: 8 }), users: [] })[1]).toEqual([{ is: "join", room: 8 }]);
  });

  it("a room that was left is gone", () => {
    const [state, consequences] = applyEvent(joinedState(), { type: "left", room: ROOM });
    expect(state.rooms.has(ROOM)).toBe(false);
    expect(consequences).toEqual([{ is: "gone", room: ROOM }]);
  });

  it("the same user's messages survive a reconnection; another user's or another log's do not", () => {
    const state = disconnected(after(joinedState(), live(aMessage(1))));
    expect(applyWelcome(state, aWelcome()).rooms.get(ROOM)).toMatchObject({ last: 1, subscription: "none" });
    expect(applyWelcome(state, aWelcome({ epoch: "e2" })).rooms.get(ROOM)!.last).toBeNull();
    const other = { id: 9, name: "other", role: "user", read_only: false } as const;
    expect(applyWelcome(state, aWelcome({ you: other })).rooms.get(ROOM)!.last).toBeNull();
  });
});

describe("people", () => {
  it("the newest name wins, wherever it stands", () => {
    const state = after(joinedState(), { ...live(aMessage(1)), users: [{ id: ALICE, name: "al" }] }, { ...live(aMessage(2)), users: [{ id: ALICE, name: null }] });
    expect(state.names.get(ALICE)).toBeNull();
  });

  it("those present come first in the list, and come and go with the events", () => {
    const first = addPage(NOBODY, { type: "members", room: ROOM, members: [3, 1, 2], present: 1, more: true, next: "bob", users: [] }, true);
    const here = comeAndGo(first, { joined: [2, 9], left: [3] });
    expect(first.next).toBe("bob");
    expect([...here.present]).toEqual([2, 9]);
    expect(here.ids).toEqual([3, 1, 2, 9]);
  });

  it("one's own typing on another connection is no news", () => {
    expect(applyEvent(joinedState(), { type: "typing", room: ROOM, user: ME, users: [] })[1]).toEqual([]);
  });
});

it("an event of tomorrow changes nothing", () => {
  const state = joinedState();
  expect(applyEvent(state, { type: "of_tomorrow" } as unknown as AnyEvent)).toEqual([state, []]);
});
