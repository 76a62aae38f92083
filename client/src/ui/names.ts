/* What people and rooms are called at this moment. */
import { t } from "../i18n";
import type { Names } from "../store/people";
import type { Room } from "../wire/generated";

export function displayName(names: Names, user: number): string {
  const name = names.get(user);
  return name ?? t(name === null ? "user.forgotten" : "user.unknown");
}

/** A room of two has no name: it is called after the other one. */
export function roomName(names: Names, { name, with: other }: Room): string {
  return other ? displayName(names, other.id) : name;
}
