// Which files of a build's folder its firmware is made of, ready to be sent: a folder holds thousands of others.
import { LISTING_FILES } from '../../../core/firmware/listing-files.js';

interface SentFile {
  readonly path: string;
  /** Base64. */
  readonly content: string;
}

/** Of a folder: the file that lists the others, and those that it names. Of files chosen one by one: all. */
export async function filesToSend(chosen: readonly File[]): Promise<SentFile[]> {
  const listing = LISTING_FILES.flatMap((name) => chosen.filter((file) => file.name === name)).sort(
    (a, b) => pathOf(a).split('/').length - pathOf(b).split('/').length,
  )[0];
  const isFolder = chosen.some((file) => file.webkitRelativePath !== '');
  if (listing === undefined || !isFolder) return Promise.all(chosen.slice(0, MOST_FILES).map(toSent));
  const text = await listing.text();
  const folder = pathOf(listing).slice(0, -listing.name.length);
  const named = chosen.filter((file) => file !== listing && text.includes(pathOf(file).slice(folder.length)));
  return Promise.all([listing, ...named.filter((file) => pathOf(file).startsWith(folder))].map(toSent));
}

/** As the service takes them at once. */
const MOST_FILES = 64;

const pathOf = ({ webkitRelativePath, name }: File): string =>
  webkitRelativePath === '' ? name : webkitRelativePath;

function toSent(file: File): Promise<SentFile> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = reader.result as string;
      resolve({ path: pathOf(file), content: url.slice(url.indexOf(',') + 1) });
    };
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}
