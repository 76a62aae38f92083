/* What is done to messages that are there: the server's event brings it about, here and everywhere. */
import type { Chat } from "../../app/chat";
import { updateChat } from "../../app/core";
import { updateRoom } from "../../store/chat";
import { type HeldRoom } from "../../store/room";
import type { Message, React } from "../../wire/generated";

export type Emoji = React["emoji"];

export function react(app: Chat, { room, seq }: Message, emoji: Emoji, on: boolean): void {
  app.ask({ type: "react", room, seq, emoji, on }, (answer) => {
    app.complain(answer);
    // Nothing has changed, so it was so already: of many only the first ten are named.
    if (answer.type === "ok" && answer.rev == null && on) nameMe(app, room, seq, emoji);
  });
}

export function remove(app: Chat, room: number, seq: number): void {
  app.ask({ type: "delete", room, seq }, (answer) => app.complain(answer));
}

export function pin(app: Chat, { room, seq }: Message, on: boolean, then: () => void = () => {}): void {
  app.ask({ type: "pin", room, seq, on }, (answer) => (answer.type === "ok" ? then() : app.complain(answer)));
}

function nameMe(app: Chat, room: number, seq: number, emoji: Emoji): void {
  const { chat } = app.state.get();
  const me = chat?.you.id;
  if (me === undefined) return;
  const named = (message: Message): Message => ({
    ...message,
    reactions: message.reactions?.map((one) => (one.emoji === emoji && !one.users.includes(me) ? { ...one, users: [...one.users, me] } : one)),
  });
  const all = (messages: readonly Message[]) => messages.map((message) => (message.seq === seq ? named(message) : message));
  const update = (held: HeldRoom): HeldRoom => ({ ...held, tail: all(held.tail), window: held.window && { ...held.window, messages: all(held.window.messages) } });
  updateChat(app, (each) => updateRoom(each, room, update));
}
