/* Initials on a colour by the user's id: nothing is fetched from anywhere. */

/** The golden angle: neighbouring ids get colours far apart. */
const TURN = 137.5;

export function initials(name: string): string {
  const words = name.split(/[\s._@-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word!][0]) : [...(words[0] ?? "")].slice(0, 2);
  return letters.join("").toUpperCase();
}

export function Avatar({ user, name, small }: { user: number; name: string; small?: boolean }) {
  return (
    <span class={small ? "avatar small" : "avatar"} style={{ "--hue": Math.round(user * TURN) % 360 }} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
