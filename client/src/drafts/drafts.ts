/* What is being written, per room. Kept over a reload, and no longer than anybody writes by hand. */
import type { Keys } from "../storage/keys";

export const LONGEST = 50_000;
const PAUSE = 400;

export class Drafts {
  #texts = new Map<number, string>();
  #unsaved = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keys: Keys | null = null;

  /** From `welcome` on it is known whose drafts these are; `carry` keeps what is in memory. */
  use(keys: Keys, carry: boolean): void {
    this.#keys = keys;
    if (!carry) this.#texts.clear();
    this.#unsaved = new Set(this.#texts.keys());
    this.flush();
  }

  get(room: number): string {
    const held = this.#texts.get(room) ?? this.#keys?.get(name(room)) ?? "";
    this.#texts.set(room, held);
    return held;
  }

  set(room: number, text: string): void {
    this.#texts.set(room, text.slice(0, LONGEST));
    this.#unsaved.add(room);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE);
  }

  /** Writes what the pause has held back; the page may be about to go. */
  flush(): void {
    clearTimeout(this.#timer);
    for (const room of this.#unsaved) this.#save(room, this.#texts.get(room) ?? "");
    this.#unsaved.clear();
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#texts.clear();
    this.#unsaved.clear();
    this.#keys = null;
  }

  #save(room: number, text: string): void {
    if (text) this.#keys?.set(name(room), text);
    else this.#keys?.remove(name(room));
  }
}

function name(room: number): string {
  return `draft:${room}`;
}
