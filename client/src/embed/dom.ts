/* Elements that the page's own style does not reach, made so that its policy has nothing to forbid. */
import css from "./embed.css";

const style = new CSSStyleSheet();
style.replaceSync(css);

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties?: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

/** A host with one element in its shadow. */
export function shaded(host: HTMLElement, content: HTMLElement): HTMLElement {
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [style];
  shadow.append(content);
  return host;
}
