/* What stands in the place of rooms while there are none to be seen: each says what to do next. */
import { type ComponentChildren } from "preact";
import type { AppState } from "../app/state";
import { t } from "../i18n";
import { OtherScreen, Trouble } from "./lazy";

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
export function substitute(state: AppState): ComponentChildren {
  const { choice, chat, hidden, link } = state;
  const isStopped = link.phase === "login" || link.phase === "refused" || link.phase === "reload";
  const isSeen = chat !== null && !hidden;
  if (isStopped || (isSeen && chat.you.absent) || (!isSeen && !choice)) return <OtherScreen state={state} />;
  return isSeen ? null : <ConnectingScreen {...state} />;
}

function ConnectingScreen({ away, link: { reason }, diagnosis }: AppState) {
  return (
    <Screen title={t("connecting.title")}>
      <p role="status">{t(away ? "connecting.away" : "connecting.text")}</p>
      {away && reason && <blockquote dir="auto">{reason}</blockquote>}
      {away && diagnosis && <Trouble diagnosis={diagnosis} />}
    </Screen>
  );
}
