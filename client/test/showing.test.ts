import { describe, expect, it, vi } from "vitest";
import { roomHash } from "../src/app/route";
import { aChat, freshBrowser, inTheLobby } from "./application";
import { aJoined, aMessage, aRoom, aWelcome, FakeSocket, ROOM } from "./support";

freshBrowser();

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

  it("a link to what is not there leads to what came next, and says so", () => {
    const chat = inTheLobby(3);
    chat.showing.jump(ROOM, 500);
    FakeSocket.last.answers("history", { type: "history", room: ROOM, messages: [aMessage(499), aMessage(502)], more_before: true, more_after: true, users: [] });
    expect(chat.state.get().view?.target).toEqual({ seq: 502 });
    expect(chat.state.get().notice).toContain("not there any more");
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
    chat.membership.enter({ type: "join", name: "rna" }, done);
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
