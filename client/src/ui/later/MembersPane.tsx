/* Who belongs to the room, those who are here now first. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { type ChatState, membersOf } from "../../store/chat";
import type { HeldRoom } from "../../store/room";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { Icon } from "../icons";
import { displayName } from "../MessageRow";

interface Props {
  chat: ChatState;
  held: HeldRoom;
  /** Over the messages instead of beside them. */
  isDrawer: boolean;
  close(): void;
}

export function MembersPane({ chat, held, isDrawer, close }: Props) {
  const app = useChat();
  const closer = useRef<HTMLButtonElement>(null);
  const { room } = held.info;
  const isLive = held.subscription === "live";
  useEffect(() => void (isLive && app.loading.members(room)), [room, isLive]);
  useEffect(() => void (isDrawer && closer.current?.focus()), [isDrawer]);

  const { ids, present, next } = membersOf(chat, room);
  const byName = (one: number, other: number) => displayName(chat.names, one).localeCompare(displayName(chat.names, other));
  const here = ids.filter((id) => present.has(id)).sort(byName);
  const away = ids.filter((id) => !present.has(id)).sort(byName);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isDrawer) close();
  };
  return (
    <aside class={isDrawer ? "members drawer" : "members"} aria-label={t("room.members")} onKeyDown={onKeyDown}>
      <div class="members-head">
        <h2>{t("room.members")}</h2>
        <button ref={closer} class="tool" type="button" aria-label={t("members.close")} title={t("members.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <People title={t("members.here")} ids={here} chat={chat} isHere />
      <People title={t("members.away")} ids={away} chat={chat} />
      {next !== null && <button class="more" type="button" onClick={() => app.loading.members(room, next)}>{t("members.more")}</button>}
    </aside>
  );
}

function People({ title, ids, chat, isHere }: { title: string; ids: readonly number[]; chat: ChatState; isHere?: boolean }) {
  if (ids.length === 0) return null;
  return (
    <section>
      <h3>{title} <span class="number">{ids.length}</span></h3>
      <ul>
        {ids.map((id) => (
          <li key={id} class={isHere ? "here" : undefined}>
            <Avatar user={id} name={displayName(chat.names, id)} small />
            <bdi>{displayName(chat.names, id)}</bdi>
            {id === chat.you.id && <span class="you">{t("members.you")}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
