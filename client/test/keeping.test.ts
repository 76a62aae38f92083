import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Drafts, LONGEST } from "../src/drafts/drafts";
import { Choice, Keys, removeEverybodys } from "../src/storage/keys";
import { FakeStorage, ROOM } from "./support";

let storage: FakeStorage;
beforeEach(() => {
  vi.useFakeTimers();
  storage = new FakeStorage();
});
afterEach(() => void vi.useRealTimers());

const keysOf = (user: number, epoch = "e1", base = "/galaxychat/") => new Keys(storage, base, epoch, user);

describe("drafts", () => {
  function drafts(user = 1): Drafts {
    const made = new Drafts();
    made.use(keysOf(user), false);
    return made;
  }

  it("are kept per room over a reload", () => {
    const before = drafts();
    before.set(ROOM, "half a thought");
    before.set(8, "another");
    before.flush();
    expect(drafts().get(ROOM)).toBe("half a thought");
    expect(drafts().get(8)).toBe("another");
  });

  it("are not written with every key", () => {
    const before = drafts();
    const write = vi.spyOn(storage, "setItem");
    for (const text of ["a", "ab", "abc"]) before.set(ROOM, text);
    vi.advanceTimersByTime(1000);
    expect(write).toHaveBeenCalledOnce();
  });

  it("end at fifty thousand characters", () => {
    const before = drafts();
    before.set(ROOM, "x".repeat(1_000_000));
    before.flush();
    expect(before.get(ROOM)).toHaveLength(LONGEST);
    expect(drafts().get(ROOM)).toHaveLength(LONGEST);
  });

  it("leave nothing behind when they are empty", () => {
    const before = drafts();
    before.set(ROOM, "a");
    before.flush();
    before.set(ROOM, "");
    before.flush();
    expect(storage.length).toBe(0);
  });

  it("a full storage keeps them in the page", () => {
    storage.full = true;
    const before = drafts();
    before.set(ROOM, "a");
    before.flush();
    expect(before.get(ROOM)).toBe("a");
  });

  it("another user sees nothing of them", () => {
    const before = drafts(1);
    before.set(ROOM, "secret");
    before.flush();
    expect(drafts(2).get(ROOM)).toBe("");
    before.use(keysOf(2), false);
    expect(before.get(ROOM)).toBe("");
  });

  it("a new log of the same user's takes over what is being written", () => {
    const before = drafts(1);
    before.set(ROOM, "still writing");
    before.use(keysOf(1, "e2"), true);
    expect(keysOf(1, "e2").get(`draft:${ROOM}`)).toBe("still writing");
  });
});

describe("keys", () => {
  it("each holds the epoch and the user", () => {
    keysOf(42, "abc").set("draft:1", "x");
    expect([...storage.held.keys()]).toEqual(["galaxychat:/galaxychat/:abc:42:draft:1"]);
  });

  it("others' and old ones go; another chat's on the same host, other programs' and the choice stay", () => {
    new Choice(storage).set(true);
    storage.setItem("galaxy-history", "theirs");
    keysOf(1).set("a", "mine");
    keysOf(12).set("a", "another's");
    keysOf(1, "e0").set("a", "old");
    keysOf(2, "e1", "/other/").set("a", "another chat's");
    keysOf(1).removeOthers();
    expect([...storage.held.values()].sort()).toEqual(["1", "another chat's", "mine", "theirs"]);
  });

  it("with nobody logged in everybody's go", () => {
    new Choice(storage).set(true);
    keysOf(1).set("a", "x");
    keysOf(2, "e9").set("a", "y");
    removeEverybodys(storage, "/galaxychat/");
    expect([...storage.held.keys()]).toEqual(["galaxychat.online"]);
  });

  it("a browser that keeps nothing is no error", () => {
    const keys = new Keys(null, "/", "e1", 1);
    keys.set("a", "x");
    keys.removeOthers();
    removeEverybodys(null, "/");
    expect([keys.get("a"), keys.names(""), new Choice(null).get()]).toEqual([null, [], null]);
  });
});

describe("the choice", () => {
  it("is unknown at first, then kept", () => {
    expect(new Choice(storage).get()).toBeNull();
    new Choice(storage).set(true);
    expect(new Choice(storage).get()).toBe(true);
    new Choice(storage).set(false);
    expect(new Choice(storage).get()).toBe(false);
  });
});
