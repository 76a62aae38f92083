/* What a panel has and a page has not: a way to close it, a way out into a tab, an edge to pull. */
import { type Key, t } from "../i18n";
import type { Outside } from "./outside";

const STEP = 32;
const NARROWEST = 300;
/** While one of these is open Escape is for it. */
const POPUPS = "dialog[open], [role=dialog], [role=listbox], [role=menu]";
const CROSS = "M5 5l10 10M15 5L5 15";
const ARROW = "M11 4h5v5M16 4l-7 7M8 5H4v11h11v-4";

// Made here, since the page's policy knows no other style than that of its files, and those are for everybody.
const STYLE = `
.masthead { padding-inline-end: 5.25rem; }
.home { display: none; }
.panel-tools { position: fixed; inset: .375rem .375rem auto auto; display: flex; }
.panel-tools > * { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; padding: 0; border: 0; border-radius: var(--round); color: #fff; background: none; }
.panel-tools > :hover { background: #fff2; }
.panel-tools :focus-visible { outline-color: #fff; outline-offset: -2px; }
.panel-edge { position: fixed; inset: 0 auto 0 0; width: 6px; cursor: ew-resize; touch-action: none; z-index: 3; }
.panel-edge::before { content: ""; position: absolute; inset: 0 auto 0 0; border-left: 1px solid var(--edge); }
.panel-edge:is(:hover, :focus-visible)::before { border-left: 4px solid var(--link); }
.panel-edge:focus-visible { outline: 0; }
`;

export function addTools(outside: Outside): void {
  const style = new CSSStyleSheet();
  style.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
  const region = element("section", { "aria-label": t("panel.label") });
  const tools = element("div", { class: "panel-tools" });
  const tab = element("a", { ...named("panel.tab"), href: ".", target: "_blank" }, picture(ARROW));
  tab.addEventListener("click", () => tab.setAttribute("href", `./${location.hash}`));
  const close = element("button", { ...named("panel.close"), type: "button" }, picture(CROSS));
  close.addEventListener("click", () => outside.close());
  tools.append(tab, close);
  region.append(edge(outside), tools);
  document.body.prepend(region);
  closeByEscape(outside);
}

/** In the frame and not beside it, so that embed.js stays small; what is asked for is a width in pixels. */
function edge(outside: Outside): HTMLElement {
  const made = element("div", { ...named("panel.width"), class: "panel-edge", role: "separator", "aria-orientation": "vertical", tabindex: "0" });
  const resize = (width: number) => outside.resize(Math.max(NARROWEST, width));
  let end = 0; // where the panel ends, on the screen
  made.addEventListener("pointerdown", ({ pointerId, screenX }) => {
    made.setPointerCapture(pointerId);
    end = screenX + innerWidth;
  });
  made.addEventListener("pointermove", ({ pointerId, screenX }) => made.hasPointerCapture(pointerId) && resize(end - screenX));
  made.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") resize(innerWidth + STEP);
    if (key === "ArrowRight") resize(innerWidth - STEP);
  });
  const say = () => made.setAttribute("aria-valuenow", String(innerWidth));
  addEventListener("resize", say);
  say();
  return made;
}

function closeByEscape(outside: Outside): void {
  let isFree = false;
  // Seen before whoever handles it closes something.
  addEventListener("keydown", () => (isFree = !document.querySelector(POPUPS)), true);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isFree && !event.defaultPrevented && !event.isComposing) outside.close();
  });
}

function named(key: Key): Record<string, string> {
  return { "aria-label": t(key), title: t(key) };
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string>, content?: Node): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (content) made.append(content);
  return made;
}

function picture(path: string): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  made.setAttribute("viewBox", "0 0 20 20");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  made.append(line);
  return made;
}
