/* What stands in the place of rooms while there are none to be seen: each says what to do next. */
import { type ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Route } from "../app/route";
import { roomHash } from "../app/route";
import type { AppState } from "../app/state";
import type { Diagnosis } from "../connection/diagnosis";
import { t } from "../i18n";
import { useChat } from "./context";
import { AdminHelp } from "./lazy";

interface Props {
  title: string;
  children: ComponentChildren;
}

function Screen({ title, children }: Props) {
  return (
    <main class="screen">
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </main>
  );
}

/** The screen to show instead of the rooms, or null when the rooms can be seen. */
export function substitute({ choice, chat, hidden, link, away, diagnosis }: AppState): ComponentChildren {
  if (link.phase === "login") return <LoginScreen diagnosis={diagnosis} />;
  if (link.phase === "refused") return <RefusedScreen reason={link.reason} />;
  if (link.phase === "reload") return <ReloadScreen />;
  if (chat && !hidden) return null;
  if (!choice) return <OfflineScreen />;
  return <ConnectingScreen away={away} diagnosis={diagnosis} />;
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

function ConnectingScreen({ away, diagnosis }: { away: boolean; diagnosis: Diagnosis | null }) {
  return (
    <Screen title={t("connecting.title")}>
      <p role="status">{t(away ? "connecting.away" : "connecting.text")}</p>
      {away && diagnosis && <Trouble diagnosis={diagnosis} />}
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

function ReloadScreen() {
  return (
    <Screen title={t("reload.title")}>
      <p>{t("reload.text")}</p>
      <button class="primary" type="button" onClick={() => location.reload()}>{t("reload.do")}</button>
    </Screen>
  );
}

export function Trouble({ diagnosis: { trouble, reason } }: { diagnosis: Diagnosis }) {
  return (
    <div class="trouble">
      <p>{t(`trouble.${trouble}`)}</p>
      {reason && <blockquote dir="auto">{reason}</blockquote>}
      <AdminHelp trouble={trouble} />
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
  const join = () => (route.is === "room" ? app.membership.byId(route.room, done) : app.membership.byName(route.name, done));
  return (
    <Screen title={t("missing.title")}>
      <p>{route.is === "room" ? t("missing.id") : t("missing.name", { name: route.name })}</p>
      <p class="refusal" role="alert">{refusal}</p>
      <button class="primary" type="button" onClick={join}>{t("missing.join")}</button>
    </Screen>
  );
}
