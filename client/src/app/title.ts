/* The page's title: mentions are counted in front of it, other unread messages leave it alone. */
import { t } from "../i18n";
import type { Room } from "../wire/generated";

export function shownCount(count: number): string {
  return count > 99 ? "99+" : String(count);
}

export function pageTitle(rooms: readonly Room[], shown: string | null): string {
  const mentions = rooms.reduce((sum, room) => sum + (room.muted ? 0 : room.mentions), 0);
  const name = shown ? `${shown} · ${t("app.name")}` : t("app.name");
  return mentions > 0 ? `(${shownCount(mentions)}) ${name}` : name;
}
