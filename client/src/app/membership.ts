/* Rooms entered, made, left and muted; and rooms resumed. */
import { jittered } from "../connection/backoff";
import { t } from "../i18n";
import { PASSING } from "../outbox/outbox";
import { applyJoined, type Consequence, updateRoom } from "../store/chat";
import type { Create, Direct, Join, Joined } from "../wire/generated";
import { type Core, updateChat } from "./core";

/** Null when it worked, else what went wrong, for a person. */
export type Outcome = (refusal: string | null, room?: number) => void;

export class Membership {
  constructor(
    private readonly core: Core,
    private readonly consequences: (all: readonly Consequence[]) => void,
    private readonly joined: (reply: Joined) => void,
  ) {}

  /** Subscribes to a room of one's own, or comes back to it where this client left off. */
  resume(room: number, tries = 0): void {
    const { chat } = this.core.state.get();
    const held = chat?.rooms.get(room);
    if (!chat || !held || held.subscription !== "none") return;
    const after = held.last;
    updateChat(this.core, (one) => updateRoom(one, room, (each) => ({ ...each, subscription: "asked" })));
    this.core.ask({ type: "join", room, ...(after !== null && { after, epoch: chat.epoch }) }, (answer) => {
      if (answer.type === "joined") this.#entered(answer, after);
      else if (answer.type === "error") this.#again(room, answer, tries);
    });
  }

  /** By its name or number, by making it, or by whom it is shared with. */
  enter(command: Create | Direct | Join, done: Outcome): void {
    this.core.ask(command, (answer) => {
      if (answer.type === "joined") {
        this.#entered(answer, null);
        done(null, answer.room.room);
      } else {
        done(answer.type === "error" ? answer.detail : t("notice.lost"));
      }
    });
  }

  leave(room: number): void {
    this.core.ask({ type: "leave", room }, (answer) => this.core.complain(answer));
  }

  mute(room: number, on: boolean): void {
    this.core.ask({ type: "mute", room, on }, (answer) => this.core.complain(answer));
  }

  #entered(reply: Joined, after: number | null): void {
    const { chat } = this.core.state.get();
    if (!chat) return;
    const [next, consequences] = applyJoined(chat, reply, after);
    this.core.state.patch({ chat: next });
    this.consequences(consequences);
    this.joined(reply);
  }

  /** A server in trouble is asked again; a room that is refused stays in the list, unread. */
  #again(room: number, { code, retry_after }: { code: string; retry_after?: number | null }, tries: number): void {
    updateChat(this.core, (one) => updateRoom(one, room, (each) => ({ ...each, subscription: "none" })));
    if (!PASSING.has(code)) return;
    const ms = retry_after ? retry_after * 1000 : 500 + jittered(tries + 1, Math.random());
    setTimeout(() => this.resume(room, tries + 1), ms);
  }
}
