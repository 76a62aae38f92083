/* Which addresses become links. The server has checked them; a client that trusts it twice is safe once. */

const SAFE = new Set(["http:", "https:", "mailto:"]);

export function safeHref(href: unknown): string | null {
  if (typeof href !== "string") return null;
  try {
    const url = new URL(href);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Whether it leads to another place of this very page. */
export function isOwnPage(href: string): boolean {
  return href.startsWith(new URL("#", document.baseURI.replace(/#.*/, "")).href);
}
