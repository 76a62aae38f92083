/* What this browser keeps; one may forbid it, and then nothing is kept. */

export function kept(name: string, value?: string | number): string | number | undefined {
  const key = `galaxychat.${name}`;
  try {
    return value === undefined ? (localStorage[key] as string | undefined) : (localStorage[key] = value);
  } catch {
    return value;
  }
}
