/* Who belongs to the room, those who are here now first; and where others are invited. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type ChatState, membersOf } from "../../store/chat";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { displayName } from "../names";
import { PeopleField } from "./PeopleField";
import type { PaneProps } from "./SidePane";

export function Members({ chat, held }: PaneProps) {
  const app = useChat();
  const { room, can, owner } = held.info;
  const isLive = held.subscription === "live";
  useEffect(() => void (isLive && app.loading.members(room)), [room, isLive]);

  const { ids, present, next, impersonated } = membersOf(chat, room);
  const byName = (one: number, other: number) => displayName(chat.names, one).localeCompare(displayName(chat.names, other));
  const here = ids.filter((id) => present.has(id)).sort(byName);
  const away = ids.filter((id) => !present.has(id)).sort(byName);
  return (
    <>
      {can.includes("invite") && <Invite room={room} />}
      <People title={t("members.here")} ids={here} chat={chat} owner={owner} impersonated={impersonated} isHere />
      <People title={t("members.away")} ids={away} chat={chat} owner={owner} impersonated={impersonated} />
      {next !== null && <button class="more" type="button" onClick={() => app.loading.members(room, next)}>{t("members.more")}</button>}
    </>
  );
}

function Invite({ room }: { room: number }) {
  const app = useChat();
  const [said, setSaid] = useState("");
  const invite = ({ id, name }: { id: number; name: string }) =>
    app.ask({ type: "invite", room, user: id }, (answer) => {
      setSaid(answer.type === "ok" ? t("invite.done", { name }) : answer.type === "error" ? answer.detail : t("notice.lost"));
      if (answer.type === "ok") app.loading.members(room);
    });
  return (
    <div class="invite">
      <PeopleField label={t("invite.label")} pick={invite} />
      <p role="status">{said}</p>
    </div>
  );
}

interface PeopleProps {
  title: string;
  ids: readonly number[];
  chat: ChatState;
  owner: number | null | undefined;
  impersonated: ReadonlySet<number>;
  isHere?: boolean;
}

function People({ title, ids, chat, owner, impersonated, isHere }: PeopleProps) {
  const app = useChat();
  if (ids.length === 0) return null;
  return (
    <section>
      <h3>{title} <span class="number">{ids.length}</span></h3>
      <ul>
        {ids.map((id) => (
          <li key={id} class={isHere ? "here" : undefined}>
            <button type="button" onClick={() => app.open({ is: "person", user: id })}>
              <Avatar user={id} name={displayName(chat.names, id)} small />
              <bdi>{displayName(chat.names, id)}</bdi>
              <span class="number">{marks(id, chat, owner, impersonated)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function marks(id: number, chat: ChatState, owner: number | null | undefined, impersonated: ReadonlySet<number>): string {
  const all = [
    id === chat.you.id && t("members.you"),
    id === owner && t("members.owner"),
    chat.ignored.has(id) && t("members.ignored"),
    impersonated.has(id) && t("members.impersonated"),
  ];
  return all.filter(Boolean).join(", ");
}
