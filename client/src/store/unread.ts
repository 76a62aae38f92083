/* The counts between two words of the server: its numbers overwrite these whenever they come. */
import type { Message, Room, Token } from "../wire/generated";

const MOST = 100;

export function mentions(body: readonly unknown[], user: number): boolean {
  return body.some((node) => {
    if (!Array.isArray(node)) return false;
    return node[0] === "mention" ? node[1] === user : mentions(node.slice(1), user);
  });
}

/** A live message that is new to the client. */
export function countNew(info: Room, message: Message, me: number): Room {
  if (message.user === me || message.seq <= info.read || message.deleted) return info;
  const named = mentions(message.body as Token[], me);
  return { ...info, unread: more(info.unread), mentions: named ? more(info.mentions) : info.mentions };
}

/** A live change that deletes; `before` is the message as it was, where it is loaded. */
export function countDeleted(info: Room, message: Message, before: Message | undefined, me: number): Room {
  const counted = message.user !== me && message.seq > info.read && !before?.deleted;
  if (!counted) return info;
  const named = before !== undefined && mentions(before.body as Token[], me);
  return { ...info, unread: less(info.unread), mentions: named ? less(info.mentions) : info.mentions };
}

function more(count: number): number {
  return Math.min(count + 1, MOST);
}

/** At the limit the true number is not known, so it stays. */
function less(count: number): number {
  return count >= MOST ? count : Math.max(count - 1, 0);
}
