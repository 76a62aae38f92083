/* What the part of the address after # says. */

export type Route =
  | { is: "none" }
  | { is: "room"; room: number; seq?: number }
  | { is: "name"; name: string };

const NUMBERS = /^#\/r\/(\d{1,16})(?:\/(\d{1,16}))?$/;
const NAME = /^#\/r\/name\/(.+)$/;

export function parseRoute(hash: string): Route {
  const numbers = NUMBERS.exec(hash);
  if (numbers) return { is: "room", room: Number(numbers[1]), ...(numbers[2] && { seq: Number(numbers[2]) }) };
  const name = NAME.exec(hash)?.[1];
  return name ? { is: "name", name: decoded(name) } : { is: "none" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function roomHash(room: number, seq?: number): string {
  return seq === undefined ? `#/r/${room}` : `#/r/${room}/${seq}`;
}

export function nameHash(name: string): string {
  return `#/r/name/${encodeURIComponent(name)}`;
}

/** As the server compares names: case, composition and the width of spaces tell no two rooms apart. */
export function sameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase().normalize("NFC").trim().replace(/\s+/g, " ");
}
