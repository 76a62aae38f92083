import { expect, it, vi } from "vitest";
import type { Chat } from "../src/app/chat";
import { initialState } from "../src/app/state";
import { Keys } from "../src/storage/keys";
import { applyWelcome } from "../src/store/chat";
import { notify } from "../src/ui/later/notifications";
import type { Message } from "../src/wire/generated";
import { freshBrowser } from "./application";
import { aMessage, aWelcome, FakeStorage, ME } from "./support";

freshBrowser();

/** Locks as browsers have them: one name, one holder. */
class FakeLocks {
  readonly #held = new Set<string>();

  async request(name: string, _: { ifAvailable: true }, use: (lock: object | null) => Promise<void>): Promise<void> {
    if (this.#held.has(name)) return use(null);
    this.#held.add(name);
    await use({});
    this.#held.delete(name);
  }
}

/** A window that is not told at once what the others have written down. */
function aWindow(storage = new FakeStorage()): (message: Message) => void {
  const chat = applyWelcome(null, aWelcome());
  const keys = new Keys(storage, "/galaxychat/", "e1", ME);
  keys.set("notify", "1");
  const app = { keys, onArrival: new Set<(message: Message) => void>(), state: { get: () => ({ ...initialState(true, { is: "none" }, false), chat }) } };
  notify(app as unknown as Chat);
  return [...app.onArrival][0]!;
}

it("one window notifies, though the others cannot read yet that it does; and none that hears of it later", async () => {
  const shown: string[] = [];
  vi.stubGlobal("Notification", class {
    static permission = "granted";
    constructor(_: string, { body }: { body: string }) {
      shown.push(body);
    }
  });
  vi.stubGlobal("navigator", { locks: new FakeLocks() });
  const storage = new FakeStorage();
  const windows = [aWindow(storage), aWindow(), aWindow()];
  const mention = (seq: number) => aMessage(seq, { body: [["mention", ME]] });
  for (const hears of windows) hears(mention(1));
  for (const hears of windows) {
    hears(mention(2));
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  aWindow(storage)(mention(2));
  await vi.advanceTimersByTimeAsync(60_000);
  vi.unstubAllGlobals();
  expect(shown).toHaveLength(2);
});
