/* The rooms one is in, and the two ways to come into another. */
import { roomHash } from "../app/route";
import { shownCount } from "../app/title";
import { count, t } from "../i18n";
import type { Room } from "../wire/generated";
import type { DialogName } from "./App";
import { Icon } from "./icons";

interface Props {
  rooms: readonly Room[];
  shown: number | null;
  readOnly: boolean;
  open(dialog: DialogName): void;
}

export function RoomList({ rooms, shown, readOnly, open }: Props) {
  return (
    <nav class="rooms" aria-label={t("rooms.label")}>
      <h2>{t("rooms.label")}</h2>
      <ul>
        {sorted(rooms).map((info) => (
          <li key={info.room}>
            <RoomLink info={info} isShown={shown === info.room} />
          </li>
        ))}
      </ul>
      {!readOnly && (
        <div class="actions">
          <button type="button" onClick={() => open("create")}><Icon name="plus" />{t("rooms.create")}</button>
          <button type="button" onClick={() => open("join")}><Icon name="enter" />{t("rooms.join")}</button>
          <p>{t("rooms.hint")}</p>
        </div>
      )}
    </nav>
  );
}

/** The lobby and the site's rooms first, each kind by name. */
export function sorted(rooms: readonly Room[]): Room[] {
  const rank = ({ kind }: Room) => (kind === "lobby" ? 0 : kind === "persistent" ? 1 : 2);
  return rooms.toSorted((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

function RoomLink({ info, isShown }: { info: Room; isShown: boolean }) {
  const { unread, mentions } = info;
  const style = `${unread > 0 && !info.muted ? "unread" : ""}${info.muted ? " muted" : ""}`;
  return (
    <a class={style} href={roomHash(info.room)} aria-current={isShown ? "page" : undefined}>
      <bdi class="name">{info.name}</bdi>
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
