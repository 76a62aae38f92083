/* Above the first message of a room: what the room is, and what to do in it. */
import { t } from "../i18n";
import type { Room } from "../wire/generated";

export function RoomStart({ info, isEmpty }: { info: Room; isEmpty: boolean }) {
  return (
    <div class="start">
      <h3 dir="auto">{t("start.title", { room: info.name })}</h3>
      {info.topic && <p dir="auto">{info.topic}</p>}
      <p>{t(info.kind === "open" ? "start.open" : "start.everybody")}</p>
      {isEmpty && info.can.includes("send") && <p>{t("start.ask")}</p>}
    </div>
  );
}
