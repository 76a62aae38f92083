/* Messages in the order of their seq; every function returns a new list and leaves the old one alone. */
import type { Message } from "../wire/generated";

export type Messages = readonly Message[];

/** The first place whose seq is not below `seq`. */
export function place(messages: Messages, seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function find(messages: Messages, seq: number): Message | undefined {
  const found = messages[place(messages, seq)];
  return found?.seq === seq ? found : undefined;
}

/** Puts a newer state in the place of an older one; a message that is not there stays away. */
export function replace(messages: Messages, message: Message): Messages {
  const at = place(messages, message.seq);
  const held = messages[at];
  return held?.seq === message.seq && held.rev < message.rev ? messages.with(at, message) : messages;
}

export function upsert(messages: Messages, message: Message): Messages {
  const at = place(messages, message.seq);
  if (messages[at]?.seq === message.seq) return replace(messages, message);
  return messages.toSpliced(at, 0, message);
}

export function union(one: Messages, other: Messages): Messages {
  return other.reduce(upsert, one);
}
