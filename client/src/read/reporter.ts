/*
 * Tells the server how far this reader has read: on leaving a room or the window, and while reading along
 * at most every ten seconds, each reader at another moment. Never once a message.
 */

export const INTERVAL = 10_000;
const JITTER = 5_000;

export class ReadReporter {
  #seen = new Map<number, number>();
  #told = new Map<number, number>();
  #lastReport = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly report: (room: number, seq: number) => boolean,
    private readonly random: () => number = Math.random,
  ) {}

  /** The server's word on how far this user has read, on whatever device. */
  known(room: number, seq: number): void {
    this.#told.set(room, Math.max(seq, this.#told.get(room) ?? 0));
  }

  saw(room: number, seq: number): void {
    this.#seen.set(room, Math.max(seq, this.#seen.get(room) ?? 0));
  }

  /** Reading along at the bottom: what has been seen is told of in a while. */
  readingAlong(room: number): void {
    if (this.#timer !== undefined || !this.#news(room)) return;
    const rest = Math.max(0, this.#lastReport + INTERVAL - Date.now());
    this.#timer = setTimeout(() => this.flush(room), rest + 1000 + this.random() * JITTER);
  }

  /** The reader turns away from this room. */
  flush(room: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const seq = this.#seen.get(room) ?? 0;
    if (!this.#news(room) || !this.report(room, seq)) return;
    this.#told.set(room, seq);
    this.#lastReport = Date.now();
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#seen.clear();
    this.#told.clear();
  }

  #news(room: number): boolean {
    return (this.#seen.get(room) ?? 0) > (this.#told.get(room) ?? 0);
  }
}
