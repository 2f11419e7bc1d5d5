// The plan of a write: which sectors, and how many questions it takes to find them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { md5Of, type Region } from './md5.js';
import { planWrite, slice, type WritePlan } from './write-plan.js';

const SECTOR = 0x1000;

/** Plans against flash content and counts the questions. */
async function plan(image: Uint8Array, flash: Uint8Array): Promise<WritePlan & { questions: number }> {
  let questions = 0;
  const ask = (span: Region): Promise<string> => {
    questions += 1;
    return Promise.resolve(md5Of(slice(flash, span)));
  };
  return { ...(await planWrite(image, ask)), questions };
}

const erased = (sectors: number): Uint8Array => new Uint8Array(sectors * SECTOR).fill(0xff);
const withData = (sectors: number, ...at: readonly number[]): Uint8Array => {
  const bytes = erased(sectors);
  for (const sector of at) bytes[sector * SECTOR + 5] = sector;
  return bytes;
};
const sectors = ({ spans }: WritePlan): number[] =>
  spans.flatMap(({ offsetBytes, sizeBytes }) =>
    Array.from({ length: sizeBytes / SECTOR }, (_, index) => offsetBytes / SECTOR + index),
  );

describe('the plan of a write', () => {
  it('takes one question when the image is there', async () => {
    expect(await plan(withData(16, 0), withData(16, 0))).toEqual({ spans: [], found: 'equal', questions: 1 });
  });

  it('takes one question on blank flash, and writes the sectors with data only', async () => {
    const found = await plan(withData(16, 0, 1, 7), erased(16));
    expect(sectors(found)).toEqual([0, 1, 7]);
    expect(found).toMatchObject({ found: 'blank', questions: 1, spans: [{ sizeBytes: 2 * SECTOR }, {}] });
  });

  it('finds in few questions that only the data of an otherwise blank region changed', async () => {
    const found = await plan(withData(16, 0), withData(16, 0).fill(1, 0, 10));
    expect(sectors(found)).toEqual([0]);
    expect(found.questions).toBeLessThanOrEqual(3);
  });

  it('joins neighbours into one span', async () => {
    const found = await plan(erased(16), new Uint8Array(16 * SECTOR));
    expect(found.spans).toEqual([{ offsetBytes: 0, sizeBytes: 16 * SECTOR }]);
  });

  it('gives up asking where everything differs and a question is dear', async () => {
    let questions = 0;
    const ask = (): Promise<string> => Promise.resolve(`another ${++questions}`);
    const found = await planWrite(erased(16), ask, 0.4);
    expect(found.spans).toEqual([{ offsetBytes: 0, sizeBytes: 16 * SECTOR }]);
    expect(questions).toBeLessThanOrEqual(3);
  });

  it('asks about a blank tail even where a question costs half of an erase', async () => {
    const image = withData(16, 0);
    const flash = withData(16, 0).fill(1, 0, 10);
    const ask = (span: Region): Promise<string> => Promise.resolve(md5Of(slice(flash, span)));
    expect(sectors(await planWrite(image, ask, 0.5))).toEqual([0]);
  });

  it('names exactly the sectors that differ, whatever they are', async () => {
    const bits = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(bits, bits, async (inImage, inFlash) => {
        const at = (marks: readonly boolean[]): number[] => marks.flatMap((on, index) => (on ? [index] : []));
        const found = await plan(withData(8, ...at(inImage)), withData(8, ...at(inFlash)));
        expect(sectors(found)).toEqual(at(inImage.map((on, index) => on !== inFlash[index])));
        expect(found.questions).toBeLessThanOrEqual(16);
      }),
      { numRuns: 60 },
    );
  });
});
