/* What is wrong when no connection comes about: asked over plain HTTP, told in words that an admin can act on. */

export type Trouble =
  | "no_cookie"
  | "bad_cookie"
  | "anonymous"
  | "refused"
  /** The server answers over HTTP and knows us, so something between us and it stops WebSockets. */
  | "no_websocket"
  /** Something else than the chat server answers at its address. */
  | "not_the_chat"
  | "unreachable";

export interface Diagnosis {
  trouble: Trouble;
  reason: string;
}

const STATES = new Set(["no_cookie", "bad_cookie", "anonymous", "refused"]);

export async function diagnose(url: string, get: typeof fetch): Promise<Diagnosis> {
  try {
    const response = await get(url, { headers: { accept: "application/json" }, cache: "no-store" });
    return response.ok ? read(await response.json().catch(() => null)) : { trouble: fromStatus(response.status), reason: "" };
  } catch {
    return { trouble: "unreachable", reason: "" };
  }
}

function fromStatus(status: number): Trouble {
  return status >= 500 ? "unreachable" : "not_the_chat";
}

function read(body: unknown): Diagnosis {
  const { state, reason } = (typeof body === "object" && body !== null ? body : {}) as { state?: unknown; reason?: unknown };
  if (state === "ok") return { trouble: "no_websocket", reason: "" };
  if (typeof state === "string" && STATES.has(state)) {
    return { trouble: state as Trouble, reason: typeof reason === "string" ? reason : "" };
  }
  return { trouble: "not_the_chat", reason: "" };
}
