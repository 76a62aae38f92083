/* Away is who has had no connection for longer than a reader should be spared the news. */
import type { Link } from "../connection/machine";

const SPARED = 3_000;

export class Away {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: (away: boolean) => void) {}

  linkChanged({ phase }: Link): void {
    if (phase === "waiting" || phase === "connecting") {
      this.#timer ??= setTimeout(() => this.changed(true), SPARED);
    } else {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.changed(false);
    }
  }
}
