/* What the address asks for is shown: a room, and a message in it that is pointed out. */
import type { HeldRoom } from "../store/room";
import type { Core } from "./core";
import type { Loading } from "./loading";
import type { Reading } from "./reading";
import { parseRoute, roomHash, type Route, sameName } from "./route";

export class Showing {
  /** Whether the address still waits to be followed: once, lest a reconnection jump again. */
  #following = true;

  constructor(
    private readonly core: Core,
    private readonly reading: Reading,
    private readonly loading: Loading,
  ) {}

  /** The room that this user was in last, while it is still one of theirs. */
  get lastRoom(): number | null {
    const room = Number(this.core.keys?.get("room"));
    return this.core.state.get().chat?.rooms.has(room) ? room : null;
  }

  navigate(hash: string): void {
    this.core.state.patch({ route: parseRoute(hash) });
    this.#following = true;
    this.follow();
  }

  /** Shows a message, wherever it is, and points it out. */
  jump(room: number, seq: number): void {
    if (this.core.state.get().view?.room !== room) return void (location.hash = roomHash(room, seq));
    this.reading.show(room, seq);
    this.loading.bring(room, seq);
  }

  /** Goes where the address leads, as far as that is known by now. */
  follow(): void {
    const { route, chat } = this.core.state.get();
    const held = chat ? meant(route, [...chat.rooms.values()]) : undefined;
    const seq = this.#following && route.is === "room" ? route.seq : undefined;
    this.reading.show(held?.info.room ?? null, seq);
    if (held) this.core.keys?.set("room", String(held.info.room));
    if (held?.subscription !== "live") return;
    this.#following = false;
    if (seq !== undefined) this.loading.bring(held.info.room, seq);
  }

  /** A room was joined; the address may have waited for it. */
  joined(): void {
    if (this.#following) this.follow();
  }
}

function meant(route: Route, rooms: readonly HeldRoom[]): HeldRoom | undefined {
  if (route.is === "none") return undefined;
  return rooms.find(({ info }) => (route.is === "room" ? info.room === route.room : sameName(info.name, route.name)));
}
