import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "../src/connection/requests";
import { Outbox } from "../src/outbox/outbox";
import { needingRows, type Pending, restore } from "../src/outbox/pending";
import { Keys } from "../src/storage/keys";
import type { Send } from "../src/wire/generated";
import { aMessage, FakeStorage, ME, ROOM } from "./support";

let storage: FakeStorage;
let sent: { command: Send; answer: (answer: Answer) => void }[];
let items: readonly Pending[];

beforeEach(() => {
  vi.useFakeTimers();
  storage = new FakeStorage();
  sent = [];
  items = [];
});
afterEach(() => vi.useRealTimers());

function anOutbox(): Outbox {
  const outbox = new Outbox(
    (command, answer) => sent.push({ command, answer }),
    (all) => (items = [...all.values()].flat()),
    () => 0.5,
  );
  outbox.use(new Keys(storage, "/chat/", "e1", ME), false);
  return outbox;
}

const accepted = (seq: number): Answer => ({ type: "sent", room: ROOM, seq, at: "" });
const refused = (code: string, retry_after?: number): Answer => ({ type: "error", code, detail: `because ${code}`, retry_after });
const states = () => items.map(({ text, state }) => `${text} ${state}`);

describe("sending", () => {
  it("one at a time per room, in the order written, the next after the answer", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    outbox.add(ROOM, "b", 0);
    outbox.add(8, "elsewhere", 0);
    expect(sent.map(({ command }) => command.text)).toEqual(["a"]);
    outbox.ready(8, 0);
    sent[0]!.answer(accepted(1));
    expect(sent.map(({ command }) => command.text)).toEqual(["a", "elsewhere", "b"]);
  });

  it("nothing goes before the room is subscribed", () => {
    anOutbox().add(ROOM, "a", 0);
    expect(sent).toEqual([]);
    expect(states()).toEqual(["a waiting"]);
  });

  it("one row, whichever of reply and echo comes first", () => {
    for (const order of ["reply", "echo"]) {
      const outbox = anOutbox();
      outbox.ready(ROOM, 0);
      outbox.add(ROOM, "a", 0);
      const { command, answer } = sent.at(-1)!;
      const echo = aMessage(1, { user: ME, text: "a", nonce: command.nonce });
      if (order === "reply") answer(accepted(1));
      expect(needingRows(items, [], ME)).toHaveLength(1);
      outbox.seen(echo);
      expect(needingRows(items, [echo], ME)).toHaveLength(0);
      if (order === "echo") answer(accepted(1));
      expect(items).toEqual([]);
    }
  });
});

describe("a lost connection", () => {
  it("what was on its way goes again with its nonce", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    outbox.lost();
    sent[0]!.answer({ type: "lost" });
    expect(states()).toEqual(["a waiting"]);
    outbox.ready(ROOM, 0);
    expect(sent[1]!.command.nonce).toBe(sent[0]!.command.nonce);
  });

  it("a message that came back with the join stands for its pending row until the server says so", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 3);
    outbox.add(ROOM, "a", 3);
    outbox.lost();
    const back = aMessage(4, { user: ME, text: "a" });
    expect(needingRows(items, [back], ME)).toEqual([]);
    outbox.ready(ROOM, 4);
    sent[1]!.answer(accepted(4));
    expect(items).toEqual([]);
  });

  it("an older message of the same words does not hide a new one", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 3);
    outbox.add(ROOM, "ok", 3);
    expect(needingRows(items, [aMessage(2, { user: ME, text: "ok" })], ME)).toHaveLength(1);
  });

  it("an answer that belongs to the old connection is not waited for", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    outbox.lost();
    outbox.ready(ROOM, 0);
    sent[1]!.answer(accepted(1));
    expect(states()).toEqual(["a sent"]);
    outbox.ready(ROOM, 1);
    expect(items).toEqual([]);
  });
});

describe("a reload", () => {
  it("keeps what was not acknowledged, with its nonce, and only that", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    outbox.add(ROOM, "b", 0);
    const { nonce } = sent[0]!.command;
    sent[0]!.answer(accepted(1));
    const again = anOutbox();
    expect(states()).toEqual(["b waiting"]);
    again.ready(ROOM, 1);
    expect(sent.at(-1)!.command.nonce).toBe(sent[1]!.command.nonce);
    expect(sent.at(-1)!.command.nonce).not.toBe(nonce);
  });

  it("asks before it sends what is older than the server's memory of nonces", () => {
    const item = { nonce: "n", room: ROOM, text: "old", at: 0, state: "waiting", tried: true, since: 0 };
    expect(restore(JSON.stringify(item), 5 * 24 * 3600_000)!.state).toBe("waiting");
    expect(restore(JSON.stringify(item), 7 * 24 * 3600_000)!.state).toBe("failed");
  });

  it("what cannot be read is not a message", () => {
    for (const kept of [null, "", "{", "null", "{}", '{"text":1}']) expect(restore(kept, 0)).toBeNull();
  });

  it("a full storage does not keep a message from being sent", () => {
    storage.full = true;
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    expect(sent).toHaveLength(1);
  });
});

describe("refusals", () => {
  it("those that pass repeat the same command with the same nonce, when the server says", () => {
    for (const code of ["rate_limited", "slow_mode", "unavailable", "internal"]) {
      const outbox = anOutbox();
      sent = [];
      outbox.ready(ROOM, 0);
      outbox.add(ROOM, "a", 0);
      sent[0]!.answer(refused(code, 4));
      vi.advanceTimersByTime(3999);
      expect(sent).toHaveLength(1);
      vi.advanceTimersByTime(1);
      expect(sent[1]!.command).toEqual(sent[0]!.command);
      outbox.forget();
    }
  });

  it("without a time from the server the waits grow", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    const waits = [0, 1, 2].map(() => {
      const before = Date.now();
      sent.at(-1)!.answer(refused("unavailable"));
      vi.advanceTimersToNextTimer();
      return Date.now() - before;
    });
    expect(waits).toEqual([1500, 2500, 4500]);
  });

  it("what is written meanwhile waits its turn", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    sent[0]!.answer(refused("rate_limited", 2));
    outbox.add(ROOM, "b", 0);
    vi.advanceTimersByTime(2000);
    expect(sent.map(({ command }) => command.text)).toEqual(["a", "a"]);
  });

  it("a final one fails that message with the server's words, and the next goes", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    outbox.add(ROOM, "b", 0);
    sent[0]!.answer(refused("blocked"));
    expect(states()).toEqual(["a failed", "b sending"]);
    expect(items[0]!.detail).toBe("because blocked");
  });

  it("retry sends it again as the newest; discard forgets it, here and in the browser", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    sent[0]!.answer(refused("silenced"));
    outbox.retry(items[0]!);
    expect(sent[1]!.command.nonce).toBe(sent[0]!.command.nonce);
    sent[1]!.answer(refused("silenced"));
    outbox.discard(items[0]!);
    expect(items).toEqual([]);
    expect(storage.length).toBe(0);
  });

  it("a nonce that was used for something else is replaced on retry", () => {
    const outbox = anOutbox();
    outbox.ready(ROOM, 0);
    outbox.add(ROOM, "a", 0);
    sent[0]!.answer(refused("nonce_reused"));
    outbox.retry(items[0]!);
    expect(sent[1]!.command.nonce).not.toBe(sent[0]!.command.nonce);
    expect(sent[1]!.command.nonce).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});
