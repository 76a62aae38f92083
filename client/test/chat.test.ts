import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/app/chat";
import { roomHash } from "../src/app/route";
import { needingRows } from "../src/outbox/pending";
import { shown } from "../src/store/room";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, FakeSocket, FakeStorage, live, ME, ROOM, seqs } from "./support";

let storage: FakeStorage;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  storage = new FakeStorage();
});
afterEach(() => void vi.useRealTimers());

function aChat(hash = roomHash(ROOM)): Chat {
  return new Chat({ base: "/galaxychat/", storage, makeSocket: FakeSocket.make, diagnose: async () => ({ trouble: "no_websocket", reason: "" }), hash, focused: true, random: () => 0.5 });
}

/** Online, in the lobby, with messages up to `rev`. */
function inTheLobby(rev = 2): Chat {
  const chat = aChat();
  chat.goOnline();
  FakeSocket.last.says(aWelcome());
  const messages = Array.from({ length: rev }, (_, at) => aMessage(at + 1));
  FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev }), messages }));
  return chat;
}

const held = (chat: Chat) => chat.state.get().chat!.rooms.get(ROOM)!;
const rowTexts = (chat: Chat) => {
  const { pending } = chat.state.get();
  const { messages } = shown(held(chat));
  return [...messages, ...needingRows(pending.get(ROOM) ?? [], messages, ME)].map(({ text }) => text);
};

describe("coming and going", () => {
  it("nothing is opened before anybody has chosen, and the choice is kept", () => {
    aChat().start();
    expect(FakeSocket.all).toHaveLength(0);
    aChat().goOnline();
    FakeSocket.all = [];
    aChat().start();
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("every room of the welcome is joined, the one that is looked at first", () => {
    const chat = aChat(roomHash(9));
    chat.goOnline();
    FakeSocket.last.says(aWelcome({ rooms: [aRoom(), aRoom({ room: 8 }), aRoom({ room: 9 })] }));
    expect(FakeSocket.last.of("join").map(({ room }) => room)).toEqual([9, ROOM, 8]);
  });

  it("after a loss each room resumes after its last revision, and then what was pending goes with its nonce", () => {
    const chat = inTheLobby(5);
    chat.send(ROOM, "hello");
    const { nonce } = FakeSocket.last.of("send")[0]!;
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome());
    expect(FakeSocket.last.of("join")[0]).toMatchObject({ room: ROOM, after: 5, epoch: "e1" });
    expect(FakeSocket.last.of("send")).toEqual([]);
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 5 }) }));
    expect(FakeSocket.last.of("send")[0]).toMatchObject({ text: "hello", nonce });
  });

  it("the banner comes after three seconds, and goes with the welcome", () => {
    const chat = inTheLobby();
    FakeSocket.last.ends(1012);
    vi.advanceTimersByTime(2999);
    expect(chat.state.get().away).toBe(false);
    vi.advanceTimersByTime(1);
    expect(chat.state.get().away).toBe(true);
    FakeSocket.last.says(aWelcome());
    expect(chat.state.get().away).toBe(false);
  });

  it("a join that the server cannot carry out now is repeated", () => {
    const chat = aChat();
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", { type: "error", code: "unavailable", detail: "" });
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.last.of("join")).toHaveLength(2);
    expect(held(chat).subscription).toBe("asked");
  });

  it("a hole in the live stream is filled by one join after the last revision", () => {
    const chat = inTheLobby(2);
    FakeSocket.last.says(live(aMessage(5)));
    FakeSocket.last.says(live(aMessage(6)));
    expect(FakeSocket.last.of("join").slice(1).map(({ after }) => after)).toEqual([2]);
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 6 }), messages: [3, 4, 5, 6].map((seq) => aMessage(seq)) }));
    expect(seqs(held(chat).tail)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("sending", () => {
  it("shows one row from Enter on, through reply and echo", () => {
    const chat = inTheLobby(1);
    chat.send(ROOM, "hello");
    const { nonce } = FakeSocket.last.of("send")[0]!;
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    FakeSocket.last.answers("send", { type: "sent", room: ROOM, seq: 2, at: "" });
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    FakeSocket.last.says(live(aMessage(2, { user: ME, text: "hello", nonce })));
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
  });

  it("a message that was durable before the connection went is one row after it, too", () => {
    const chat = inTheLobby(1);
    chat.send(ROOM, "hello");
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 2 }), messages: [aMessage(2, { user: ME, text: "hello" })] }));
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    FakeSocket.last.answers("send", { type: "sent", room: ROOM, seq: 2, at: "" });
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    expect(chat.state.get().pending.get(ROOM)).toEqual([]);
  });

  it("what is written offline waits for the next time online", () => {
    const chat = inTheLobby(1);
    chat.goOffline();
    chat.send(ROOM, "later");
    expect(rowTexts(chat)).toEqual(["text 1", "later"]);
    FakeSocket.all[0]!.ends(1000);
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 1 }) }));
    expect(FakeSocket.last.of("send").map(({ text }) => text)).toEqual(["later"]);
  });
});

