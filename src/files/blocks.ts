// Small pieces of text as blocks that are worth a write each.
/** Bytes, nearly, of one write. */
const BLOCK_CHARS = 65_536;

/** Small pieces as blocks worth a write each. */
export async function* inBlocks(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let block = '';
  for await (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARS) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}
