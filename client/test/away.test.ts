import { expect, it, vi } from "vitest";
import { freshBrowser, inTheLobby } from "./application";
import { aWelcome, FakeSocket } from "./support";

freshBrowser();

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

it("a break that is over sooner is not told, and several tries are one break", () => {
  const chat = inTheLobby();
  FakeSocket.last.ends(1006);
  vi.advanceTimersByTime(2000);
  FakeSocket.last.says(aWelcome());
  vi.advanceTimersByTime(10_000);
  expect(chat.state.get().away).toBe(false);
  FakeSocket.last.ends(1006);
  for (let second = 0; second < 3; second++) {
    vi.advanceTimersByTime(1000);
    FakeSocket.last.ends(1006);
  }
  expect(chat.state.get().away).toBe(true);
});
