/* Code in colour can be read by everybody: 4.5:1 on the ground it stands on, in light and in dark. */
import { describe, expect, it } from "vitest";
import base from "../src/ui/base.css?raw";
import colours from "../src/ui/later/colours.css?raw";

const [lightBase, darkBase] = halves(base);
const [light, dark] = halves(colours);

function halves(css: string): [string, string] {
  const at = css.indexOf("@media (prefers-color-scheme: dark)");
  return [css.slice(0, at), css.slice(at)];
}

function ground(css: string): string {
  return /--code: (#[0-9a-f]{6})/.exec(css)![1]!;
}

function rules(css: string): [string, string, string | undefined][] {
  return [...css.matchAll(/\.(hl-\w+) \{([^}]*)\}/g)].map(([, name, rule]) => {
    return [name!, /(?:^|[\s;])color: (#[0-9a-f]{6})/.exec(rule!)![1]!, /background: (#[0-9a-f]{6})/.exec(rule!)?.[1]];
  });
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright! + 0.05) / (dim! + 0.05);
}

describe.each([["light", light, ground(lightBase)], ["dark", dark, ground(darkBase)]])("in %s", (_scheme, css, page) => {
  it.each(rules(css))("%s", (_name, colour, own) => {
    expect(contrast(colour, own ?? page)).toBeGreaterThanOrEqual(4.5);
  });
});

it("every class has a colour in both", () => {
  const classes = ["c", "k", "s", "m", "nf", "nc", "nb", "nd", "nv", "na", "o", "gi", "gd", "gh", "err"].map((name) => `hl-${name}`);
  expect([light, dark].map((css) => rules(css).map(([name]) => name))).toEqual([classes, classes]);
});
