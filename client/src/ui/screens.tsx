/* What stands in the place of rooms while there are none to be seen: each says what to do next. */
import { type ComponentChildren } from "preact";
import type { AppState } from "../app/state";
import type { Diagnosis } from "../connection/diagnosis";
import { t } from "../i18n";
import { useChat } from "./context";
import { AdminHelp, LoginScreen, RefusedScreen } from "./lazy";

interface Props {
  title: string;
  children: ComponentChildren;
}

export function Screen({ title, children }: Props) {
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
  return <ConnectingScreen away={away} reason={link.reason} diagnosis={diagnosis} />;
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

function ConnectingScreen({ away, reason, diagnosis }: { away: boolean; reason: string; diagnosis: Diagnosis | null }) {
  return (
    <Screen title={t("connecting.title")}>
      <p role="status">{t(away ? "connecting.away" : "connecting.text")}</p>
      {away && reason && <blockquote dir="auto">{reason}</blockquote>}
      {away && diagnosis && <Trouble diagnosis={diagnosis} />}
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
