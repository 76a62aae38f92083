/* The ways to come to other rooms and people, and to one's own settings. */
import type { Dialog } from "../../app/state";
import { type Key, t } from "../../i18n";
import { useChat } from "../context";
import { Drawn, type SignName } from "./signs";

const ACTIONS: readonly [SignName, Key, Dialog][] = [
  ["plus", "rooms.create", { is: "create" }],
  ["enter", "rooms.join", { is: "join" }],
  ["person", "rooms.people", { is: "people" }],
  ["settings", "rooms.settings", { is: "settings" }],
];

export function RoomActions() {
  const app = useChat();
  return (
    <div class="actions">
      {ACTIONS.map(([icon, key, dialog]) => (
        <button key={key} type="button" onClick={() => app.open(dialog)}><Drawn name={icon} />{t(key)}</button>
      ))}
      <p>{t("rooms.hint")}</p>
    </div>
  );
}
