// zlib streams for the loaders: by the runtime's own code where it has some, which is four times as fast on megabytes of
// firmware, and in JavaScript elsewhere.
import { zlibSync } from 'fflate';

const LEVEL = 9;

/** As far as it is used here. */
interface NativeZlib {
  deflateSync(bytes: Uint8Array, options: { readonly level: number }): Uint8Array;
}

const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => object | undefined } };
const native = process?.getBuiltinModule?.('node:zlib') as NativeZlib | undefined;

export const deflate: (bytes: Uint8Array) => Uint8Array =
  native === undefined
    ? (bytes) => zlibSync(bytes, { level: LEVEL })
    : (bytes) => native.deflateSync(bytes, { level: LEVEL });
