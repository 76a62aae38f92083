/*
 * What stays in this browser. Every key names the log's epoch and the user, for computers that several people share;
 * the one exception is the choice of being online, which is the browser's and says nothing about anybody.
 */

const APP = "galaxychat";

/** A browser may forbid storage altogether, and then even looking at it raises. */
export function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** embed.js, in Galaxy's pages of the same origin, goes by it too. */
const CHOICE = `${APP}.online`;

export class Choice {
  constructor(private readonly storage: Storage | null) {}

  /** Null as long as nobody has chosen. */
  get(): boolean | null {
    const kept = this.storage?.getItem(CHOICE) ?? null;
    return kept === null ? null : kept === "1";
  }

  set(online: boolean): void {
    quietly(() => this.storage?.setItem(CHOICE, online ? "1" : "0"));
  }
}

export class Keys {
  readonly #prefix: string;
  readonly #mine: string;

  /** `base` is the chat's path: two chats of one host keep apart. */
  constructor(
    private readonly storage: Storage | null,
    base: string,
    epoch: string,
    user: number,
  ) {
    this.#prefix = `${APP}:${base}:`;
    this.#mine = `${this.#prefix}${epoch}:${user}:`;
  }

  /** Names what is kept here, among all chats and users of this browser. */
  get scope(): string {
    return this.#mine;
  }

  get(name: string): string | null {
    return this.storage?.getItem(this.#mine + name) ?? null;
  }

  /** False when it could not be kept: no storage, or a full one. */
  set(name: string, value: string): boolean {
    return quietly(() => this.storage?.setItem(this.#mine + name, value));
  }

  remove(name: string): void {
    this.storage?.removeItem(this.#mine + name);
  }

  names(start: string): string[] {
    const wanted = this.#mine + start;
    return this.#all().filter((key) => key.startsWith(wanted)).map((key) => key.slice(this.#mine.length));
  }

  /** Other users' keys, and those of a log that is no more. */
  removeOthers(): void {
    for (const key of this.#all()) {
      if (key.startsWith(this.#prefix) && !key.startsWith(this.#mine)) this.storage?.removeItem(key);
    }
  }

  #all(): string[] {
    return this.storage ? allKeys(this.storage) : [];
  }
}

/** Nobody is logged in: what anybody has left here goes, whoever it was. */
export function removeEverybodys(storage: Storage | null, base: string): void {
  if (!storage) return;
  for (const key of allKeys(storage)) if (key.startsWith(`${APP}:${base}:`)) storage.removeItem(key);
}

function allKeys(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
}

function quietly(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
