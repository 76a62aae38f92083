/* Who is writing, as far as anybody says so: gone when nothing more is heard. */

const SHOWN = 6_000;
const SAID_EVERY = 3_000;

export type TypingUsers = ReadonlyMap<number, readonly number[]>;

export class TypingWatch {
  #until = new Map<number, Map<number, ReturnType<typeof setTimeout>>>();

  constructor(private readonly changed: (users: TypingUsers) => void) {}

  heard(room: number, user: number): void {
    const users = this.#until.get(room) ?? new Map<number, ReturnType<typeof setTimeout>>();
    clearTimeout(users.get(user));
    users.delete(user);
    users.set(user, setTimeout(() => this.stopped(room, user), SHOWN));
    this.#until.set(room, users);
    this.#tell();
  }

  stopped(room: number, user: number): void {
    const users = this.#until.get(room);
    if (!users?.has(user)) return;
    clearTimeout(users.get(user));
    users.delete(user);
    this.#tell();
  }

  clear(): void {
    for (const users of this.#until.values()) for (const timer of users.values()) clearTimeout(timer);
    this.#until.clear();
    this.#tell();
  }

  #tell(): void {
    this.changed(new Map([...this.#until].map(([room, users]) => [room, [...users.keys()]])));
  }
}

/** Says that one is writing oneself, not with every key. */
export class TypingNews {
  #last = -Infinity;

  due(now: number): boolean {
    if (now - this.#last < SAID_EVERY) return false;
    this.#last = now;
    return true;
  }

  sent(): void {
    this.#last = -Infinity;
  }
}
