/* The page around the panel: what it is told, and the one thing that it asks for. */
import type { Counted } from "./state";

/** As embed.js understands it: one of the three. */
export type Told = Counted | { close: true } | { width: number };

export class Outside {
  #last = "";

  constructor(
    private readonly page: Pick<Window, "postMessage">,
    private readonly origin: string,
  ) {}

  /** The same twice is told once. The browser gives it to a page of that origin, or to nobody. */
  tell(counted: Counted): void {
    const said = JSON.stringify(counted);
    if (said === this.#last) return;
    this.#last = said;
    this.#post(counted);
  }

  close(): void {
    this.#post({ close: true });
  }

  resize(width: number): void {
    this.#post({ width: Math.round(width) });
  }

  /** Calls back when the page gives the panel the focus: that page itself, and none of another origin in its place. */
  listen(focus: () => void): void {
    addEventListener("message", ({ source, origin, data }: MessageEvent) => {
      const isHeard = source === this.page && origin === this.origin;
      if (isHeard && data?.type === "galaxychat" && data.focus === true) focus();
    });
  }

  #post(told: Told): void {
    this.page.postMessage({ type: "galaxychat", ...told }, this.origin);
  }
}
