// Writers that come while the disk is busy wait for it together: one write and one sync then serve all of them, so that
// many boards at once do not queue for the disk one by one.

interface Waiting<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<T> {
  readonly #write: (items: readonly T[]) => Promise<void>;
  readonly #waiting: Waiting<T>[] = [];
  #running: Promise<void> | undefined;

  /** @param write makes items durable, all or none; it is never called while it runs. */
  constructor(write: (items: readonly T[]) => Promise<void>) {
    this.#write = write;
  }

  /** Returns when these items are durable, in the order of the calls. @throws what the write of their group throws */
  add(items: readonly T[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits to be written. Never rejects. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      try {
        await this.#write(group.flatMap(({ items }) => items));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }
}
