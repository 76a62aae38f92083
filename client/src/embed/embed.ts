/* The chat in a page of somebody else's, by one <script>: an icon with a badge, and the panel behind it. */
import { ask, isDue } from "./asking";
import * as icon from "./icon";
import { kept } from "./keeping";
import * as panel from "./panel";

declare global {
  interface Window {
    /** Not `galaxychat`: that is, in Galaxy, the element of this id. */
    communityChat?: boolean;
  }
}

const TICK = 2_000;
const base = new URL(".", (document.currentScript as HTMLScriptElement).src).href;
let timer = 0;
let isKnown = false;

/** The bubble is green: on our own origin the chat's page keeps that; elsewhere it tells us, and we do. */
const isOnline = () => kept("online") === "1";

function start(): void {
  icon.button.onclick = () => panel.toggle(base);
  addEventListener("message", hear);
  timer = setInterval(tick, TICK);
  void tick();
}

async function tick(): Promise<void> {
  if (isKnown) icon.place();
  if (!isOnline()) icon.badge();
  if (panel.isThere || !isDue() || (isKnown && !isOnline())) return;
  const me = await ask(base);
  if (me?.state === "ok") welcome(me.unread, me.mentions);
  else if (me && me.state !== "refused") goodbye();
}

function welcome(unread?: number, mentions?: number): void {
  if (isOnline()) icon.badge(unread, mentions);
  if (isKnown) return;
  isKnown = true;
  icon.place();
  if (kept("open") === "1") panel.open(base);
}

/** Nobody is logged in; whoever logs in next loads the page anew. */
function goodbye(): void {
  clearInterval(timer);
  icon.remove();
  panel.remove();
}

function hear(event: MessageEvent): void {
  const { data } = event;
  if (!panel.isFrom(event) || data?.type !== "galaxychat") return;
  if (data.close) return panel.close();
  if (data.width) return panel.resize(data.width);
  if (event.origin !== location.origin) kept("online", +data.online);
  icon.badge(data.unread, data.mentions);
  panel.arrived();
}

// Frames of the page, of which Galaxy has several, have no icon; a second <script> brings no second one.
if (self === top && !window.communityChat) {
  window.communityChat = true;
  (window.requestIdleCallback ?? setTimeout)(start);
}
