/* What is fetched when it is looked at: older and newer messages, who is in a room, people by name. */
import { t } from "../i18n";
import { addPage } from "../store/people";
import { membersOf, updateRoom, withMembers, withUsers } from "../store/chat";
import { expectPage, forgetPage, layPage, type Place, quoting, toLatest } from "../store/pages";
import { shown } from "../store/room";
import { find } from "../store/sorted";
import type { Message, User } from "../wire/generated";
import { type Core, updateChat } from "./core";

export class Loading {
  constructor(private readonly core: Core) {}

  older(room: number): void {
    const held = this.#held(room);
    const first = held && shown(held).messages[0];
    if (held && first && shown(held).moreBefore) this.#page(room, { before: first.seq });
  }

  newer(room: number): void {
    const last = this.#held(room)?.window?.messages.at(-1);
    if (last) this.#page(room, { after: last.seq });
  }

  /** Sees to it that a message is among those shown. */
  bring(room: number, seq: number): void {
    const held = this.#held(room);
    if (!held || find(shown(held).messages, seq)) return;
    if (find(held.tail, seq)) this.latest(room);
    else this.#page(room, { around: seq });
  }

  /** A message that another one quotes. */
  quote(room: number, seq: number): void {
    const held = this.#held(room);
    if (!held || held.subscription !== "live") return;
    this.core.ask({ type: "history", room, around: seq, limit: 2 }, (answer) => {
      const message = answer.type === "history" && answer.messages.find((one) => one.seq === seq);
      if (!message) return;
      updateChat(this.core, (chat) => updateRoom(withUsers(chat, answer.users), room, (one) => quoting(one, message)));
    });
  }

  latest(room: number): void {
    updateChat(this.core, (chat) => updateRoom(chat, room, toLatest));
  }

  members(room: number, afterName?: string): void {
    this.core.ask({ type: "members", room, ...(afterName !== undefined && { after_name: afterName }) }, (answer) => {
      if (answer.type !== "members") return;
      updateChat(this.core, (chat) => {
        const named = withUsers(chat, answer.users);
        return withMembers(named, room, addPage(membersOf(named, room), answer, afterName === undefined));
      });
    });
  }

  people(prefix: string, found: (users: readonly User[]) => void): void {
    this.core.ask({ type: "users", prefix }, (answer) => {
      if (answer.type === "users") found(answer.users);
    });
  }

  /** What a link leads to may not be there any more: then to what was said next. */
  #found(messages: readonly Message[], seq: number): void {
    const { view } = this.core.state.get();
    if (view?.target?.seq !== seq || messages.some((one) => one.seq === seq)) return;
    const next = messages.find((one) => one.seq > seq) ?? messages.at(-1);
    this.core.state.patch({ notice: t("notice.noMessage"), view: { ...view, target: next ? { seq: next.seq } : null } });
  }

  #held(room: number) {
    return this.core.state.get().chat?.rooms.get(room);
  }

  /** One page of a room at a time: what changes meanwhile is kept for that page. */
  #page(room: number, place: Place): void {
    const held = this.#held(room);
    if (!held || held.kept !== null || held.subscription !== "live") return;
    updateChat(this.core, (chat) => updateRoom(chat, room, expectPage));
    this.core.ask({ type: "history", room, ...place }, (answer) => {
      updateChat(this.core, (chat) => {
        if (answer.type !== "history") return updateRoom(chat, room, forgetPage);
        return updateRoom(withUsers(chat, answer.users), room, (one) => layPage(one, answer, place));
      });
      if ("around" in place && answer.type === "history") this.#found(answer.messages, place.around);
    });
  }
}
