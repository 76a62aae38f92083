/* What people put to messages. A change comes as one event, not as the message anew. */
import type { Reaction, ReactionEvent } from "../wire/generated";
import { type Messages, place } from "./sorted";

type Change = Pick<ReactionEvent, "seq" | "rev" | "emoji" | "user" | "on">;

/** The message with the change, unless it is not loaded or knows better already. */
export function react(messages: Messages, change: Change): Messages {
  const at = place(messages, change.seq);
  const held = messages[at];
  if (held?.seq !== change.seq || held.rev >= change.rev) return messages;
  return messages.with(at, { ...held, rev: change.rev, reactions: counted(held.reactions ?? [], change) });
}

function counted(reactions: readonly Reaction[], { emoji, user, on }: Change): Reaction[] {
  const one = reactions.find((each) => each.emoji === emoji);
  if (!one) return on ? [...reactions, { emoji, count: 1, users: [user] }] : [...reactions];
  const users = one.users.filter((each) => each !== user);
  const next = { emoji, count: one.count + (on ? 1 : -1), users: on ? [...users, user] : users };
  return reactions.map((each) => (each === one ? next : each)).filter(({ count }) => count > 0);
}
