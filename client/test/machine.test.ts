import { describe, expect, it } from "vitest";
import { type Effect, type Happening, type Link, OFFLINE, step } from "../src/connection/machine";

const HALF = () => 0.5;

function run(happenings: Happening[], random = HALF): [Link, Effect[]] {
  return happenings.reduce<[Link, Effect[]]>(([link], happening) => step(link, happening, random), [OFFLINE, []]);
}

const online: Happening[] = [{ is: "go online" }, { is: "welcome", now: 0 }];
const closed = (code: number, now = 1_000_000, reason = ""): Happening => ({ is: "closed", code, reason, now });
const wait = (effects: Effect[]) => effects.find((effect) => effect.do === "wait")?.ms;

/** The waits between `n` closings with this code, none of which follows a good connection. */
function waits(code: number, n: number, random = HALF): (number | undefined)[] {
  let [link] = run(online);
  return Array.from({ length: n }, () => {
    const [next, effects] = step(link, closed(code, 0), random);
    [link] = step(next, { is: "due" }, random);
    return wait(effects);
  });
}

describe("what a close code asks for", () => {
  it("a restarting server is come back to within a random five seconds, then with growing waits", () => {
    expect(waits(1012, 3, () => 0.999)[0]).toBeCloseTo(4995);
    expect(waits(1001, 3)).toEqual([2500, 1000, 2000]);
  });

  it("a server that says how long it is away is come back to within that time", () => {
    const [link] = run([...online, { is: "bye", retryIn: 20 }]);
    expect(wait(step(link, closed(1012), HALF)[1])).toBe(10_000);
  });

  it("a misunderstanding is tried once more, and the second asks for a reload", () => {
    for (const code of [1002, 1007, 1009, 4400]) {
      const [once, effects] = run([...online, closed(code, 0)]);
      expect(wait(effects)).toBeLessThanOrEqual(1000);
      const [twice] = [closed(code, 0)].reduce(([link], each) => step(link, each, HALF), step(once, { is: "due" }, HALF));
      expect(twice.phase).toBe("reload");
    }
  });

  it("after a minute of good connection a misunderstanding is the first one again", () => {
    const again = run([...online, closed(1009, 0), { is: "due" }, { is: "welcome", now: 0 }, closed(1009, 60_000)]);
    expect(again[0].phase).toBe("waiting");
  });

  it("an overloaded server is left alone for ten seconds or more, at most thirty", () => {
    expect(waits(1013, 4, () => 0)).toEqual([10_000, 10_000, 10_000, 10_000]);
    expect(waits(1013, 4, () => 1)).toEqual([20_000, 30_000, 30_000, 30_000]);
  });

  it("a lost network is tried at once, then with full jitter up to thirty seconds", () => {
    for (const code of [1006, 1000, 4001, 4999]) expect(waits(code, 4)).toEqual([0, 1000, 2000, 4000]);
    expect(Math.max(...(waits(1006, 12, () => 1) as number[]))).toBe(30_000);
  });

  it("a connection that lasted ten seconds makes the next loss the first again", () => {
    const [link] = run([...online, closed(1006, 0), { is: "due" }, { is: "welcome", now: 0 }]);
    expect(wait(step(link, closed(1006, 9_000), HALF)[1])).toBeGreaterThan(0);
    expect(wait(step(link, closed(1006, 10_000), HALF)[1])).toBe(0);
  });

  it("Galaxy's database being away is waited out from the start", () => {
    expect(waits(4002, 2)).toEqual([1000, 2000]);
  });

  it("too many connections are waited out for as long as the server needs to find the dead ones", () => {
    expect(waits(4409, 1)).toEqual([45_000]);
  });

  it("a refusal is final, shows the reason and hides the screen", () => {
    const [link, effects] = run([...online, closed(4403, 0, "banned until May")]);
    expect(link).toMatchObject({ phase: "refused", reason: "banned until May" });
    expect(effects).toEqual([{ do: "hide" }]);
    expect(step(link, { is: "awake" }, HALF)[1]).toEqual([]);
  });
});

describe("without a session", () => {
  it("the screen is hidden at once and one more try follows after a second", () => {
    const [, effects] = run([...online, closed(4401)]);
    expect(effects).toEqual([{ do: "hide" }, { do: "wait", ms: 1000 }]);
  });

  it("a second 4401 forgets the user and asks what is wrong, and nothing is tried by itself", () => {
    const [link, effects] = run([...online, closed(4401), { is: "due" }, closed(4401)]);
    expect(link.phase).toBe("login");
    expect(effects).toEqual([{ do: "forget" }, { do: "diagnose" }]);
  });

  it("looking at the page again is one try, without a second look", () => {
    const [link] = run([...online, closed(4401), { is: "due" }, closed(4401)]);
    const [trying, effects] = step(link, { is: "awake" }, HALF);
    expect(effects).toContainEqual({ do: "open" });
    expect(step(trying, closed(4401), HALF)[0].phase).toBe("login");
  });

  it("a welcome in between forgives", () => {
    const [link] = run([...online, closed(4401), { is: "due" }, { is: "welcome", now: 0 }]);
    expect(step(link, closed(4401), HALF)[1]).toContainEqual({ do: "hide" });
  });
});

describe("the user's wish and the browser's news", () => {
  it("offline stays offline whatever is heard", () => {
    for (const happening of [closed(1006), { is: "due" }, { is: "awake" }] as Happening[]) {
      expect(run([...online, { is: "go offline" }, happening])).toEqual([OFFLINE, []]);
    }
  });

  it("going online twice opens once", () => {
    expect(run([{ is: "go online" }, { is: "go online" }])[1]).toEqual([]);
  });

  it("news of the network ends a wait for the network, and no wait that the server asked for", () => {
    expect(run([...online, closed(1006), { is: "awake" }])[1]).toContainEqual({ do: "open" });
    expect(run([...online, closed(1013), { is: "awake" }])[1]).toEqual([]);
    expect(run([...online, closed(4409), { is: "awake" }])[1]).toEqual([]);
  });

  it("what is wrong is asked for when no socket opens, not at every try", () => {
    let [link] = run([{ is: "go online" }]);
    const asked = Array.from({ length: 6 }, () => {
      const [next, effects] = step(link, closed(1006, 0), HALF);
      [link] = step(next, { is: "due" }, HALF);
      return effects.some((effect) => effect.do === "diagnose");
    });
    expect(asked).toEqual([false, true, false, false, false, true]);
  });
});
