/* What each close code asks of the client. */

export type Comeback =
  /** The server goes away on purpose: everybody comes back, not all at once. */
  | "spread"
  /** One of the two did not understand the other: once more, then only a reload helps. */
  | "once"
  /** Too much of something: not before ten seconds. */
  | "slowly"
  /** The network, a crash, a slow reader: at once, then backing off. */
  | "at once"
  /** Somebody else's fault that lasts a while: backing off from the start. */
  | "back off"
  /** Not logged in, or no longer. */
  | "log in"
  /** Not allowed, and asking again does not change it. */
  | "never"
  /** Too many connections of one user: after the server's ping has found the dead ones. */
  | "later";

const TABLE: Record<number, Comeback> = {
  1001: "spread",
  1012: "spread",
  1002: "once",
  1007: "once",
  1009: "once",
  4400: "once",
  1013: "slowly",
  4002: "back off",
  4401: "log in",
  4403: "never",
  4409: "later",
};

export function comeback(code: number): Comeback {
  return TABLE[code] ?? "at once";
}
