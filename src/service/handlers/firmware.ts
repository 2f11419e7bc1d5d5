// Firmware bundles over HTTP: the files of a build come in by their paths, and are read as a build on a disk is.
import { posix } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import { LISTING_FILES } from '../../core/firmware/listing-files.js';
import { readBundle } from '../../core/firmware/read-bundle.js';
import type { FIRMWARE_OPERATIONS } from '../contract/firmware.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { askerOf } from '../http/asker.js';
import { DONE, type HandlersOf } from '../http/operations.js';
import type { ServiceParts } from '../parts.js';
import { nextTurn } from '../turns.js';

type Store = NonNullable<ServiceParts['firmware']>;

export function firmwareHandlers({ parts }: ServiceCore): HandlersOf<typeof FIRMWARE_OPERATIONS> {
  const store = (): Store => needDatabase(parts.firmware, 'Firmware bundles');
  return {
    listFirmware: async () => ({ bundles: await store().list() }),
    showFirmware: ({ params: { bundle } }) => store().show(bundle),
    addFirmware: async ({ body: { files, name, version } }, call) => {
      const firmware = store();
      const read = await readUpload(files);
      const bundle = { ...read, name: name ?? read.name, version: version ?? read.version };
      return firmware.add(bundle, askerOf(call).actor);
    },
    removeFirmware: async ({ params: { bundle }, body: { reason } }, call) => {
      await store().remove(bundle, reason, askerOf(call).actor);
      return DONE;
    },
  };
}

interface Upload {
  readonly path: string;
  readonly content: string;
}

/** @throws FIRMWARE_INVALID, FILE_UNREADABLE */
async function readUpload(uploads: readonly Upload[]): Promise<FirmwareBundle> {
  const files = new Map<string, Uint8Array>();
  for (const { path, content } of uploads) {
    files.set(normal(path), bytesOf(path, content));
    await nextTurn();
  }
  const listing = listingIn([...files.keys()]);
  const folder = posix.dirname(listing);
  const read = (path: string): Promise<Uint8Array> => {
    const bytes = files.get(normal(posix.isAbsolute(path) ? path : posix.join(folder, path)));
    if (bytes !== undefined) return Promise.resolve(bytes);
    return Promise.reject(
      new EspmintError('FIRMWARE_INVALID', {
        file: listing,
        reason: `names ${path.slice(0, 200)}, which did not come with it`,
        hint: 'send it too, by its path from the folder of the build',
      }),
    );
  };
  return readBundle({ file: listing, bytes: await read(posix.basename(listing)), read });
}

/** The file that lists the others, nearest to the top; a file that is alone lists itself. */
function listingIn(paths: readonly string[]): string {
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) return only;
  const depthOf = (path: string): number => path.split('/').length;
  const found = LISTING_FILES.flatMap((name) => paths.filter((path) => posix.basename(path) === name));
  const [first] = [...found].sort((a, b) => depthOf(a) - depthOf(b));
  if (first !== undefined) return first;
  throw new EspmintError('FIRMWARE_INVALID', {
    file: `of ${paths.length} files`,
    reason: `is without ${LISTING_FILES.join(', ')}`,
    hint: 'send the file of the build that lists the others with them, or one merged image alone',
  });
}

/** Windows writes its paths in another way. */
const normal = (path: string): string => posix.normalize(path.replaceAll('\\', '/'));

function bytesOf(path: string, content: string): Uint8Array {
  const bytes = Buffer.from(content, 'base64');
  // The decoder skips what is not of the alphabet: then there are fewer bytes than the text has room for.
  const digits = content.replace(/={0,2}$/, '').length;
  if (bytes.length === Math.floor((digits * 3) / 4) && digits % 4 !== 1) return new Uint8Array(bytes);
  throw new EspmintError('FIRMWARE_INVALID', {
    file: path,
    reason: 'is not base64',
    hint: 'send the bytes of the file in base64, with no line breaks',
  });
}
