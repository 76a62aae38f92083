import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CodeBlock, FOLDED_LINES } from "../src/ui/later/CodeBlock";
import "../src/ui/later";
import { GalaxyLink, sharedThing } from "../src/ui/later/GalaxyLink";
import { safeHref } from "../src/markup/links";
import { renderBody, type Surroundings } from "../src/markup/tokens";

let place: HTMLElement;
const around: Surroundings = {
  nameOf: (user) => `user${user}`,
  me: 1,
  tabIndex: -1,
  code: (language, code, runs) => <CodeBlock language={language} code={code} runs={runs} tabIndex={-1} />,
  inLink: (href, children) => <GalaxyLink href={href}>{children}</GalaxyLink>,
};
beforeEach(() => {
  place = document.createElement("div");
  document.body.replaceChildren(place);
});

function html(...body: unknown[]): string {
  act(() => render(<>{renderBody(body, around)}</>, place));
  return place.innerHTML;
}

describe("the closed set of kinds", () => {
  it("text is text, in either form, whatever it looks like", () => {
    const hostile = "<img src=x onerror=alert(1)>&amp;";
    html(hostile, ["text", hostile], ["p", hostile], ["code", hostile]);
    expect(place.querySelector("img")).toBeNull();
    expect(place.textContent).toBe(hostile.repeat(4));
  });

  it("each kind becomes its element", () => {
    html(["p", ["em", "a"], ["strong", "b"], ["del", "c"], ["br"], ["code", "d"]], ["ul", ["li", "e"]], ["ol", 3, ["li", "f"]], ["quote", ["p", "g"]]);
    expect([...place.querySelectorAll("*")].map(({ localName }) => localName)).toEqual(
      ["p", "em", "strong", "del", "br", "code", "ul", "li", "ol", "li", "blockquote", "p"],
    );
    expect(place.querySelector("ol")!.getAttribute("start")).toBe("3");
  });

  it("of a kind of tomorrow the children are shown", () => {
    expect(html(["card", "dataset", "f2db41e1", ["strong", ["text", "reads"]], ["text", "!"]])).toBe("<strong>reads</strong>!");
    expect(html(["formula", "x^2"])).toBe("x^2");
  });

  it("no kind reaches beyond the set, not even by the names that every object has", () => {
    for (const kind of ["script", "iframe", "style", "svg", "constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(html([kind, "x"])).toBe("x");
    }
  });

  it("what is no token at all is left out", () => {
    expect(html(null, 7, true, {}, [], [null], [["text"]], { toString: "x" }, ["mention"], ["mention", "1"], ["code"], ["text", {}])).toBe("<code></code>");
  });

  it("an abyss of quotes does not overflow anything", () => {
    let token: unknown = "deep";
    for (let depth = 0; depth < 20_000; depth++) token = ["quote", token];
    expect(() => html(token)).not.toThrow();
  });

  it("a mention shows today's name, apart from the text around it, and one's own stands out", () => {
    expect(html(["mention", 42])).toBe('<span class="mention">@<bdi>user42</bdi></span>');
    expect(html(["mention", 1])).toContain("mention me");
  });
});

describe("links", () => {
  it("http, https and mailto are links that cannot reach back", () => {
    html(["link", "https://galaxyproject.org/", "site"]);
    const link = place.querySelector("a")!;
    expect([link.href, link.target, link.rel]).toEqual(["https://galaxyproject.org/", "_blank", "noopener noreferrer"]);
  });

  it("anything else is the text it has", () => {
    const hostile = [
      "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)",
      "data:text/html,<script>", "vbscript:x", "file:///etc/passwd", "blob:https://x/1", "//evil.example", "/relative", "", "https://", null, 7, {},
    ];
    for (const href of hostile) expect(html(["link", href, "words"])).toBe("words");
  });

  it("an address is passed on as the browser reads it", () => {
    expect(safeHref("HTTPS://Galaxy.example/a b")).toBe("https://galaxy.example/a%20b");
    expect(safeHref("mailto:help@galaxy.example")).toBe("mailto:help@galaxy.example");
  });
});

describe("blocks of code", () => {
  const long = Array.from({ length: FOLDED_LINES + 8 }, (_, at) => `line ${at + 1}`).join("\n");

  it("over twelve lines are folded, and unfold", () => {
    html(["pre", "bash", long]);
    expect(place.querySelector("pre")!.textContent!.split("\n")).toHaveLength(FOLDED_LINES);
    const fold = place.querySelector<HTMLButtonElement>(".fold")!;
    expect([fold.textContent, fold.getAttribute("aria-expanded")]).toEqual(["Show all 20 lines", "false"]);
    act(() => fold.click());
    expect(place.querySelector("pre")!.textContent).toBe(long);
  });

  it("twelve lines are not", () => {
    html(["pre", "", long.split("\n").slice(0, FOLDED_LINES).join("\n")]);
    expect(place.querySelector(".fold")).toBeNull();
  });

  it("copy takes all of it, folded or not", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    html(["pre", "", long]);
    await act(async () => place.querySelector<HTMLButtonElement>(".code-bar button")!.click());
    expect(write).toHaveBeenCalledWith(long);
  });
});

