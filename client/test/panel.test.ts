/* The page as a panel: what the page around is told, and to whom it listens. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initialState } from "../src/app/state";
import { isOrigin } from "../src/panel";
import { Focus } from "../src/panel/focus";
import { keepToThePanel } from "../src/panel/links";
import { Outside } from "../src/panel/outside";
import { counted } from "../src/panel/state";
import { applyWelcome } from "../src/store/chat";
import { aRoom, aWelcome } from "./support";

const GALAXY = "https://galaxy.example.org";

afterEach(() => document.body.replaceChildren());

describe("what is counted", () => {
  const rooms = [
    aRoom({ room: 1, unread: 3, mentions: 1 }),
    aRoom({ room: 2, unread: 2 }),
    aRoom({ room: 3, unread: 9, mentions: 9, muted: true }),
  ];
  const state = { ...initialState(true, { is: "none" }, false), chat: applyWelcome(null, aWelcome({ rooms })) };

  it("sums up rooms, but for those that are muted", () => {
    expect(counted(state)).toEqual({ online: true, unread: 5, mentions: 1 });
  });

  it("is nothing while the bubble is red, or nobody may see anything", () => {
    expect(counted({ ...state, choice: false })).toEqual({ online: false, unread: 0, mentions: 0 });
    expect(counted({ ...state, choice: null })).toEqual({ online: false, unread: 0, mentions: 0 });
    expect(counted({ ...state, hidden: true })).toEqual({ online: true, unread: 0, mentions: 0 });
  });

  it("leaves out what is being read at this moment", () => {
    const view = { room: 1, line: null, atBottom: true, seen: 0, target: null };
    expect(counted({ ...state, view, focused: true })).toEqual({ online: true, unread: 2, mentions: 0 });
    expect(counted({ ...state, view, focused: false })).toEqual({ online: true, unread: 5, mentions: 1 });
  });
});

describe("the page around", () => {
  it("is of an origin, and of one only", () => {
    expect([GALAXY, "http://127.0.0.1:8080"].map(isOrigin)).toEqual([true, true]);
    expect(["*", "/", "null", `${GALAXY}/`, "https://a@galaxy.example.org", "galaxy"].map(isOrigin)).not.toContain(true);
  });

  it("is told what has changed, once, and nobody else is", () => {
    const page = { postMessage: vi.fn() };
    const outside = new Outside(page, GALAXY);
    const told = { online: true, unread: 1, mentions: 0 };
    outside.tell(told);
    outside.tell({ ...told });
    outside.close();
    outside.resize(410.6);
    expect(page.postMessage.mock.calls).toEqual([
      [{ type: "galaxychat", ...told }, GALAXY],
      [{ type: "galaxychat", close: true }, GALAXY],
      [{ type: "galaxychat", width: 411 }, GALAXY],
    ]);
  });

  it("is heard when it gives the focus, and nobody in its place", () => {
    const page = { postMessage: vi.fn() };
    const focus = vi.fn();
    new Outside(page, GALAXY).listen(focus);
    const say = (data: unknown, origin = GALAXY, source: unknown = page) =>
      dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
    say({ type: "galaxychat", focus: true }, "https://galaxy.example.org.evil.org");
    say({ type: "galaxychat", focus: true }, GALAXY, window);
    say({ type: "other", focus: true });
    say({ type: "galaxychat", focus: "yes" });
    say(null);
    expect(focus).not.toHaveBeenCalled();
    say({ type: "galaxychat", focus: true });
    expect(focus).toHaveBeenCalledTimes(1);
  });
});

describe("the focus", () => {
  // This page is laid out nowhere, so that it would be as wide as a panel that is closed.
  beforeEach(() => void Object.defineProperty(document.body, "clientWidth", { configurable: true, value: 400 }));

  it("waits for a place to write, and goes there once", () => {
    const focus = new Focus();
    focus.wanted();
    const field = document.createElement("textarea");
    document.body.append(Object.assign(document.createElement("form"), { className: "composer" }));
    document.querySelector("form")!.append(field);
    focus.settle();
    expect(document.activeElement).toBe(field);
    focus.settle();
    field.blur();
    focus.settle();
    expect(document.activeElement).toBe(document.body);
  });

  it("stays where the user has put it meanwhile", () => {
    const focus = new Focus();
    focus.wanted();
    const own = document.createElement("input");
    document.body.append(own, Object.assign(document.createElement("button"), { className: "primary" }));
    own.focus();
    focus.settle();
    expect(document.activeElement).toBe(own);
  });
});

describe("links", () => {
  it("that lead out of the chat leave the panel; those that open a tab are left alone", () => {
    keepToThePanel();
    addEventListener("click", (event) => event.preventDefault()); // behind ours: nothing is to be loaded
    const click = (attributes: Record<string, string>) => {
      const link = Object.assign(document.createElement("a"), attributes);
      document.body.append(link);
      link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      return link.target;
    };
    expect(click({ href: "../" })).toBe("_top");
    expect(click({ href: "https://example.org/", target: "_blank" })).toBe("_blank");
    expect(click({ href: "#/r/7" })).toBe("");
  });
});
