/* The bar at the top: what this is, and the bubble that says and decides whether one is online. */
import type { AppState } from "../app/state";
import { type Key, t } from "../i18n";
import { useChat } from "./context";

export function Masthead({ state }: { state: AppState }) {
  return (
    <header class="masthead">
      <a class="home" href="../" aria-label={t("app.galaxy")} title={t("app.galaxy")}>
        <svg viewBox="0 0 24 18" aria-hidden="true" focusable="false">
          <path d="M0 0h11v4H0zM13 7h11v4H13zM0 7h11v4H0zM0 14h11v4H0z" />
        </svg>
      </a>
      <h1>{t("app.name")}</h1>
      <Bubble state={state} />
    </header>
  );
}

function Bubble({ state: { choice, link } }: { state: AppState }) {
  const app = useChat();
  const look = !choice ? "off" : link.phase === "online" ? "on" : "busy";
  const name = t(choice ? "bubble.offline" : "bubble.online");
  return (
    <>
      <span class="status" role="status">{t(`status.${link.phase}` satisfies Key)}</span>
      <button class={`bubble ${look}`} type="button" aria-label={name} title={name} onClick={() => (choice ? app.goOffline() : app.goOnline())}>
        <span class="dot" />
      </button>
    </>
  );
}
