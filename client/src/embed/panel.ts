/* The panel: a frame with the chat's page in it, docked at the right. What can be done with it is done in that page. */
import { make, shaded } from "./dom";
import words from "./en.json";
import { button } from "./icon";
import { kept } from "./keeping";

/** Where one of these is open somebody is busy with it, and the focus stays there. */
const DIALOGS = "dialog[open],[aria-modal=true],.modal.show";

const frame = make("iframe", { title: words.name });
const host = shaded(make("aside", { title: words.name, hidden: true }), frame);

/** The page in the frame has drawn itself, and from now on speaks for itself. */
export let isThere = false;
let wantsFocus = false;

export function open(base: string, byHand?: boolean): void {
  if (!frame.src) {
    frame.src = `${base}?in=${encodeURIComponent(location.origin)}`;
    document.body.append(host);
  }
  host.style.top = `${document.getElementById("masthead")?.getBoundingClientRect().bottom ?? 0}px`;
  resize();
  show(true);
  wantsFocus = !!byHand;
  focus();
}

export function toggle(base: string): void {
  if (host.hidden) open(base, true);
  else close();
}

/** The focus goes back only where it was in the panel. */
export function close(): void {
  if (document.activeElement === host) button.focus();
  show(false);
}

/** In pixels; the style holds it within the window. */
export function resize(width?: string | number): void {
  host.style.width = `${kept("width", width)}px`;
}

export function isFrom(event: MessageEvent): boolean {
  return event.source === frame.contentWindow && frame.src.startsWith(`${event.origin}/`);
}

export function arrived(): void {
  isThere = true;
  focus();
}

export function remove(): void {
  host.remove();
}

function show(isOpen: boolean): void {
  host.hidden = !isOpen;
  button.setAttribute("aria-expanded", `${isOpen}`);
  kept("open", +isOpen);
}

function focus(): void {
  if (!wantsFocus || !isThere) return;
  wantsFocus = false;
  if (!document.querySelector(DIALOGS)) frame.contentWindow!.postMessage({ type: "galaxychat", focus: true }, frame.src);
}
