/* Commands that await their one reply, told apart by `id`. */
import type { AnyCommand, AnyEvent } from "../wire/generated";

/** The connection went before the answer came: whether the command was carried out is not known. */
export interface Lost {
  type: "lost";
}
export type Answer = AnyEvent | Lost;
export type Listener = (answer: Answer) => void;

/** A server that owes an answer for so long is out of reach, whatever the socket believes. */
export const PATIENCE = 20_000;

export class Requests {
  #next = 1;
  readonly #open = new Map<number, { listener: Listener; deadline: ReturnType<typeof setTimeout> }>();

  constructor(
    private readonly send: (command: AnyCommand) => void,
    private readonly silence: () => void,
  ) {}

  ask(command: AnyCommand, listener: Listener): void {
    const id = this.#next++;
    this.#open.set(id, { listener, deadline: setTimeout(this.silence, PATIENCE) });
    this.send({ ...command, id });
  }

  /** Hands a reply to whoever asked; false when the event is nobody's reply. */
  answer(event: AnyEvent): boolean {
    const id = "re" in event ? event.re : null;
    const asked = typeof id === "number" ? this.#open.get(id) : undefined;
    if (!asked) return false;
    this.#open.delete(id as number);
    clearTimeout(asked.deadline);
    asked.listener(event);
    return true;
  }

  lost(): void {
    const asked = [...this.#open.values()];
    this.#open.clear();
    for (const { listener, deadline } of asked) {
      clearTimeout(deadline);
      listener({ type: "lost" });
    }
  }
}
