import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/app/chat";
import { roomHash } from "../src/app/route";
import { App } from "../src/ui/App";
import "../src/ui/later";
import { loadLater } from "../src/ui/lazy";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, FakeSocket, FakeStorage, live, ROOM } from "./support";

let app: Chat;
let place: HTMLElement;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  FakeSocket.all = [];
  place = document.createElement("div");
  document.body.replaceChildren(place);
  app = new Chat({ base: "/", storage: new FakeStorage(), makeSocket: FakeSocket.make, diagnose: async () => ({ trouble: "no_websocket", reason: "" }), hash: roomHash(ROOM), focused: true });
  await loadLater();
  await act(async () => render(<App app={app} />, place));
});
afterEach(() => {
  render(null, place);
  vi.useRealTimers();
});

async function online(): Promise<void> {
  await act(async () => {
    app.goOnline();
    FakeSocket.last.says(aWelcome({ users: [{ id: ALICE, name: "Alice" }] }));
    FakeSocket.last.answers("join", aJoined({ room: aRoom({ rev: 1 }), messages: [aMessage(1)] }));
  });
}

const button = (name: string) => [...place.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name);
const composer = () => place.querySelector("textarea")!;

async function write(text: string): Promise<void> {
  composer().value = text;
  await act(async () => void composer().dispatchEvent(new Event("input", { bubbles: true })));
}

async function press(init: KeyboardEventInit): Promise<void> {
  await act(async () => void composer().dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init })));
}

describe("the very first time", () => {
  it("the bubble offers to go online, the page says what it means, and nothing is connected", () => {
    expect(button("Go online")).toBeDefined();
    expect(place.textContent).toContain("The red bubble");
    expect(FakeSocket.all).toEqual([]);
  });

  it("a click goes online, another goes offline", async () => {
    await act(async () => button("Go online")!.click());
    expect(FakeSocket.all).toHaveLength(1);
    await act(async () => button("Go offline")!.click());
    expect(FakeSocket.last.readyState).toBe(WebSocket.CLOSING);
  });
});

describe("the composer", () => {
  it("is named after its room; Enter sends, Shift+Enter does not", async () => {
    await online();
    expect(composer().getAttribute("aria-label")).toBe("Message Lobby");
    await write("hello");
    await press({ key: "Enter", shiftKey: true });
    expect(FakeSocket.last.of("send")).toEqual([]);
    await press({ key: "Enter" });
    expect(FakeSocket.last.of("send")).toMatchObject([{ room: ROOM, text: "hello" }]);
    expect(composer().value).toBe("");
  });

  it("an input method's Enter chooses a word and sends nothing", async () => {
    await online();
    await write("こんにちは");
    await press({ key: "Enter", isComposing: true });
    await press({ key: "Enter", keyCode: 229 } as KeyboardEventInit);
    expect(FakeSocket.last.of("send")).toEqual([]);
  });

  it("what is too long is not sent, and it is said by how much", async () => {
    await online();
    await write("x".repeat(6002));
    await press({ key: "Enter" });
    expect(FakeSocket.last.of("send")).toEqual([]);
    expect(place.textContent).toContain("2 characters too many");
  });

  it("another user finds nothing of what the last one was writing", async () => {
    await online();
    await write("private words");
    await act(async () => {
      FakeSocket.last.ends(1006);
      vi.advanceTimersByTime(0);
      FakeSocket.last.says(aWelcome({ you: { id: ALICE, name: "Alice", role: "user", read_only: false } }));
    });
    expect(composer().value).toBe("");
    expect(place.innerHTML).not.toContain("private words");
  });
});

describe("the list", () => {
  it("is a log named after its room, with one tab stop", async () => {
    await online();
    await act(async () => FakeSocket.last.says(live(aMessage(2, { body: [["link", "https://x.example/", ["text", "x"]]] }))));
    const log = place.querySelector('[role="log"]')!;
    expect(log.getAttribute("aria-label")).toBe("Messages in Lobby");
    expect([...log.querySelectorAll('article[tabindex="0"]')]).toHaveLength(1);
    expect([...log.querySelectorAll('a[tabindex="0"]')]).toHaveLength(1);
  });

  it("a tombstone says that it is one, an edited message that it was edited", async () => {
    await online();
    await act(async () => {
      FakeSocket.last.says(live(aMessage(2, { edited: true })));
      FakeSocket.last.says(live(aMessage(1, { rev: 3, deleted: true, text: "", body: [] })));
    });
    expect([...place.querySelectorAll(".body")].map((each) => each.textContent)).toEqual(["This message was deleted.", "text 2edited"]);
  });

  it("a refused message offers to retry or discard", async () => {
    await online();
    await write("hello");
    await press({ key: "Enter" });
    await act(async () => FakeSocket.last.answers("send", { type: "error", code: "blocked", detail: "Not that word." }));
    expect(place.textContent).toContain("Not that word.");
    await act(async () => button("Discard")!.click());
    expect(place.querySelectorAll("article")).toHaveLength(1);
  });

  it("nothing of anybody is left on the screen from the first 4401 on", async () => {
    await online();
    await act(async () => FakeSocket.last.ends(4401));
    expect(place.innerHTML).not.toContain("text 1");
    expect(document.title).toBe("Community chat");
  });
});
