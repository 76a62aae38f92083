/* What is one's own: notifications, whom one ignores, being in the chat at all. */
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { displayName } from "../names";
import { Box } from "./Dialogs";
import { allow, permission, wants } from "./notifications";

export function Settings({ chat, close }: { chat: ChatState; close(): void }) {
  const app = useChat();
  const [, look] = useState(0);
  const [asks, setAsks] = useState(false);
  const state = permission();
  const on = state === "granted" && wants(app);
  const leave = () => app.ask({ type: "absent", on: true }, (answer) => (answer.type === "ok" ? close() : app.complain(answer)));
  const heed = (user: number) => app.ask({ type: "ignore", user, on: false }, (answer) => app.complain(answer));
  return (
    <Box title={t("settings.title")} close={close}>
      <section>
        <h3>{t("settings.notify")}</h3>
        <p>{t(state === "denied" ? "settings.notify.denied" : state === "none" ? "settings.notify.none" : on ? "settings.notify.on" : "settings.notify.text")}</p>
        {(state === "granted" || state === "default") && (
          <button type="button" onClick={() => void allow(app, !on).then(() => look((n) => n + 1))}>{t(on ? "settings.notify.stop" : "settings.notify.start")}</button>
        )}
      </section>
      <section>
        <h3>{t("settings.ignored")}</h3>
        {chat.ignored.size === 0 && <p>{t("settings.ignored.none")}</p>}
        <ul class="ignored">
          {[...chat.ignored].map((user) => (
            <li key={user}>
              <Avatar user={user} name={displayName(chat.names, user)} small />
              <bdi>{displayName(chat.names, user)}</bdi>
              <button type="button" onClick={() => heed(user)}>{t("person.heed")}</button>
            </li>
          ))}
        </ul>
      </section>
      {!chat.you.read_only && (
        <section>
          <h3>{t("settings.absent")}</h3>
          <p>{t("settings.absent.text")}</p>
          {asks ? (
            <div class="buttons">
              <button type="button" onClick={() => setAsks(false)}>{t("dialog.cancel")}</button>
              <button class="primary danger" type="button" onClick={leave}>{t("settings.absent.sure")}</button>
            </div>
          ) : (
            <button type="button" onClick={() => setAsks(true)}>{t("settings.absent.do")}</button>
          )}
        </section>
      )}
      <div class="buttons"><button type="button" onClick={close}>{t("dialog.close")}</button></div>
    </Box>
  );
}
