/* The icon: in the masthead, where a webhook of ours has a place for it there, or floating where there is no masthead. */
import { make, shaded } from "./dom";
import words from "./en.json";

export const button = make("button");
const count = make("b");
const host = shaded(make("span"), button);
const item = make("li");
item.style.cssText = "position:relative;min-width:40px";
button.append(make("i"), count);

export function badge(unread?: number, mentions?: number): void {
  const shown = (mentions! > 99 ? "99+" : mentions || "") as string;
  count.hidden = !unread && !shown;
  count.textContent = shown;
  button.setAttribute("aria-label", `${words.name}${shown ? `, ${words.mentions} ${shown}` : unread ? `, ${words.unread}` : ""}`);
}

/** Galaxy may draw its masthead late, or anew: to be called again and again. */
export function place(): void {
  const reserved = document.getElementById("galaxychat");
  const bar = [...document.querySelectorAll("#masthead .navbar-nav")].pop();
  const spot = reserved ?? (bar ? item : document.body);
  // First of the last list, which is held by its other end: nothing else moves.
  if (spot === item && item.parentNode !== bar) bar!.prepend(item);
  if (host.parentNode !== spot) spot.append(host);
  button.className = spot === document.body ? "float" : "";
}

export function remove(): void {
  host.remove();
  item.remove();
}
