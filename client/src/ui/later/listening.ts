/* What goes on beside the screen once this part is there: what is said aloud, and notifications. */
import type { Chat } from "../../app/chat";
import { announce } from "./announcer";
import { notify } from "./notifications";

const heard = new WeakSet<Chat>();

/** Begins to listen; a second call changes nothing. */
export function listen(app: Chat): void {
  if (heard.has(app)) return;
  heard.add(app);
  announce(app);
  notify(app);
}
