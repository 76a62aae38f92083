/* What may be meant by the beginning of a name. */
import { nameHash } from "../../app/route";
import type { ChatState } from "../../store/chat";
import type { HeldRoom } from "../../store/room";
import type { User } from "../../wire/generated";

export interface Suggestion {
  key: string;
  /** The user, for a face; null for a room. */
  user: number | null;
  label: string;
  /** What is put in the place of what was typed, the sign included. */
  text: string;
}

const MOST = 10;

/** Who spoke last comes first: an answer is what most mentions are. */
export function speakers({ names, you, ignored }: ChatState, { tail }: HeldRoom, prefix: string): Suggestion[] {
  const ids = [...new Set(tail.toReversed().map(({ user }) => user))];
  return ids.flatMap((id) => (id === you.id || ignored.has(id) ? [] : named({ id, name: names.get(id) ?? null }, prefix))).slice(0, MOST);
}

/** Those who spoke, and then whom the server found besides. */
export function withFound(first: readonly Suggestion[], found: readonly User[], prefix: string): Suggestion[] {
  const all = [...first, ...found.flatMap((user) => named(user, prefix))];
  return all.filter(({ key }, at) => all.findIndex((one) => one.key === key) === at).slice(0, MOST);
}

function named({ id, name }: User, prefix: string): Suggestion[] {
  return name !== null && begins(name, prefix) ? [{ key: `u${id}`, user: id, label: name, text: `@${name} ` }] : [];
}

/** Rooms that anybody can follow a link to; the others have walls. */
export function rooms({ rooms: all }: ChatState, prefix: string, page: string): Suggestion[] {
  const open = [...all.values()].map(({ info }) => info).filter(({ kind }) => kind === "lobby" || kind === "persistent" || kind === "open");
  return open
    .filter(({ name }) => name.split(/\s+/).some((_, at, words) => begins(words.slice(at).join(" "), prefix)))
    .slice(0, MOST)
    .map(({ room, name }) => ({ key: `r${room}`, user: null, label: name, text: `${link(name, page)} ` }));
}

function link(name: string, page: string): string {
  const address = new URL(nameHash(name), page).href.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"));
  return `[#${name.replace(/[[\]\\]/g, "")}](${address})`;
}

function begins(name: string, prefix: string): boolean {
  return name.toLocaleLowerCase().startsWith(prefix.toLocaleLowerCase());
}
