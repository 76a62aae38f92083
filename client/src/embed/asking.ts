/* Asks the chat's server for the badge, and leaves it alone while there is no use in asking. */
import { make } from "./dom";

export interface Me {
  state: string;
  unread?: number;
  mentions?: number;
}

const MINUTE = 60_000;
const RARELY = 60; // minutes

let due = 0;
/** In minutes; 0 as long as the server was not asked: it has just sent this script, so it is there. */
let pause = 0;

export function isDue(): boolean {
  return Date.now() > due && !document.hidden;
}

/** What `me` says, or undefined when nobody answers. */
export async function ask(base: string): Promise<Me | undefined> {
  due = Infinity;
  let me: Me | undefined;
  try {
    if (!pause || (await isThere(base))) me = await (await fetch(`${base}me`, { credentials: "include" })).json();
  } catch {
    // Away, or something else than the chat answers at its address.
  }
  pause = me && me.state !== "refused" ? 1 : Math.min(pause * 2 || 2, RARELY);
  due = Date.now() + pause * MINUTE * (1 + Math.random() / 2);
  return me;
}

/**
 * Whether the server is there. A request that fails writes an error to the browser's console, whoever catches it; an
 * <object> that fails does not.
 */
function isThere(base: string): Promise<boolean> {
  const probe = make("object", { data: `${base}embed.html` });
  // Out of sight; one that is not rendered would not be loaded.
  probe.style.cssText = "position:fixed;top:100%";
  return new Promise<boolean>((tell) => {
    probe.onload = () => tell(true);
    probe.onerror = () => setTimeout(tell, 999, false);
    // Where the page's policy forbids objects there is no quiet way, and only asking tells.
    document.addEventListener("securitypolicyviolation", (event) => event.effectiveDirective === "object-src" && tell(true));
    document.body.append(probe);
  }).finally(() => probe.remove());
}
