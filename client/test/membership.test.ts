import { expect, it, vi } from "vitest";
import { aChat, freshBrowser, held } from "./application";
import { aWelcome, FakeSocket } from "./support";

freshBrowser();

it("a join that the server cannot carry out now is repeated", () => {
  const chat = aChat();
  chat.goOnline();
  FakeSocket.last.says(aWelcome());
  FakeSocket.last.answers("join", { type: "error", code: "unavailable", detail: "" });
  vi.advanceTimersByTime(10_000);
  expect(FakeSocket.last.of("join")).toHaveLength(2);
  expect(held(chat).subscription).toBe("asked");
});
