// Reads server-sent events as a browser would, and remembers the last id.
export interface ReadEvent {
  readonly id: string | undefined;
  readonly data: { readonly type: string; readonly [field: string]: unknown };
}

export class EventReader {
  readonly events: ReadEvent[] = [];
  lastId: string | undefined;
  #wake: () => void = () => undefined;
  readonly #stop = new AbortController();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** @param lastEventId what a browser sends when it comes back */
  static async open(
    url: string,
    options: { lastEventId?: string; token?: string } = {},
  ): Promise<EventReader> {
    const reader = new EventReader();
    const { lastEventId, token } = options;
    const response = await fetch(url, {
      signal: reader.#stop.signal,
      headers: {
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    if (response.status !== 200 || response.body === null) throw new Error(`events: ${response.status}`);
    void reader.#read(response.body);
    return reader;
  }

  /** The first event that fits, also one that has come already. */
  async waitFor(fits: (event: ReadEvent) => boolean, timeoutMs = 20_000): Promise<ReadEvent> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      if (this.#ended || Date.now() > deadline) throw new Error('the event did not come');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const piece of body) {
        const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
        this.#wake();
      }
    } catch {
      // Closed by this side, or cut off by the other: the events so far are what there is.
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }

  #take(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const id = field('id');
    if (id !== undefined) this.lastId = id;
    const data = field('data');
    if (data !== undefined) this.events.push({ id, data: JSON.parse(data) as ReadEvent['data'] });
  }
}
