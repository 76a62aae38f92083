/* The rooms one is in, the people one talks to, and the ways to come to others. */
import { roomHash } from "../app/route";
import { shownCount } from "../app/title";
import { count, t } from "../i18n";
import type { Names } from "../store/people";
import type { Room } from "../wire/generated";
import { Avatar } from "./Avatar";
import { Icon } from "./icons";
import { RoomActions } from "./lazy";
import { roomName } from "./names";

interface Props {
  rooms: readonly Room[];
  names: Names;
  shown: number | null;
  readOnly: boolean;
}

export function RoomList({ rooms, names, shown, readOnly }: Props) {
  const [direct, others] = [true, false].map((is) => sorted(rooms).filter((info) => (info.kind === "direct") === is && (!info.hidden || info.room === shown)));
  const list = (some: readonly Room[]) => (
    <ul>
      {some.map((info) => (
        <li key={info.room}><RoomLink info={info} name={roomName(names, info)} isShown={shown === info.room} /></li>
      ))}
    </ul>
  );
  return (
    <nav class="rooms" aria-label={t("rooms.label")}>
      <div class="lists">
        <h2>{t("rooms.label")}</h2>
        {list(others!)}
        {direct!.length > 0 && <h2>{t("rooms.direct")}</h2>}
        {list(direct!)}
      </div>
      {!readOnly && <RoomActions />}
    </nav>
  );
}

/** The lobby and the site's rooms first, each kind by name. */
export function sorted(rooms: readonly Room[]): Room[] {
  const rank = ({ kind }: Room) => (kind === "lobby" ? 0 : kind === "persistent" ? 1 : kind === "direct" ? 3 : 2);
  const name = (info: Room) => info.with?.name ?? info.name;
  return rooms.toSorted((one, other) => rank(one) - rank(other) || name(one).localeCompare(name(other)));
}

function RoomLink({ info, name, isShown }: { info: Room; name: string; isShown: boolean }) {
  const { unread, mentions, kind, with: other } = info;
  const style = `${unread > 0 && !info.muted ? "unread" : ""}${info.muted ? " muted" : ""}`;
  return (
    <a class={style} href={roomHash(info.room)} aria-current={isShown ? "page" : undefined}>
      {other && <Avatar user={other.id} name={name} small />}
      <bdi class="name">{name}</bdi>
      {kind === "private" && <><Icon name="lock" /><span class="sr">, {t("rooms.private")}</span></>}
      {info.muted && <><Icon name="muted" /><span class="sr">, {t("rooms.muted")}</span></>}
      {unread > 0 && <Badge unread={unread} mentions={mentions} />}
    </a>
  );
}

function Badge({ unread, mentions }: { unread: number; mentions: number }) {
  const words = [count("rooms.unread", unread, { n: shownCount(unread) })];
  if (mentions > 0) words.push(count("rooms.mentions", mentions, { n: shownCount(mentions) }));
  return (
    <>
      <span class={mentions > 0 ? "badge mention" : "badge"} aria-hidden="true">
        {mentions > 0 ? `@${shownCount(mentions)}` : shownCount(unread)}
      </span>
      <span class="sr">, {words.join(", ")}</span>
    </>
  );
}
