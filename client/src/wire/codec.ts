/* Frames in and out. What is not an object with a `type` is no event; what has an unknown `type` is left to the reader. */
import type { AnyCommand, AnyEvent } from "./generated";

export const SUBPROTOCOL = "galaxychat.v1";

export function encode(command: AnyCommand): string {
  return JSON.stringify(command);
}

export function decode(frame: unknown): AnyEvent | null {
  if (typeof frame !== "string") return null;
  try {
    const event: unknown = JSON.parse(frame);
    const tagged = typeof event === "object" && event !== null && "type" in event && typeof event.type === "string";
    return tagged ? (event as AnyEvent) : null;
  } catch {
    return null;
  }
}
