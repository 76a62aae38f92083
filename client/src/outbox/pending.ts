/* A message between Enter and the server's word that it is durable. */
import type { Message } from "../wire/generated";

export interface Pending {
  nonce: string;
  room: number;
  text: string;
  /** The message that it answers. */
  replyTo?: number;
  /** When it was written, by this computer's clock: only to know when its nonce has grown too old. */
  at: number;
  state: "waiting" | "sending" | "sent" | "failed";
  /** Whether it may have reached the server on an earlier connection. */
  tried: boolean;
  /** The room's revision when it was written: its own message can only be newer. */
  since: number;
  /** Where it stands in the room, once acknowledged. */
  seq?: number;
  code?: string;
  detail?: string;
}

/** The server remembers a nonce for at least seven days; after six nothing is sent again without being asked. */
const NONCE_LIFE = 6 * 24 * 3600 * 1000;

/** What was kept over a reload, or null when it is not readable. */
export function restore(kept: string | null, now: number): Pending | null {
  try {
    const item = JSON.parse(kept ?? "null") as Pending | null;
    if (!item || typeof item.text !== "string" || typeof item.nonce !== "string") return null;
    const stale = now - item.at > NONCE_LIFE;
    return { ...item, tried: true, state: item.state === "failed" || stale ? "failed" : "waiting" };
  } catch {
    return null;
  }
}

/**
 * Those that need a row of their own. One that went out on a connection that was lost may be back as a message
 * already, without its nonce; until the server says so, the message stands for both.
 */
export function needingRows(items: readonly Pending[], messages: readonly Message[], me: number): readonly Pending[] {
  return items.filter((item) => {
    if (item.seq !== undefined) return !messages.some((message) => message.seq === item.seq);
    const arrived = (message: Message) => message.user === me && message.seq > item.since && message.text === item.text;
    return item.state === "failed" || !item.tried || !messages.some(arrived);
  });
}

/** Not randomUUID: browsers offer that to secure origins only, and some Galaxies are plain HTTP. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
