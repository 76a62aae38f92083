/* The reader's place: which room is shown, how far it has been read, where the "New" line stands. */
import { onArrival, onOpening, onTurningAway } from "../read/newLine";
import { ReadReporter } from "../read/reporter";
import { withInfo } from "../store/chat";
import type { Message } from "../wire/generated";
import { type Core, ignore, updateChat } from "./core";
import type { View } from "./state";

export class Reading {
  readonly #reporter: ReadReporter;

  constructor(
    private readonly core: Core,
    random: () => number,
  ) {
    this.#reporter = new ReadReporter((room, seq) => this.#report(room, seq), random);
  }

  /** Shows a room, or none; `seq` is a message to be brought into view. */
  show(room: number | null, seq?: number): void {
    const { view, chat } = this.core.state.get();
    const target = seq === undefined ? null : { seq };
    if (room !== null && view?.room === room) return this.#patch({ target: target ?? view.target });
    this.leave();
    const held = room === null ? undefined : chat?.rooms.get(room);
    if (room === null || !held) return this.core.state.patch({ view: null });
    const view_: View = { room, line: onOpening(held.info), atBottom: target === null, seen: held.info.read, target };
    this.core.state.patch({ view: view_ });
  }

  /** What was read is told of before the reader turns elsewhere. */
  leave(): void {
    const { view } = this.core.state.get();
    if (view) this.#reporter.flush(view.room);
  }

  focus(focused: boolean): void {
    const { view } = this.core.state.get();
    if (focused === this.core.state.get().focused) return;
    if (!focused && view) {
      this.#reporter.flush(view.room);
      this.#patch({ line: onTurningAway(view.line, view) });
    }
    this.core.state.patch({ focused });
    if (focused && view) this.scrolled(view.atBottom, view.seen);
  }

  /** The list tells where it stands: whether at the bottom, and the newest message on the screen. */
  scrolled(atBottom: boolean, seq: number): void {
    const { view, focused } = this.core.state.get();
    if (!view) return;
    const seen = focused ? Math.max(view.seen, seq) : view.seen;
    if (seen !== view.seen || atBottom !== view.atBottom) this.#patch({ atBottom, seen });
    if (!focused) return;
    this.#reporter.saw(view.room, seen);
    if (atBottom) this.#reporter.readingAlong(view.room);
  }

  arrived(message: Message): void {
    const { view, chat, focused } = this.core.state.get();
    if (!chat || view?.room !== message.room) return;
    const line = onArrival(view.line, message, chat.you.id, { focused, atBottom: view.atBottom });
    if (line !== view.line) this.#patch({ line });
  }

  known(room: number, seq: number): void {
    this.#reporter.known(room, seq);
  }

  /** Back to where new messages come in. */
  toLatest(): void {
    this.#patch({ target: { seq: "newest" } });
  }

  targetReached(): void {
    this.#patch({ target: null });
  }

  forget(): void {
    this.#reporter.forget();
  }

  #patch(part: Partial<View>): void {
    const { view } = this.core.state.get();
    if (view) this.core.state.patch({ view: { ...view, ...part } });
  }

  #report(room: number, seq: number): boolean {
    const { chat, link } = this.core.state.get();
    const held = chat?.rooms.get(room);
    if (!held || link.phase !== "online" || chat?.you.read_only) return false;
    this.core.ask({ type: "read", room, seq }, ignore);
    const newest = held.tail.at(-1)?.seq ?? 0;
    if (seq >= newest) updateChat(this.core, (one) => withInfo(one, room, (info) => ({ ...info, read: seq, unread: 0, mentions: 0 })));
    return true;
  }
}
