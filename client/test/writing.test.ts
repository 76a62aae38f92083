import { describe, expect, it, vi } from "vitest";
import type { Chat } from "../src/app/chat";
import { needingRows } from "../src/outbox/pending";
import { shown } from "../src/store/room";
import { freshBrowser, held, inTheLobby } from "./application";
import { aJoined, aMessage, aRoom, aWelcome, FakeSocket, live, ME, ROOM } from "./support";

freshBrowser();

const rowTexts = (chat: Chat) => {
  const { pending } = chat.state.get();
  const { messages } = shown(held(chat));
  return [...messages, ...needingRows(pending.get(ROOM) ?? [], messages, ME)].map(({ text }) => text);
};

describe("sending", () => {
  it("shows one row from Enter on, through reply and echo", () => {
    const chat = inTheLobby(1);
    chat.writing.send(ROOM, "hello");
    const { nonce } = FakeSocket.last.of("send")[0]!;
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    FakeSocket.last.answers("send", { type: "sent", room: ROOM, seq: 2, at: "" });
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
    FakeSocket.last.says(live(aMessage(2, { user: ME, text: "hello", nonce })));
    expect(rowTexts(chat)).toEqual(["text 1", "hello"]);
  });

  it("a message that was durable before the connection went is one row after it, too", () => {
    const chat = inTheLobby(1);
    chat.writing.send(ROOM, "hello");
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
    chat.writing.send(ROOM, "later");
    expect(rowTexts(chat)).toEqual(["text 1", "later"]);
    FakeSocket.all[0]!.ends(1000);
    chat.goOnline();
    FakeSocket.last.says(aWelcome());
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 1 }) }));
    expect(FakeSocket.last.of("send").map(({ text }) => text)).toEqual(["later"]);
  });
});

describe("answers and corrections", () => {
  it("an answer goes out with what it answers, and the next message is none", () => {
    const chat = inTheLobby(3);
    chat.writing.compose(ROOM, { is: "reply", seq: 2 });
    chat.writing.send(ROOM, "an answer");
    expect(FakeSocket.last.of("send")).toMatchObject([{ text: "an answer", reply_to: 2 }]);
    FakeSocket.last.answers("send", { type: "sent", room: ROOM, seq: 4, at: "" });
    chat.writing.send(ROOM, "another");
    expect(FakeSocket.last.of("send")[1]).not.toHaveProperty("reply_to");
  });

  it("an answer to what was deleted meanwhile can be sent as a message", () => {
    const chat = inTheLobby(3);
    chat.writing.compose(ROOM, { is: "reply", seq: 2 });
    chat.writing.send(ROOM, "an answer");
    FakeSocket.last.answers("send", { type: "error", code: "no_such_message", detail: "It is gone." });
    chat.writing.outbox.retry(chat.state.get().pending.get(ROOM)![0]!);
    expect(FakeSocket.last.of("send")[1]).not.toHaveProperty("reply_to");
  });

  it("the last message of one's own is corrected, a deleted one is not; the text stays until it is taken", () => {
    const chat = inTheLobby(1);
    FakeSocket.last.says(live(aMessage(2, { user: ME })));
    FakeSocket.last.says(live(aMessage(3, { user: ME, deleted: true, text: "", body: [] })));
    chat.writing.editLast(ROOM);
    expect(chat.state.get().composing.get(ROOM)).toEqual({ is: "edit", seq: 2 });
    chat.writing.send(ROOM, "corrected");
    expect(FakeSocket.last.of("edit")).toMatchObject([{ room: ROOM, seq: 2, text: "corrected" }]);
    expect(FakeSocket.last.of("send")).toEqual([]);
    FakeSocket.last.answers("edit", { type: "error", code: "blocked", detail: "Not that word." });
    expect(chat.state.get()).toMatchObject({ notice: "Not that word." });
    expect(chat.state.get().composing.get(ROOM)).toBeDefined();
    chat.writing.send(ROOM, "corrected");
    FakeSocket.last.answers("edit", { type: "ok", rev: 4 });
    expect(chat.state.get().composing.get(ROOM)).toBeUndefined();
  });

  it("control characters of a pasted terminal are not sent", () => {
    const chat = inTheLobby();
    chat.writing.send(ROOM, "a\u000b\u000c\u001b[31mb\u0085\u009f\tc\r\nd\u007f é\u200d");
    expect(FakeSocket.last.of("send")[0]!.text).toBe("a[31mb\tc\r\nd é\u200d");
  });
});

describe("that one is writing", () => {
  const lobbyOf = (present: number) => {
    const chat = inTheLobby();
    FakeSocket.last.says({ type: "presence", room: ROOM, joined: [], left: [], present, users: [] });
    return chat;
  };

  it("is told to others, where there are some and no crowd", () => {
    const told = [1, 2, 25, 26].map((present) => {
      lobbyOf(present).writing.typing(ROOM);
      return FakeSocket.last.of("typing").length;
    });
    expect(told).toEqual([0, 1, 1, 0]);
  });

  it("is told as soon as there is a connection again, if it went on without one", () => {
    const chat = lobbyOf(2);
    FakeSocket.last.ends(1006);
    chat.writing.typing(ROOM);
    vi.advanceTimersByTime(0);
    FakeSocket.last.says(aWelcome({ rooms: [aRoom({ present: 2 })] }));
    chat.writing.typing(ROOM);
    expect(FakeSocket.last.of("typing")).toHaveLength(1);
  });
});
