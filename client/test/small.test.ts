import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "../src/ui/later/announcer";
import { nameHash, parseRoute, roomHash, sameName } from "../src/app/route";
import { pageTitle } from "../src/app/title";
import { TypingNews, TypingWatch } from "../src/app/typing";
import { count, t } from "../src/i18n";
import core from "../src/i18n/en.json";
import later from "../src/i18n/en.later.json";
import { dayName } from "../src/i18n/time";
import { initials } from "../src/ui/Avatar";
import { startedMention } from "../src/ui/later/startedMention";
import { aRoom } from "./support";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("addresses", () => {
  it("name a room, a message in it, or a room's name", () => {
    expect(parseRoute(roomHash(281474976710655))).toEqual({ is: "room", room: 281474976710655 });
    expect(parseRoute(roomHash(7, 42))).toEqual({ is: "room", room: 7, seq: 42 });
    expect(parseRoute(nameHash("RNA-seq / 50% أهلا"))).toEqual({ is: "name", name: "RNA-seq / 50% أهلا" });
  });

  it("anything else names nothing, and nothing raises", () => {
    for (const hash of ["", "#", "#/", "#/r/", "#/r/x", "#/r/1/x", "#/r/12345678901234567890", "#/r/name/"]) expect(parseRoute(hash)).toEqual({ is: "none" });
    expect(parseRoute("#/r/name/100%")).toEqual({ is: "name", name: "100%" });
  });

  it("names are the same as the server sees them", () => {
    expect(sameName("  Café  Room ", "cafe\u0301 room")).toBe(true);
    expect(sameName("a", "b")).toBe(false);
  });
});

describe("the title", () => {
  it("counts mentions in front, of rooms that are not muted, and nothing else", () => {
    const rooms = [aRoom({ unread: 50, mentions: 2 }), aRoom({ mentions: 1 }), aRoom({ mentions: 9, muted: true })];
    expect(pageTitle(rooms, "Lobby")).toBe("(3) Lobby · Community chat");
    expect(pageTitle([aRoom({ unread: 50 })], null)).toBe("Community chat");
    expect(pageTitle([aRoom({ mentions: 100 })], null)).toMatch(/^\(99\+\)/);
  });
});

describe("the announcer", () => {
  it("says a burst in one go, sums up what is too much, and falls silent", () => {
    const said: string[] = [];
    const announcer = new Announcer((text) => said.push(text), (left) => `${left} more`);
    for (let n = 1; n <= 6; n++) announcer.add(`m${n}`);
    vi.advanceTimersByTime(400);
    expect(said).toEqual(["m1\nm2\nm3\nm4\n2 more"]);
    vi.advanceTimersByTime(1200);
    expect(said.at(-1)).toBe("");
  });

  it("what comes while it speaks is said after a pause, so that it is heard as new", () => {
    const said: string[] = [];
    const announcer = new Announcer((text) => said.push(text), String);
    announcer.add("a");
    vi.advanceTimersByTime(500);
    announcer.add("b");
    vi.advanceTimersByTime(10_000);
    expect(said).toEqual(["a", "", "b", ""]);
  });
});

describe("typing", () => {
  it("is forgotten when nothing more is heard, or the message comes", () => {
    let shown: readonly number[] = [];
    const watch = new TypingWatch((users) => (shown = users.get(7) ?? []));
    watch.heard(7, 2);
    watch.heard(7, 3);
    watch.stopped(7, 2);
    expect(shown).toEqual([3]);
    vi.advanceTimersByTime(6000);
    expect(shown).toEqual([]);
  });

  it("is told at most once in three seconds, and anew after a message", () => {
    const news = new TypingNews();
    expect([0, 1000, 2999, 3000].map((now) => news.due(now))).toEqual([true, false, false, true]);
    news.sent();
    expect(news.due(3001)).toBe(true);
  });
});

describe("the dictionary", () => {
  it("has every plural in full, and no text in both parts", () => {
    const keys = [...Object.keys(core), ...Object.keys(later)];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys.filter((each) => each.endsWith(".one") && !each.startsWith("room.typing"))) expect(keys).toContain(key.replace(/one$/, "other"));
  });

  it("fills in what is named, and leaves text that looks like a name alone", () => {
    expect(t("composer.label", { room: "{n} $& <b>" })).toBe("Message {n} $& <b>");
    expect(count("room.present", 1)).toBe("1 here now");
  });
});

it("days are named as people do", () => {
  const now = new Date(2026, 4, 2, 0, 30);
  expect(dayName(new Date(2026, 4, 2, 0, 10).toISOString(), now)).toBe("Today");
  expect(dayName(new Date(2026, 4, 1, 23, 50).toISOString(), now)).toBe("Yesterday");
  expect(dayName(new Date(2025, 4, 1).toISOString(), now)).toContain("2025");
});

it("initials are of the name's words, in any script", () => {
  expect(["alice", "ada lovelace", "jean-luc.picard", "李雷", "a", "---", ""].map(initials)).toEqual(["AL", "AL", "JP", "李雷", "A", "", ""]);
});

it("a mention is being written only right before the caret, and not in an address", () => {
  expect(startedMention("hi @al", 6)).toEqual({ sign: "@", prefix: "al" });
  expect(startedMention("@al and", 7)).toBeNull();
  expect(startedMention("mail me@al", 10)).toBeNull();
  expect(startedMention("@", 1)).toEqual({ sign: "@", prefix: "" });
  expect(startedMention("hi @al", 5)).toMatchObject({ prefix: "a" });
  expect(startedMention("see #hel", 8)).toEqual({ sign: "#", prefix: "hel" });
  expect(startedMention("https://x.example/#a", 20)).toBeNull();
  expect(startedMention("issue ##", 8)).toBeNull();
});
