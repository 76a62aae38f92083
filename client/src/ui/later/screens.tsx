/* The screens of those who are not in the chat, or not in the room that they look for. */
import { useState } from "preact/hooks";
import { type Route, roomHash } from "../../app/route";
import type { AppState } from "../../app/state";
import type { Diagnosis } from "../../connection/diagnosis";
import { t } from "../../i18n";
import { useChat } from "../context";
import { Screen } from "../screens";

export function OtherScreen({ state: { link, diagnosis, choice } }: { state: AppState }) {
  if (link.phase === "login") return <LoginScreen diagnosis={diagnosis} />;
  if (link.phase === "refused") return <RefusedScreen reason={link.reason} />;
  if (link.phase === "reload") return <ReloadScreen />;
  return choice ? <AbsentScreen /> : <OfflineScreen />;
}

function OfflineScreen() {
  const app = useChat();
  return (
    <Screen title={t("offline.title")}>
      <p>{t("offline.text")}</p>
      <p class="explain"><span class="bubble off" aria-hidden="true"><span class="dot" /></span><span>{t("offline.bubble")}</span></p>
      <button class="primary" type="button" onClick={() => app.goOnline()}>{t("offline.start")}</button>
    </Screen>
  );
}

function AbsentScreen() {
  const app = useChat();
  const back = () => app.ask({ type: "absent", on: false }, (answer) => app.complain(answer));
  return (
    <Screen title={t("absent.title")}>
      <p>{t("absent.text")}</p>
      <button class="primary" type="button" onClick={back}>{t("absent.return")}</button>
    </Screen>
  );
}

function ReloadScreen() {
  return (
    <Screen title={t("reload.title")}>
      <p>{t("reload.text")}</p>
      <button class="primary" type="button" onClick={() => location.reload()}>{t("reload.do")}</button>
    </Screen>
  );
}

function LoginScreen({ diagnosis }: { diagnosis: Diagnosis | null }) {
  return (
    <Screen title={t("login.title")}>
      <p>{t("login.text")}</p>
      <p><a class="button primary" href="../" target="_blank" rel="noopener">{t("login.do")}</a></p>
      {diagnosis && diagnosis.trouble !== "no_websocket" && <Trouble diagnosis={diagnosis} />}
    </Screen>
  );
}

function RefusedScreen({ reason }: { reason: string }) {
  const app = useChat();
  return (
    <Screen title={t("refused.title")}>
      <p>{t("refused.text")}</p>
      <blockquote dir="auto">{reason || t("trouble.refused")}</blockquote>
      <button type="button" onClick={() => app.goOnline()}>{t("refused.retry")}</button>
    </Screen>
  );
}

/** What is wrong, in words; and for an admin, what to do about it. */
export function Trouble({ diagnosis: { trouble, reason } }: { diagnosis: Diagnosis }) {
  return (
    <div class="trouble">
      <p>{t(`trouble.${trouble}`)}</p>
      {reason && <blockquote dir="auto">{reason}</blockquote>}
      <details>
        <summary>{t("trouble.admin")}</summary>
        <p>{t(`trouble.${trouble}.admin`)}</p>
      </details>
    </div>
  );
}

/** Where a link leads to a room that one is not in, or nothing is chosen. */
export function NoRoom({ route }: { route: Route }) {
  if (route.is === "none") return <Screen title={t("pick.title")}><p>{t("pick.text")}</p></Screen>;
  return <Missing key={route.is === "room" ? route.room : route.name} route={route} />;
}

function Missing({ route }: { route: Exclude<Route, { is: "none" }> }) {
  const app = useChat();
  const [refusal, setRefusal] = useState("");
  const done = (refused: string | null, room?: number) => {
    if (refused !== null) setRefusal(refused);
    else if (route.is === "name") location.replace(roomHash(room!));
  };
  const asked = route.is === "room" ? { room: route.room } : { name: route.name };
  const join = () => app.membership.enter({ type: "join", ...asked }, done);
  return (
    <Screen title={t("missing.title")}>
      <p>{route.is === "room" ? t("missing.id") : t("missing.name", { name: route.name })}</p>
      <p class="refusal" role="alert">{refusal}</p>
      <button class="primary" type="button" onClick={join}>{t("missing.join")}</button>
    </Screen>
  );
}
