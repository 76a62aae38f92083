import { describe, expect, it, vi } from "vitest";
import { roomHash } from "../src/app/route";
import { aChat, freshBrowser, held, inTheLobby, storage } from "./application";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, FakeSocket, live, ROOM, seqs } from "./support";

freshBrowser();

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
    chat.writing.send(ROOM, "hello");
    const { nonce } = FakeSocket.last.of("send")[0]!;
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome());
    expect(FakeSocket.last.of("join")[0]).toMatchObject({ room: ROOM, after: 5, epoch: "e1" });
    expect(FakeSocket.last.of("send")).toEqual([]);
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 5 }) }));
    expect(FakeSocket.last.of("send")[0]).toMatchObject({ text: "hello", nonce });
  });

  it("a hole in the live stream is filled by one join after the last revision", () => {
    const chat = inTheLobby(2);
    FakeSocket.last.says(live(aMessage(5)));
    FakeSocket.last.says(live(aMessage(6)));
    expect(FakeSocket.last.of("join").slice(1).map(({ after }) => after)).toEqual([2]);
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 6 }), messages: [3, 4, 5, 6].map((seq) => aMessage(seq)) }));
    expect(seqs(held(chat).tail)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("whoever left the chat is back in all rooms on returning", () => {
    inTheLobby();
    FakeSocket.last.says({ type: "absent", on: true });
    FakeSocket.last.says({ type: "absent", on: false });
    FakeSocket.last.answers("rooms", { type: "rooms", rooms: [aRoom(), aRoom({ room: 8 })], users: [] });
    expect(FakeSocket.last.of("join").slice(1).map(({ room, after }) => [room, after])).toEqual([[ROOM, undefined], [8, undefined]]);
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
    chat.writing.send(ROOM, "pending");
    chat.writing.drafts.set(ROOM, "draft");
    chat.writing.drafts.flush();
    logOut();
    expect([...storage.held.keys()]).toEqual(["galaxychat.online"]);
    expect(chat.state.get()).toMatchObject({ chat: null, view: null, pending: new Map() });
    expect(chat.writing.drafts.get(ROOM)).toBe("");
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
    chat.writing.send(ROOM, "mine");
    chat.writing.drafts.set(ROOM, "my draft");
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome({ you: { id: ALICE, name: "alice", role: "user", read_only: false } }));
    expect(held(chat)).toMatchObject({ tail: [], last: null });
    expect(chat.state.get().pending.size).toBe(0);
    expect(chat.writing.drafts.get(ROOM)).toBe("");
    expect([...storage.held.values()].join()).not.toMatch(/mine|my draft/);
  });

  it("a restored log keeps what the same user has not sent yet", () => {
    const chat = inTheLobby();
    FakeSocket.last.ends(1012);
    chat.writing.send(ROOM, "unsent");
    vi.advanceTimersByTime(5000);
    FakeSocket.last.says(aWelcome({ epoch: "e2" }));
    expect(FakeSocket.last.of("join")[0]!.after).toBeUndefined();
    FakeSocket.last.answers("join", aJoined());
    expect(FakeSocket.last.of("send").map(({ text }) => text)).toEqual(["unsent"]);
  });
});
