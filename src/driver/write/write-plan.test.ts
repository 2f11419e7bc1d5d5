// The plan of a write: which sectors, and how many questions it takes to find them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { md5Of, type Region } from './md5.js';
import {
  firstQuestions,
  planWrite,
  questionOfAll,
  slice,
  type AskMd5,
  type WritePlan,
} from './write-plan.js';

const SECTOR = 0x1000;

/** Plans against flash content and counts the questions. */
async function plan(image: Uint8Array, flash: Uint8Array): Promise<WritePlan & { questions: number }> {
  let questions = 0;
  const ask = (span: Region): Promise<string> => {
    questions += 1;
    return Promise.resolve(md5Of(slice(flash, span)));
  };
  return { ...(await look(image, ask)), questions };
}

/** As a writer does it: the first spans, then what the plan asks. */
async function look(image: Uint8Array, ask: AskMd5, costShare = 0): Promise<WritePlan> {
  const questions = firstQuestions(image);
  const digests = await Promise.all(questions.map(({ span }) => ask(span)));
  return planWrite(image, { questions, digests }, ask, costShare);
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
  it('asks about the data and the sector behind it first, and about the whole image where that is there', async () => {
    expect(await plan(withData(16, 0), withData(16, 0))).toMatchObject({
      spans: [],
      found: 'equal',
      questions: 3,
    });
  });

  it('asks of blank flash where data is to go and one sector behind, and writes the data alone', async () => {
    const found = await plan(withData(16, 0, 1, 7), erased(16));
    expect(sectors(found)).toEqual([0, 1, 7]);
    expect(found).toMatchObject({ found: 'blank', questions: 4, spans: [{ sizeBytes: 2 * SECTOR }, {}] });
  });

  it('asks about all of it at once where the data lies in many pieces', async () => {
    const image = withData(16, 0, 2, 4, 6);
    expect(firstQuestions(image)).toEqual(questionOfAll(image));
    expect(await plan(image, image)).toMatchObject({ found: 'equal', questions: 1 });
  });

  it('finds what differs behind data that is there', async () => {
    const flash = withData(16, 0, 9);
    expect(sectors(await plan(withData(16, 0), flash))).toEqual([9]);
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
    const found = await look(erased(16), ask, 0.4);
    expect(found.spans).toEqual([{ offsetBytes: 0, sizeBytes: 16 * SECTOR }]);
    expect(questions).toBeLessThanOrEqual(3);
  });

  it('asks about a blank tail even where a question costs half of an erase', async () => {
    const image = withData(16, 0);
    const flash = withData(16, 0).fill(1, 0, 10);
    const ask = (span: Region): Promise<string> => Promise.resolve(md5Of(slice(flash, span)));
    expect(sectors(await look(image, ask, 0.5))).toEqual([0]);
  });

  it('takes what lies behind changed data for blank where its first sector is', async () => {
    const found = await plan(withData(16, 0), withData(16, 9).fill(7, 3, 4));
    expect(sectors(found)).toEqual([0]);
    expect(found).toMatchObject({ found: 'other', questions: 2, different: [{ offsetBytes: 0 }] });
  });

  it('names exactly the sectors that differ, whatever they are, at the latest when all of it is asked about', async () => {
    const bits = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(bits, bits, async (inImage, inFlash) => {
        const at = (marks: readonly boolean[]): number[] => marks.flatMap((on, index) => (on ? [index] : []));
        const [image, flash] = [withData(8, ...at(inImage)), withData(8, ...at(inFlash))];
        const first = await plan(image, flash);
        expect(first.questions).toBeLessThanOrEqual(16);
        for (const sector of sectors(first)) {
          const place = { offsetBytes: sector * SECTOR, sizeBytes: SECTOR };
          flash.set(slice(image, place), place.offsetBytes);
        }
        const ask = (span: Region): Promise<string> => Promise.resolve(md5Of(slice(flash, span)));
        const look = { questions: questionOfAll(image), digests: [md5Of(flash)] };
        const rest = await planWrite(image, look, ask);
        const written = [...sectors(first), ...sectors(rest)].sort((one, other) => one - other);
        expect(written).toEqual(at(inImage.map((on, index) => on !== inFlash[index])));
      }),
      { numRuns: 100 },
    );
  });
});
