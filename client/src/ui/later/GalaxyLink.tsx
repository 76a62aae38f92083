/* A link to something that somebody of this Galaxy shares: what it is, what it is called and whose, from the address alone. */
import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { Drawn, type SignName } from "./signs";

const KINDS = { h: "history", w: "workflow", p: "page", v: "visualization" } as const;
const SIGNS: Record<keyof typeof KINDS, SignName> = { h: "history", w: "workflow", p: "page", v: "chart" };

export interface Shared {
  kind: keyof typeof KINDS;
  owner: string;
  slug: string;
}

/** What of this Galaxy an address leads to; null where it leads elsewhere. Galaxy is one step above the chat. */
export function sharedThing(href: string, page = document.baseURI): Shared | null {
  const galaxy = new URL("../", page.replace(/#.*/, "")).href;
  if (!href.startsWith(galaxy)) return null;
  const found = /^u\/([^/?#]+)\/([hwpv])\/([^/?#]+)\/?$/.exec(href.slice(galaxy.length));
  return found && { owner: plain(found[1]!), kind: found[2] as Shared["kind"], slug: plain(found[3]!) };
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function GalaxyLink({ href, children }: { href: string; children: ComponentChildren }) {
  const thing = sharedThing(href);
  if (!thing) return <>{children}</>;
  const label = [children].flat(9).join("");
  return (
    <span class="galaxy">
      <Drawn name={SIGNS[thing.kind]} />
      {!/^https?:/.test(label) && <span>{children}: </span>}
      <span class="kind">{t(`galaxy.${KINDS[thing.kind]}`)} </span>
      <bdi class="slug">{thing.slug}</bdi>
      <span class="by"> {t("galaxy.by", { owner: thing.owner })}</span>
    </span>
  );
}
