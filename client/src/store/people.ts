/* Who is called what, and who is in a room: one table of names, where the newest wins. */
import type { MemberList, Presence, User } from "../wire/generated";

export type Names = ReadonlyMap<number, string | null>;

export function learn(names: Names, users: readonly User[]): Names {
  if (users.every(({ id, name }) => names.get(id) === name)) return names;
  const next = new Map(names);
  for (const { id, name } of users) next.set(id, name);
  return next;
}

export interface Members {
  ids: readonly number[];
  present: ReadonlySet<number>;
  /** Where the next page begins; null when there is none. */
  next: string | null;
  /** Through whose eyes an admin looks; known to moderators. */
  impersonated: ReadonlySet<number>;
}

export const NOBODY: Members = { ids: [], present: new Set(), next: null, impersonated: new Set() };

/** A page of the list; the first page replaces what was held. */
export function addPage(members: Members, reply: MemberList, isFirst: boolean): Members {
  const held = isFirst ? NOBODY : members;
  return {
    ids: [...new Set([...held.ids, ...reply.members])],
    present: new Set([...held.present, ...reply.members.slice(0, reply.present)]),
    next: reply.more ? (reply.next ?? null) : null,
    impersonated: new Set([...held.impersonated, ...(reply.impersonated ?? [])]),
  };
}

export function comeAndGo(members: Members, { joined, left }: Pick<Presence, "joined" | "left">): Members {
  const present = new Set([...members.present, ...joined]);
  for (const id of left) present.delete(id);
  return { ...members, ids: [...new Set([...members.ids, ...joined])], present };
}