describe("code in colour", () => {
  const text = () => place.querySelector("code")!.textContent;

  it("is cut by code points, and every character stays", () => {
    const code = "𝒙 = '🧬'\t# &amp; <b>\n";
    html(["pre", "python", code, [["nv", 1], ["", 1], ["o", 1], ["", 1], ["s", 3], ["", 1], ["c", 11], ["", 1]]]);
    expect(text()).toBe(code);
    expect([...place.querySelectorAll("code span")].map((each) => [each.className, each.textContent])).toEqual([
      ["hl-nv", "𝒙"], ["hl-o", "="], ["hl-s", "'🧬'"], ["hl-c", "# &amp; <b>"],
    ]);
  });

  it("a class that is none, and lengths that fit nothing, do no harm", () => {
    html(["pre", "x", "abcd", [["on click=1", 1], ["k", 0], ["K", 1], ["s", 99]]]);
    expect(text()).toBe("abcd");
    expect([...place.querySelectorAll("code span")].map((each) => each.className)).toEqual(["hl-k", "hl-s"]);
    html(["pre", "x", "abcd", "not runs"]);
    expect(text()).toBe("abcd");
  });

  it("is folded in colour as well, tabs and all", () => {
    html(["pre", "x", Array.from({ length: 20 }, (_, at) => `\t${at}`).join("\n"), [["m", 49]]]);
    expect(text()!.split("\n")).toEqual(Array.from({ length: FOLDED_LINES }, (_, at) => `\t${at}`));
  });
});

describe("links to what people of this Galaxy share", () => {
  const page = "https://galaxy.example/sub/galaxychat/#/r/1/2";

  it("are known by their address alone", () => {
    const all = ["u/ada/h/my-history", "u/ada/w/rna%20seq", "u/a.b-c/p/notes/", "u/ada/v/plot"].map((end) => sharedThing(`https://galaxy.example/sub/${end}`, page));
    expect(all).toEqual([
      { kind: "h", owner: "ada", slug: "my-history" }, { kind: "w", owner: "ada", slug: "rna seq" },
      { kind: "p", owner: "a.b-c", slug: "notes" }, { kind: "v", owner: "ada", slug: "plot" },
    ]);
  });

  it("of another Galaxy, another kind or a place below they are not", () => {
    const others = ["https://other.example/sub/u/ada/h/x", "https://galaxy.example/u/ada/h/x", "https://galaxy.example/sub/u/ada/x/x", "https://galaxy.example/sub/u/ada/h/x/y", "https://galaxy.example/sub/u/ada/h/"];
    expect(others.map((href) => sharedThing(href, page))).toEqual([null, null, null, null, null]);
  });

  it("show kind, name and owner; a label of one's own stays", () => {
    const href = new URL("../u/ada/h/100%25", document.baseURI).href;
    html(["link", href, ["text", href]]);
    expect(place.textContent).toBe("History 100% by ada");
    html(["link", href, ["text", "my data"]]);
    expect(place.textContent).toBe("my data: History 100% by ada");
  });
});

it("a link to another place of the chat opens in this page", () => {
  html(["link", new URL("#/r/7/9", document.baseURI).href, "there"]);
  expect(place.querySelector("a")!.hasAttribute("target")).toBe(false);
});