describe("shared computers", () => {
  function logOut(): void {
    FakeSocket.last.ends(4401);
    vi.advanceTimersByTime(1000);
    FakeSocket.last.ends(4401);
  }

  it("4401 hides the screen at once, and a welcome of the same user shows it again as it was", () => {
    const chat = inTheLobby(2);
    FakeSocket.last.ends(4401);
    expect(chat.state.get().hidden).toBe(true);
    vi.advanceTimersByTime(1000);
    FakeSocket.last.says(aWelcome());
    expect(chat.state.get().hidden).toBe(false);
    expect(seqs(held(chat).tail)).toEqual([1, 2]);
  });

  it("a second 4401 deletes drafts, pending messages and what was on the screen", () => {
    const chat = inTheLobby();
    chat.send(ROOM, "pending");
    chat.drafts.set(ROOM, "draft");
    chat.drafts.flush();
    logOut();
    expect([...storage.held.keys()]).toEqual(["galaxychat.online"]);
    expect(chat.state.get()).toMatchObject({ chat: null, view: null, pending: new Map() });
    expect(chat.drafts.get(ROOM)).toBe("");
  });

  it("a page that starts logged out deletes what an earlier page has left", () => {
    storage.setItem("galaxychat:/galaxychat/:e1:1:draft:7", "secret");
    const chat = aChat();
    chat.goOnline();
    logOut();
    expect(storage.held.has("galaxychat:/galaxychat/:e1:1:draft:7")).toBe(false);
  });

  it("a welcome that names another user finds nothing of the first", () => {
    const chat = inTheLobby();
    chat.send(ROOM, "mine");
    chat.drafts.set(ROOM, "my draft");
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome({ you: { id: ALICE, name: "alice", role: "user", read_only: false } }));
    expect(held(chat)).toMatchObject({ tail: [], last: null });
    expect(chat.state.get().pending.size).toBe(0);
    expect(chat.drafts.get(ROOM)).toBe("");
    expect([...storage.held.values()].join()).not.toMatch(/mine|my draft/);
  });

  it("a restored log keeps what the same user has not sent yet", () => {
    const chat = inTheLobby();
    FakeSocket.last.ends(1012);
    chat.send(ROOM, "unsent");
    vi.advanceTimersByTime(5000);
    FakeSocket.last.says(aWelcome({ epoch: "e2" }));
    expect(FakeSocket.last.of("join")[0]!.after).toBeUndefined();
    FakeSocket.last.answers("join", aJoined());
    expect(FakeSocket.last.of("send").map(({ text }) => text)).toEqual(["unsent"]);
  });
});

describe("reading", () => {
  it("the window losing focus tells how far it was read, once", () => {
    const chat = inTheLobby(4);
    chat.reading.scrolled(true, 4);
    chat.focus(false);
    chat.focus(false);
    expect(FakeSocket.last.of("read").map(({ seq }) => seq)).toEqual([4]);
  });

  it("changing the room tells of the one that is left", () => {
    const chat = inTheLobby(4);
    chat.reading.scrolled(false, 3);
    chat.navigate(roomHash(8));
    expect(FakeSocket.last.of("read")).toMatchObject([{ room: ROOM, seq: 3 }]);
  });

  it("what comes while the window is not looked at is not read", () => {
    const chat = inTheLobby(2);
    chat.reading.scrolled(true, 2);
    chat.focus(false);
    FakeSocket.last.answers("read", { type: "ok" });
    FakeSocket.last.says(live(aMessage(3)));
    chat.reading.scrolled(true, 3);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.last.of("read").map(({ seq }) => seq)).toEqual([2]);
    expect(chat.state.get().view!.line).toBe(2);
  });

  it("an impersonating session leaves no trace of having read or typed", () => {
    const chat = aChat();
    chat.goOnline();
    FakeSocket.last.says(aWelcome({ you: { id: ME, name: "me", role: "user", read_only: true } }));
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 1, present: 3 }), messages: [aMessage(1)] }));
    chat.reading.scrolled(true, 1);
    chat.focus(false);
    chat.typing(ROOM);
    expect(FakeSocket.last.of("read")).toEqual([]);
    expect(FakeSocket.last.of("typing")).toEqual([]);
  });
});

