/* The screens of those who are not let in, or not in the room that they look for. */
import { useState } from "preact/hooks";
import { type Route, roomHash } from "../../app/route";
import type { Diagnosis } from "../../connection/diagnosis";
import { t } from "../../i18n";
import { useChat } from "../context";
import { Screen, Trouble } from "../screens";

export function LoginScreen({ diagnosis }: { diagnosis: Diagnosis | null }) {
  return (
    <Screen title={t("login.title")}>
      <p>{t("login.text")}</p>
      <p><a class="button primary" href="../" target="_blank" rel="noopener">{t("login.do")}</a></p>
      {diagnosis && diagnosis.trouble !== "no_websocket" && <Trouble diagnosis={diagnosis} />}
    </Screen>
  );
}

export function RefusedScreen({ reason }: { reason: string }) {
  const app = useChat();
  return (
    <Screen title={t("refused.title")}>
      <p>{t("refused.text")}</p>
      <blockquote dir="auto">{reason || t("trouble.refused")}</blockquote>
      <button type="button" onClick={() => app.goOnline()}>{t("refused.retry")}</button>
    </Screen>
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
