import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type ConnectionEvents } from "../src/connection/connection";
import { diagnose } from "../src/connection/diagnosis";
import { PATIENCE } from "../src/connection/requests";
import { aWelcome, FakeSocket } from "./support";

const nothing = (): ConnectionEvents => ({
  changed: vi.fn(), welcome: vi.fn(), event: vi.fn(), lost: vi.fn(), diagnose: vi.fn(), hide: vi.fn(), forget: vi.fn(),
});

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});
afterEach(() => vi.useRealTimers());

function connected(events = nothing()): Connection {
  const connection = new Connection(FakeSocket.make, events, () => 0.5);
  connection.goOnline();
  FakeSocket.last.says(aWelcome());
  return connection;
}

describe("one socket", () => {
  it("clicking off and on while the old one closes opens the new one only when the old one is gone", () => {
    const connection = connected();
    connection.goOffline();
    connection.goOnline();
    expect(FakeSocket.living).toHaveLength(1);
    FakeSocket.all[0]!.ends(1000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.living).toHaveLength(1);
  });

  it("a peer that never answers the close is not waited for longer than three seconds", () => {
    const connection = connected();
    connection.goOffline();
    connection.goOnline();
    vi.advanceTimersByTime(3000);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("many wishes and much news at once still make one", () => {
    const connection = connected();
    FakeSocket.last.ends(1006);
    for (let n = 0; n < 5; n++) {
      connection.awake();
      connection.goOnline();
      vi.advanceTimersByTime(1);
    }
    expect(FakeSocket.living).toHaveLength(1);
  });

  it("going offline while it opens leaves none", () => {
    const connection = new Connection(FakeSocket.make, nothing());
    connection.goOnline();
    connection.goOffline();
    FakeSocket.last.ends(1006);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.living).toHaveLength(0);
  });
});

describe("silence", () => {
  it("a socket that is not let in within fifteen seconds is given up", () => {
    const connection = new Connection(FakeSocket.make, nothing(), () => 0.5);
    connection.goOnline();
    vi.advanceTimersByTime(15_000);
    expect(connection.link.phase).not.toBe("online");
    expect(FakeSocket.all[0]!.readyState).toBe(WebSocket.CLOSING);
  });

  it("a command without an answer shows that the connection is dead", () => {
    const events = nothing();
    const connection = connected(events);
    const heard = vi.fn();
    connection.ask({ type: "rooms" }, heard);
    vi.advanceTimersByTime(PATIENCE);
    expect(heard).toHaveBeenCalledWith({ type: "lost" });
    expect(events.lost).toHaveBeenCalled();
    expect(connection.link.phase).toBe("waiting");
  });

  it("every command gets exactly one answer: its own, or the loss", () => {
    const connection = connected();
    const [first, second] = [vi.fn(), vi.fn()];
    connection.ask({ type: "rooms" }, first);
    connection.ask({ type: "users", prefix: "a" }, second);
    FakeSocket.last.answers("users", { type: "users", users: [] });
    FakeSocket.last.ends(1006);
    expect(first.mock.calls).toEqual([[{ type: "lost" }]]);
    expect(second).toHaveBeenCalledOnce();
  });

  it("what is asked while there is no connection is lost at once", () => {
    const heard = vi.fn();
    new Connection(FakeSocket.make, nothing()).ask({ type: "rooms" }, heard);
    expect(heard).toHaveBeenCalledWith({ type: "lost" });
  });
});

it("frames that are no events, and events that nobody knows, do no harm", () => {
  const events = nothing();
  connected(events);
  for (const data of ["", "[]", "null", "{", '{"no":"type"}', new ArrayBuffer(2)]) FakeSocket.last.onmessage?.({ data });
  expect(events.event).not.toHaveBeenCalled();
  FakeSocket.last.onmessage?.({ data: '{"type":"of_tomorrow"}' });
  expect(events.event).toHaveBeenCalledWith({ type: "of_tomorrow" });
});

describe("the diagnosis over HTTP", () => {
  const answering = (status: number, body: string) => async () => new Response(body, { status });

  it("tells a missing cookie from an unreadable one, and passes the reason on", async () => {
    expect(await diagnose("me", answering(200, '{"state":"no_cookie"}'))).toEqual({ trouble: "no_cookie", reason: "" });
    expect(await diagnose("me", answering(200, '{"state":"refused","reason":"banned"}'))).toEqual({ trouble: "refused", reason: "banned" });
  });

  it("a server that knows us over HTTP points at whatever stops WebSockets", async () => {
    expect((await diagnose("me", answering(200, '{"state":"ok"}'))).trouble).toBe("no_websocket");
  });

  it("another server's answer is recognized as such", async () => {
    expect((await diagnose("me", answering(200, "<html>"))).trouble).toBe("not_the_chat");
    expect((await diagnose("me", answering(404, ""))).trouble).toBe("not_the_chat");
    expect((await diagnose("me", answering(200, '{"state":"brand_new"}'))).trouble).toBe("not_the_chat");
  });

  it("no answer, or a proxy's excuse for one, is unreachable", async () => {
    expect((await diagnose("me", answering(502, ""))).trouble).toBe("unreachable");
    expect((await diagnose("me", () => Promise.reject(new TypeError()))).trouble).toBe("unreachable");
  });
});
