// Firmware from files: what a build left in a folder, or one file that lists the others.
import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import { LISTING_FILES } from '../../core/firmware/listing-files.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { registryOptions } from './compose.js';
import { isFolder, readBytes, unreadable } from '../../files/index.js';

/** @param path of a file, or of the folder of a build. @throws FILE_UNREADABLE, FIRMWARE_INVALID */
export async function readFirmwareFile(path: string): Promise<FirmwareBundle> {
  const file = (await isFolder(path)) ? await fileIn(path) : path;
  const folder = dirname(file);
  const { readBundle } = await import('../../core/firmware/read-bundle.js');
  return readBundle({
    file: shown(file),
    bytes: await readBytes(file),
    read: async (name) => {
      if (/^[a-z]+:\/\//i.test(name)) {
        throw new EspmintError('FIRMWARE_INVALID', {
          file: shown(file),
          reason: `names ${name.slice(0, 100)}, which is no file`,
          hint: 'download its files beside it, and name them by their paths',
        });
      }
      const path = resolve(folder, name);
      // A build that came from elsewhere must not bring a private file of this computer onto boards, by a link neither.
      if (isOutside(await real(folder), await real(path))) {
        throw new EspmintError('FIRMWARE_INVALID', {
          file: shown(file),
          reason: `names ${name.slice(0, 100)}, which is outside its folder`,
          hint: 'copy that file into the folder and name it there, or give one merged image (esptool merge-bin)',
        });
      }
      return readBytes(path);
    },
  });
}

const real = (path: string): Promise<string> =>
  realpath(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`);
}

async function fileIn(folder: string): Promise<string> {
  const present = await readdir(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const name = LISTING_FILES.find((one) => present.includes(one));
  if (name !== undefined) return join(folder, name);
  throw new EspmintError('FIRMWARE_INVALID', {
    file: shown(folder),
    reason: `is a folder without ${LISTING_FILES.join(', ')}`,
    hint: 'give the folder of a finished build, or the file itself',
  });
}

const BUNDLE_NAME = /^[^/\\]+@[^/\\]+$/;

/** Whether a setting names a bundle of the registry, NAME@VERSION, and not a file. */
export const isBundleName = (text: string): boolean => BUNDLE_NAME.test(text);

/** A bundle by its name, from the registry that the options name. @throws FIRMWARE_UNKNOWN, REGISTRY_* */
export function bundlesOf(io: CliIo, options: GlobalOptions): (wanted: string) => Promise<FirmwareBundle> {
  return async (wanted) => {
    const { Store } = await import('../../registry/index.js');
    const store = await Store.open(registryOptions(io, options));
    const firmware = store.firmware();
    await store.close();
    try {
      return await firmware.get(wanted);
    } finally {
      await firmware.close();
    }
  };
}

/** Short where it lies below the folder of the moment. */
function shown(path: string): string {
  const short = relative(resolve('.'), path);
  return short.startsWith('..') || short === '' ? path : short;
}
