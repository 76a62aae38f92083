/* Who came and went since the last message, for rooms small enough that it is news. */
import type { Presence } from "../wire/generated";
import type { HeldRoom, Traffic } from "./room";

const SMALL = 25;

/** Whoever comes and goes again, or goes and comes back, has not been noticed. */
export function passing(held: HeldRoom, event: Pick<Presence, "joined" | "left" | "present">, me: number): Traffic | null {
  if (event.present > SMALL || held.info.kind === "direct") return null;
  const after = held.tail.at(-1)?.seq ?? 0;
  const { came, went } = held.traffic?.after === after ? held.traffic : { came: [], went: [] };
  const others = (ids: readonly number[], than: readonly number[]) => ids.filter((id) => id !== me && !than.includes(id));
  return {
    after,
    came: [...others(came, [...event.left, ...event.joined]), ...others(event.joined, went)],
    went: [...others(went, [...event.left, ...event.joined]), ...others(event.left, came)],
  };
}
