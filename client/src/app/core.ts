/* What the parts of the application share: the state, and the way to the server. */
import type { Answer, Listener } from "../connection/requests";
import { type ChatState } from "../store/chat";
import type { Observable } from "../store/observable";
import type { AnyCommand } from "../wire/generated";
import type { AppState } from "./state";

export interface Core {
  readonly state: Observable<AppState>;
  ask(command: AnyCommand, listener: Listener): void;
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
