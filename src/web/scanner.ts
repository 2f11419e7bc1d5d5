// Recognises a bar code scanner, which types like a keyboard: many keys in a breath. Wherever the focus is, what it types is
// one code and no command; only a field that has the focus gets it as text.

/** A person's fingers are slower than this from key to key, and from the last one to Enter. */
const KEY_MS = 50;
/** A code that no Enter ends has at least so many characters: fewer may be two fingers. */
const MIN_CODE_CHARS = 4;

export interface KeySource {
  addEventListener(
    type: 'keydown',
    listener: (event: KeyboardEvent) => void,
    options: { capture: true },
  ): void;
  removeEventListener(
    type: 'keydown',
    listener: (event: KeyboardEvent) => void,
    options: { capture: true },
  ): void;
}

/**
 * Keys that may begin a scan are held back for a moment, and go on to the page when no scan comes of them.
 * @returns what ends it
 */
export function listenToScanner(source: KeySource, onScan: (code: string) => void): () => void {
  let held: KeyboardEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passedOn = new WeakSet<KeyboardEvent>();

  /** One after the other, as they were typed. */
  const passOn = (): void => {
    const keys = held;
    held = [];
    clearTimeout(timer);
    for (const { key, code, shiftKey, target } of keys) {
      const again = new KeyboardEvent('keydown', { key, code, shiftKey, bubbles: true, cancelable: true });
      passedOn.add(again);
      // What it was pressed on may be gone by now, as the button of a dialog that was just closed.
      (target instanceof Node && target.isConnected ? target : document.body).dispatchEvent(again);
    }
  };
  const take = (): void => {
    const code = held.map(({ key }) => key).join('');
    held = [];
    clearTimeout(timer);
    onScan(code);
  };
  const end = (): void => {
    // A scanner that sends no Enter behind its code.
    if (held.length >= MIN_CODE_CHARS) take();
    else passOn();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (passedOn.has(event) || isOfField(event)) return;
    // By the time of the keys themselves: a page that is busy hears of slow fingers all at once.
    const last = held.at(-1);
    if (last !== undefined && event.timeStamp - last.timeStamp > KEY_MS) end();
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isText && (event.key !== ' ' || held.length > 0)) {
      held.push(event);
      clearTimeout(timer);
      timer = setTimeout(end, KEY_MS);
    } else if (event.key === 'Shift') {
      return;
    } else if ((event.key === 'Enter' || event.key === 'Tab') && held.length > 0) {
      take();
    } else {
      passOn();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  source.addEventListener('keydown', onKey, { capture: true });
  return () => {
    clearTimeout(timer);
    source.removeEventListener('keydown', onKey, { capture: true });
  };
}

function isOfField({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest('input, textarea, select') !== null;
}
