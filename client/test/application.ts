/* The application in a browser that tests hold in hand. */
import { afterEach, beforeEach, vi } from "vitest";
import { Chat } from "../src/app/chat";
import { roomHash } from "../src/app/route";
import type { HeldRoom } from "../src/store/room";
import { aJoined, aMessage, aRoom, aWelcome, FakeSocket, FakeStorage, ROOM } from "./support";

/** What the browser of the test that runs has written down. */
export let storage: FakeStorage;

/** Each test of the file that calls this has a clock, sockets and a storage of its own. */
export function freshBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    storage = new FakeStorage();
  });
  afterEach(() => void vi.useRealTimers());
}

export function aChat(hash = roomHash(ROOM)): Chat {
  return new Chat({ base: "/galaxychat/", storage, makeSocket: FakeSocket.make, diagnose: async () => ({ trouble: "no_websocket", reason: "" }), hash, focused: true, random: () => 0.5 });
}

/** Online, in the lobby, with messages up to `rev`. */
export function inTheLobby(rev = 2): Chat {
  const chat = aChat();
  chat.goOnline();
  FakeSocket.last.says(aWelcome());
  const messages = Array.from({ length: rev }, (_, at) => aMessage(at + 1));
  FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev }), messages }));
  return chat;
}

export function held(chat: Chat): HeldRoom {
  return chat.state.get().chat!.rooms.get(ROOM)!;
}
