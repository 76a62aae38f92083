/* Hands the browser to the application, and the application to the screen. */
import { render } from "preact";
import { Chat } from "./app/chat";
import { browserStorage } from "./storage/keys";
import { App } from "./ui/App";
import { loadLater } from "./ui/lazy";
import { SUBPROTOCOL } from "./wire/codec";

function socketUrl(): URL {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

export function run(): Chat {
  const app = new Chat({
    base: new URL(".", document.baseURI).pathname,
    storage: browserStorage(),
    makeSocket: () => new WebSocket(socketUrl(), SUBPROTOCOL),
    diagnose: async () => (await loadLater()).diagnose("me", (input, init) => fetch(input, init)),
    hash: location.hash,
    focused: document.hasFocus(),
  });
  addEventListener("hashchange", () => app.showing.navigate(location.hash));
  addEventListener("focus", () => app.focus(true));
  for (const leaving of ["blur", "pagehide"]) addEventListener(leaving, () => app.focus(false));
  addEventListener("online", () => app.awake());
  document.addEventListener("visibilitychange", () => (document.hidden ? app.focus(false) : app.awake()));
  render(<App app={app} />, document.getElementById("app")!);
  app.start();
  return app;
}
