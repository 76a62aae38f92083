/* Above the first message of a room: what the room is, and what to do in it. */
import { type Key, t } from "../../i18n";
import type { Room } from "../../wire/generated";

const WHO: Record<Room["kind"], Key> = {
  lobby: "start.everybody",
  persistent: "start.everybody",
  open: "start.open",
  private: "start.private",
  direct: "start.direct",
  group: "start.group",
};

export function RoomStart({ info, name, isEmpty }: { info: Room; name: string; isEmpty: boolean }) {
  return (
    <div class="start">
      <h3 dir="auto">{t(info.kind === "direct" ? "start.withOne" : "start.title", { room: name })}</h3>
      {info.topic && <p dir="auto">{info.topic}</p>}
      <p>{t(WHO[info.kind], { room: name })}</p>
      {isEmpty && info.kind !== "direct" && info.kind !== "private" && info.can.includes("send") && <p>{t("start.ask")}</p>}
    </div>
  );
}
