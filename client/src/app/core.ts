/* What the parts of the application share: the state, what this browser keeps, and the way to the server. */
import type { Answer, Listener } from "../connection/requests";
import type { Keys } from "../storage/keys";
import { type ChatState } from "../store/chat";
import type { Observable } from "../store/observable";
import type { AnyCommand } from "../wire/generated";
import type { AppState } from "./state";

export interface Core {
  readonly state: Observable<AppState>;
  /** What is written down in this browser, once it is known for whom. */
  readonly keys: Keys | null;
  ask(command: AnyCommand, listener: Listener): void;
  /** Says what nobody answers. */
  tell(command: AnyCommand): void;
  /** Tells the reader of a refusal. */
  complain(answer: Answer): void;
}

export function updateChat({ state }: Core, update: (chat: ChatState) => ChatState): void {
  const { chat } = state.get();
  if (chat) state.patch({ chat: update(chat) });
}

export function ignore(): void {
  // An answer that changes nothing here: what it brought about comes as an event.
}
