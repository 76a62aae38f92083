/* What embed.js is told of the chat: the bubble, and the badge. */
import { type AppState, shownRooms } from "../app/state";

export interface Counted {
  online: boolean;
  unread: number;
  mentions: number;
}

/** Rooms that are muted count for nothing, nor does anything while one is offline. */
export function counted(state: AppState): Counted {
  const rooms = state.choice ? shownRooms(state).filter(({ muted }) => !muted) : [];
  return {
    online: state.choice === true,
    unread: rooms.reduce((sum, { unread }) => sum + unread, 0),
    mentions: rooms.reduce((sum, { mentions }) => sum + mentions, 0),
  };
}
