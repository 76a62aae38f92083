/* The page as a panel in a page of Galaxy's: loaded there only, beside everything else. */
import type { Chat } from "../app/chat";
import { roomHash } from "../app/route";
import { learnTexts } from "../i18n";
import texts from "../i18n/en.panel.json";
import { Focus } from "./focus";
import { keepToThePanel } from "./links";
import { Outside } from "./outside";
import { counted } from "./state";
import { addTools } from "./tools";

/** embed.js says in the address which origin's page it is in; that no other page may frame us is the server's word. */
export function settle(app: Chat): void {
  const origin = new URLSearchParams(location.search).get("in");
  if (!origin || !isOrigin(origin)) return;
  learnTexts(texts);
  const outside = new Outside(parent, origin);
  const focus = new Focus();
  let isNew = true;

  function changed(): void {
    const state = app.state.get();
    outside.tell(counted(state));
    if (isNew && state.chat && state.route.is === "none") {
      isNew = false;
      const lobby = [...state.chat.rooms.values()].find(({ info }) => info.kind === "lobby");
      // A narrow page begins with the list of rooms; whoever clicks the icon wants to talk.
      if (lobby) location.replace(roomHash(lobby.info.room));
    }
    setTimeout(() => focus.settle()); // after it is drawn
  }

  addTools(outside);
  keepToThePanel();
  outside.listen(() => focus.wanted());
  app.state.subscribe(changed);
  changed();
}

/** `*`, or an address with a path, would be none, though the browser takes either. */
export function isOrigin(text: string): boolean {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}
