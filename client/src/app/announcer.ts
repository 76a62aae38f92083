/* What a screen reader says of new messages: bursts together, and gone after a moment so that nobody reads it twice. */

const BURST = 400;
const SHOWN = 1200;
const MOST = 4;

export class Announcer {
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly say: (text: string) => void,
    private readonly summarize: (left: number) => string,
  ) {}

  add(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#speak(), BURST);
  }

  #speak(): void {
    const said = this.#waiting.slice(0, MOST);
    const left = this.#waiting.length - said.length;
    this.#waiting = [];
    this.say([...said, ...(left > 0 ? [this.summarize(left)] : [])].join("\n"));
    this.#timer = setTimeout(() => this.#clear(), SHOWN);
  }

  #clear(): void {
    this.#timer = undefined;
    this.say("");
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#speak(), BURST);
  }
}
