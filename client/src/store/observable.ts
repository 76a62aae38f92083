/* A value that tells when it changed. Changes within one turn are told of once. */

export class Observable<T> {
  #listeners = new Set<() => void>();
  #told = true;

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (value === this.value) return;
    this.value = value;
    if (!this.#told) return;
    this.#told = false;
    queueMicrotask(() => {
      this.#told = true;
      for (const listener of this.#listeners) listener();
    });
  }

  patch(part: Partial<T>): void {
    this.set({ ...this.value, ...part });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
