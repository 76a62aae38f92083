import { describe, expect, it, vi } from "vitest";
import { roomHash } from "../src/app/route";
import { onArrival, onOpening, onTurningAway } from "../src/read/newLine";
import { INTERVAL, ReadReporter } from "../src/read/reporter";
import { rows, unseen } from "../src/ui/rows";
import { aChat, freshBrowser, inTheLobby } from "./application";
import { ALICE, aJoined, aMessage, aRoom, aWelcome, FakeSocket, live, ME, ROOM } from "./support";

freshBrowser();

describe("telling the server what was read", () => {
  function reporter(online = true) {
    const report = vi.fn(() => online);
    return { report, reporter: new ReadReporter(report, () => 0.5) };
  }

  it("reading along tells at most every ten seconds, however many messages come", () => {
    const { report, reporter: reading } = reporter();
    for (let seq = 1; seq <= 600; seq++) {
      reading.saw(ROOM, seq);
      reading.readingAlong(ROOM);
      vi.advanceTimersByTime(100);
    }
    expect(report.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(report.mock.calls.length).toBeLessThanOrEqual(60_000 / INTERVAL);
  });

  it("a thousand readers do not tell at the same moment", () => {
    const moments = [0, 0.3, 0.9].map((random) => {
      const report = vi.fn(() => true);
      const reading = new ReadReporter(report, () => random);
      reading.saw(ROOM, 1);
      reading.readingAlong(ROOM);
      const start = Date.now();
      while (report.mock.calls.length === 0) vi.advanceTimersByTime(100);
      return Date.now() - start;
    });
    expect(new Set(moments).size).toBe(3);
  });

  it("turning away tells at once, and nothing twice", () => {
    const { report, reporter: reading } = reporter();
    reading.saw(ROOM, 5);
    reading.readingAlong(ROOM);
    reading.flush(ROOM);
    reading.flush(ROOM);
    vi.advanceTimersByTime(60_000);
    expect(report.mock.calls).toEqual([[ROOM, 5]]);
  });

  it("never backwards, and nothing that another device has told already", () => {
    const { report, reporter: reading } = reporter();
    reading.known(ROOM, 9);
    reading.saw(ROOM, 8);
    reading.flush(ROOM);
    expect(report).not.toHaveBeenCalled();
  });

  it("what could not be told is told later", () => {
    const { report, reporter: reading } = reporter(false);
    reading.saw(ROOM, 5);
    reading.flush(ROOM);
    report.mockReturnValue(true);
    reading.flush(ROOM);
    expect(report).toHaveBeenCalledTimes(2);
  });
});

describe("the New line", () => {
  const away = { focused: false, atBottom: true };

  it("stands after what was read when the room is opened, if there is anything unread", () => {
    expect(onOpening(aRoom({ unread: 2, read: 5 }))).toBe(5);
    expect(onOpening(aRoom({ unread: 0, read: 5 }))).toBeNull();
  });

  it("is frozen once it is there", () => {
    expect(onArrival(5, aMessage(9), ME, away)).toBe(5);
  });

  it("appears before the first message that the reader cannot see coming", () => {
    expect(onArrival(null, aMessage(9), ME, away)).toBe(8);
    expect(onArrival(null, aMessage(9), ME, { focused: true, atBottom: false })).toBe(8);
  });

  it("never for one's own messages, never while reading at the bottom", () => {
    expect(onArrival(null, aMessage(9, { user: ME }), ME, away)).toBeNull();
    expect(onArrival(null, aMessage(9), ME, { focused: true, atBottom: true })).toBeNull();
  });

  it("goes when a reader at the bottom turns away, who has seen all", () => {
    expect(onTurningAway(5, { atBottom: true })).toBeNull();
    expect(onTurningAway(5, { atBottom: false })).toBe(5);
  });

  it("stands before the first unread of somebody else, once", () => {
    const messages = [aMessage(1), aMessage(2, { user: ME }), aMessage(3), aMessage(4)];
    const kinds = rows({ messages, moreBefore: false, moreAfter: false }, 1, ME).map((row) => (row.is === "message" ? row.message.seq : row.is));
    expect(kinds).toEqual(["day", 1, 2, "new", 3, 4]);
  });

  it("is not drawn where its place is not known yet", () => {
    const kinds = rows({ messages: [aMessage(50)], moreBefore: true, moreAfter: false }, 10, ME).map(({ is }) => is);
    expect(kinds).toEqual(["day", "message"]);
  });
});

describe("what belongs together", () => {
  const at = (minutes: number, part = {}) => aMessage(minutes + 1, { at: new Date(Date.UTC(2026, 4, 1, 12, minutes)).toISOString(), ...part });
  const follows = (...messages: ReturnType<typeof at>[]) =>
    rows({ messages, moreBefore: false, moreAfter: false }, null, ME).flatMap((row) => (row.is === "message" ? [row.follows] : []));

  it("one author within five minutes", () => {
    expect(follows(at(0), at(4), at(9))).toEqual([false, true, false]);
    expect(follows(at(0), at(1, { user: ME }), at(2, { user: ALICE }))).toEqual([false, false, false]);
  });

  it("a new day begins anew", () => {
    const late = aMessage(1, { at: new Date(2026, 4, 1, 23, 59).toISOString() });
    const early = aMessage(2, { at: new Date(2026, 4, 2, 0, 1).toISOString() });
    expect(rows({ messages: [late, early], moreBefore: false, moreAfter: false }, null, ME).map(({ is }) => is)).toEqual(["day", "message", "day", "message"]);
  });
});

it("below are counted others' messages that have not been on the screen", () => {
  const messages = [aMessage(1), aMessage(2), aMessage(3, { user: ME }), aMessage(4, { deleted: true }), aMessage(5)];
  expect(unseen(messages, 1, ME)).toBe(2);
});

describe("what an application tells of its reader", () => {
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
    chat.showing.navigate(roomHash(8));
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
    chat.writing.typing(ROOM);
    expect(FakeSocket.last.of("read")).toEqual([]);
    expect(FakeSocket.last.of("typing")).toEqual([]);
  });
});
