// A search for a secret in whatever dress, written without a look at what espmint masks: it undoes encodings instead of
// making them.

/** In which ways `hay` shows the secret; empty: in none. */
export function showsOf(secret: string, hay: Buffer): string[] {
  const forms = [Buffer.from(secret)];
  // A key in hex is sixteen bytes as well.
  if (/^([0-9a-f]{2})+$/i.test(secret)) forms.push(Buffer.from(secret, 'hex'));
  const texts = {
    plain: hay.toString('utf8'),
    latin: hay.toString('latin1'),
    utf16: hay.toString('utf16le'),
  };
  const found = new Set<string>();
  for (const [name, text] of Object.entries(texts)) if (isIn(text, secret)) found.add(name);
  const once = undone(texts.plain);
  for (const text of [once, undone(once)]) if (isIn(text, secret)) found.add('escapes');
  const hex = texts.latin.toLowerCase().replace(/0x|\\x|[^0-9a-f]/g, '');
  const decimal = texts.latin.replace(/[^0-9]+/g, ',');
  const base64 = texts.latin
    .replace(/\\n|\s|\\/g, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/');
  for (const bytes of forms) {
    if (hay.includes(bytes)) found.add('bytes');
    if (hex.includes(bytes.toString('hex'))) found.add('hex');
    if (decimal.includes(`,${[...bytes].join(',')},`)) found.add('decimal');
    for (const before of [0, 1, 2]) if (base64.includes(middleOf(bytes, before))) found.add('base64');
  }
  return [...found];
}

function isIn(text: string, secret: string): boolean {
  return text.toLowerCase().includes(secret.toLowerCase());
}

/** Of URLs, JSON and HTML. */
function undone(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/&quot;/g, '"')
    .replace(/\\(["\\/])/g, '$1');
}

/** The letters of base64 that the neighbours of these bytes do not change. */
function middleOf(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const first = before === 0 ? 0 : before + 1;
  return whole.toString('base64').slice(first, Math.floor((whole.length * 8) / 6));
}
