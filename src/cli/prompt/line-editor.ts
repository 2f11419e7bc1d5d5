// A line as it is typed at a terminal that leaves the editing to us: what each key makes of it.

export type TypedKey =
  | { readonly type: 'line'; readonly text: string }
  /** Ctrl-C. */
  | { readonly type: 'interrupt' }
  /** Ctrl-D on an empty line. */
  | { readonly type: 'end' };

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_H = '\b';
const CTRL_U = '\u0015';
const CTRL_W = '\u0017';
const ESCAPE = '\u001b';
/** What no key and no scanner's code is: further control characters, and halves of a character. */
const UNTYPED = /[\p{Cc}\p{Cs}]/u;
/** A scanner that never stops must not fill the memory. */
const MOST_CHARACTERS = 4_096;
const DELETE = '\u007f';
/** ECMA-48: after ESC [ come parameters, and a byte of this range ends it; ESC O (keys of the keypad) has one more byte. */
const SEQUENCE_END = /[@-~]/;

export class LineEditor {
  #text = '';
  #sequence: 'none' | 'begun' | 'parameters' = 'none';
  #lastWasReturn = false;

  /** What has been typed of the line so far. */
  get text(): string {
    return this.#text;
  }

  /** @param chunk one key of a person, or a whole scan. Returns what came of it, in order */
  feed(chunk: string): TypedKey[] {
    return [...chunk].flatMap((key) => this.#key(key));
  }

  #key(key: string): TypedKey[] {
    if (this.#isOfSequence(key)) return [];
    const wasReturn = this.#lastWasReturn;
    this.#lastWasReturn = key === '\r';
    switch (key) {
      case '\r':
        return this.#take();
      case '\n':
        // A scanner that ends with both has sent one line.
        return wasReturn ? [] : this.#take();
      case CTRL_C:
        return [{ type: 'interrupt' }];
      case CTRL_D:
        return this.#text === '' ? [{ type: 'end' }] : [];
      case CTRL_H:
      case DELETE:
        this.#text = [...this.#text].slice(0, -1).join('');
        return [];
      case CTRL_U:
        this.#text = '';
        return [];
      case CTRL_W:
        this.#text = this.#text.replace(/\S*\s*$/, '');
        return [];
      default:
        if (!UNTYPED.test(key) && this.#text.length < MOST_CHARACTERS) this.#text += key;
        return [];
    }
  }

  /** Arrows and function keys mean nothing here, and leave nothing in the line. */
  #isOfSequence(key: string): boolean {
    const before = this.#sequence;
    if (key === ESCAPE) this.#sequence = 'begun';
    else if (before === 'begun') this.#sequence = key === '[' || key === 'O' ? 'parameters' : 'none';
    else if (before === 'parameters' && SEQUENCE_END.test(key)) this.#sequence = 'none';
    return key === ESCAPE || before === 'parameters' || this.#sequence === 'parameters';
  }

  #take(): TypedKey[] {
    const text = this.#text;
    this.#text = '';
    return [{ type: 'line', text }];
  }
}