describe("links", () => {
  it("one to a message that is not loaded fetches what is around it, once, and not again after a reconnection", () => {
    const chat = aChat(roomHash(ROOM, 3));
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 90 }), messages: [aMessage(90)], more: true }));
    expect(FakeSocket.last.of("history")).toMatchObject([{ room: ROOM, around: 3 }]);
    expect(chat.state.get().view!.target).toEqual({ seq: 3 });
    chat.reading.targetReached();
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 90 }) }));
    expect(FakeSocket.last.of("history")).toEqual([]);
    expect(chat.state.get().view!.target).toBeNull();
  });

  it("one to a room by name shows it to a member, however the name is written", () => {
    const chat = aChat("#/r/name/LOBBY");
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    expect(chat.state.get().view!.room).toBe(ROOM);
  });

  it("one to a room of which one is no member shows none until it is joined", () => {
    const chat = aChat("#/r/name/rna");
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    expect(chat.state.get().view).toBeNull();
    const done = vi.fn();
    chat.membership.byName("rna", done);
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ room: 8, name: "RNA", kind: "open" }) }));
    expect(done).toHaveBeenCalledWith(null, 8);
    expect(chat.state.get().view!.room).toBe(8);
  });

  it("a room that one is taken out of is no longer shown, and that is said", () => {
    const chat = inTheLobby();
    FakeSocket.last.says({ type: "left", room: ROOM });
    expect(chat.state.get()).toMatchObject({ view: null });
    expect(chat.state.get().notice).not.toBe("");
  });
});

describe("answers and corrections", () => {
  it("an answer goes out with what it answers, and the next message is none", () => {
    const chat = inTheLobby(3);
    chat.compose(ROOM, { is: "reply", seq: 2 });
    chat.send(ROOM, "an answer");
    expect(FakeSocket.last.of("send")).toMatchObject([{ text: "an answer", reply_to: 2 }]);
    FakeSocket.last.answers("send", { type: "sent", room: ROOM, seq: 4, at: "" });
    chat.send(ROOM, "another");
    expect(FakeSocket.last.of("send")[1]).not.toHaveProperty("reply_to");
  });

  it("an answer to what was deleted meanwhile can be sent as a message", () => {
    const chat = inTheLobby(3);
    chat.compose(ROOM, { is: "reply", seq: 2 });
    chat.send(ROOM, "an answer");
    FakeSocket.last.answers("send", { type: "error", code: "no_such_message", detail: "It is gone." });
    chat.retry(chat.state.get().pending.get(ROOM)![0]!);
    expect(FakeSocket.last.of("send")[1]).not.toHaveProperty("reply_to");
  });

  it("the last message of one's own is corrected, a deleted one is not; the text stays until it is taken", () => {
    const chat = inTheLobby(1);
    FakeSocket.last.says(live(aMessage(2, { user: ME })));
    FakeSocket.last.says(live(aMessage(3, { user: ME, deleted: true, text: "", body: [] })));
    chat.editLast(ROOM);
    expect(chat.state.get().composing.get(ROOM)).toEqual({ is: "edit", seq: 2 });
    chat.send(ROOM, "corrected");
    expect(FakeSocket.last.of("edit")).toMatchObject([{ room: ROOM, seq: 2, text: "corrected" }]);
    expect(FakeSocket.last.of("send")).toEqual([]);
    FakeSocket.last.answers("edit", { type: "error", code: "blocked", detail: "Not that word." });
    expect(chat.state.get()).toMatchObject({ notice: "Not that word." });
    expect(chat.state.get().composing.get(ROOM)).toBeDefined();
    chat.send(ROOM, "corrected");
    FakeSocket.last.answers("edit", { type: "ok", rev: 4 });
    expect(chat.state.get().composing.get(ROOM)).toBeUndefined();
  });

  it("control characters of a pasted terminal are not sent", () => {
    const chat = inTheLobby();
    chat.send(ROOM, "a\u000b\u000c\u001b[31mb\u0085\u009f\tc\r\nd\u007f é\u200d");
    expect(FakeSocket.last.of("send")[0]!.text).toBe("a[31mb\tc\r\nd é\u200d");
  });

  it("a quoted message that is not loaded is asked for once it is wanted, and held", () => {
    const chat = inTheLobby(60);
    FakeSocket.last.says(live(aMessage(61, { reply_to: 900 })));
    chat.loading.quote(ROOM, 900);
    FakeSocket.last.answers("history", { type: "history", room: ROOM, messages: [aMessage(899), aMessage(900)], more_before: true, more_after: true, users: [] });
    expect(held(chat).quoted.map(({ seq }) => seq)).toEqual([900]);
  });

  it("a link to what is not there leads to what came next, and says so", () => {
    const chat = inTheLobby(3);
    chat.jump(ROOM, 500);
    FakeSocket.last.answers("history", { type: "history", room: ROOM, messages: [aMessage(499), aMessage(502)], more_before: true, more_after: true, users: [] });
    expect(chat.state.get().view?.target).toEqual({ seq: 502 });
    expect(chat.state.get().notice).toContain("not there any more");
  });

  it("whoever left the chat is back in all rooms on returning", () => {
    inTheLobby();
    FakeSocket.last.says({ type: "absent", on: true });
    FakeSocket.last.says({ type: "absent", on: false });
    FakeSocket.last.answers("rooms", { type: "rooms", rooms: [aRoom(), aRoom({ room: 8 })], users: [] });
    expect(FakeSocket.last.of("join").slice(1).map(({ room, after }) => [room, after])).toEqual([[ROOM, undefined], [8, undefined]]);
  });
});
