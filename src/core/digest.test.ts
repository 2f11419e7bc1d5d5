// Three ways to a digest: the runtime's, none of the runtime's, and one that the runtime refuses.
import { afterEach, describe, expect, it, vi } from 'vitest';

/** RFC 1321, appendix A.5, and FIPS 180-2, appendix B.1. */
const ABC = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
};

async function digestsOfAbc(): Promise<typeof ABC> {
  vi.resetModules();
  const { md5Hex, sha256Hex } = await import('./digest.js');
  const abc = new TextEncoder().encode('abc');
  return { md5: md5Hex(abc), sha256: sha256Hex(abc) };
}

describe('digests', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are those of the standards', async () => {
    expect(await digestsOfAbc()).toEqual(ABC);
  });

  it('are the same in a browser', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    expect(await digestsOfAbc()).toEqual(ABC);
  });

  it('are the same where the runtime refuses MD5', async () => {
    const createHash = (): never => {
      throw new Error('disabled for FIPS');
    };
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ createHash });
    expect(await digestsOfAbc()).toEqual(ABC);
  });
});
