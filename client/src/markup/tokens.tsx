/*
 * A message's token tree as elements, from a closed set of kinds: nothing here parses markup or sets HTML.
 * Of a kind that this client does not know, the text and the children are shown.
 */
import type { ComponentChildren, VNode } from "preact";
import { isOwnPage, safeHref } from "./links";

/** A stretch of code of one class. */
export type Run = readonly [string, number];

export interface Surroundings {
  /** Today's name of a user. */
  nameOf(user: number): string;
  me: number;
  /** A block of code, as the screen shows it. */
  code(language: string, code: string, runs: readonly Run[]): ComponentChildren;
  /** What stands in a link. */
  inLink(href: string, children: ComponentChildren): ComponentChildren;
  /** Links and buttons in a list with one tab stop: reachable in the row that is being read. */
  tabIndex: 0 | -1;
}

type Build = (rest: readonly unknown[], around: Surroundings, depth: number) => ComponentChildren;

/** Deeper than anybody writes, and shallow enough for every stack. */
const DEEPEST = 40;

export function renderBody(body: readonly unknown[], around: Surroundings): ComponentChildren {
  return nodes(body, around, 0);
}

function nodes(tokens: readonly unknown[], around: Surroundings, depth: number): ComponentChildren[] {
  return depth > DEEPEST ? [] : tokens.map((token) => node(token, around, depth + 1));
}

function node(token: unknown, around: Surroundings, depth: number): ComponentChildren {
  if (typeof token === "string") return token;
  if (!Array.isArray(token)) return null;
  const [kind, ...rest] = token as unknown[];
  const build = typeof kind === "string" && Object.hasOwn(BUILDERS, kind) ? BUILDERS[kind] : undefined;
  return build ? build(rest, around, depth) : nodes(childrenOf(rest), around, depth);
}

/** A kind of tomorrow: what it holds besides nodes is for those who know it, unless that is all it holds. */
function childrenOf(rest: readonly unknown[]): readonly unknown[] {
  const children = rest.filter(Array.isArray);
  return children.length > 0 ? children : rest;
}

function wrap(make: (children: ComponentChildren) => VNode): Build {
  return (rest, around, depth) => make(nodes(rest, around, depth));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function link([href, ...rest]: readonly unknown[], around: Surroundings, depth: number): ComponentChildren {
  const children = nodes(rest, around, depth);
  const safe = safeHref(href);
  if (!safe) return children;
  const elsewhere = isOwnPage(safe) ? {} : { target: "_blank", rel: "noopener noreferrer" };
  return (
    <a href={safe} {...elsewhere} tabIndex={around.tabIndex}>
      {around.inLink(safe, children)}
    </a>
  );
}

function mention([user]: readonly unknown[], { nameOf, me }: Surroundings): ComponentChildren {
  if (typeof user !== "number") return null;
  return (
    <span class={user === me ? "mention me" : "mention"}>
      @<bdi>{nameOf(user)}</bdi>
    </span>
  );
}

const BUILDERS: Record<string, Build> = {
  text: ([value]) => text(value),
  p: wrap((children) => <p dir="auto">{children}</p>),
  br: () => <br />,
  em: wrap((children) => <em>{children}</em>),
  strong: wrap((children) => <strong>{children}</strong>),
  del: wrap((children) => <del>{children}</del>),
  ul: wrap((children) => <ul dir="auto">{children}</ul>),
  ol: ([start, ...rest], around, depth) => (
    <ol dir="auto" start={typeof start === "number" ? start : 1}>
      {nodes(rest, around, depth)}
    </ol>
  ),
  li: wrap((children) => <li dir="auto">{children}</li>),
  quote: wrap((children) => <blockquote dir="auto">{children}</blockquote>),
  code: ([value]) => <code>{text(value)}</code>,
  pre: ([language, value, runs], { code }) => code(text(language), text(value), Array.isArray(runs) ? (runs as Run[]) : []),
  link,
  mention,
};
