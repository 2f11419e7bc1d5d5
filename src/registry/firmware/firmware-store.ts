// Firmware bundles of the registry: each version once, its bytes in the database, and a copy at each station that used it.
//
// The bytes stand in the database and not in a folder beside it: one backup has them, one address reaches them, and no
// station can flash other bytes under the same name. A station keeps what it has used by its digest, so that it needs the
// database once for each version and goes on without it.
import { join } from 'node:path';
import { decodeBundle, encodeBundle } from '../../core/firmware/bundle-codec.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { makePrivateDir, readBytes, replaceOwnFile } from '../../files/index.js';
import { recordEvent } from '../devices/events.js';
import { processUser } from '../process-user.js';
import type { Database } from '../store/database.js';
import { isDown } from '../store/outage.js';
import { readRecords } from '../store/read-records.js';

/** A bundle without its bytes. */
export interface BundleRecord {
  readonly name: string;
  readonly version: string;
  /** Lower-case hex SHA-256 over chips, places and bytes. */
  readonly digest: string;
  readonly chips: readonly string[];
  readonly sizeBytes: number;
  /** Of each chip's build: what goes where. */
  readonly parts: readonly {
    readonly chip: string | null;
    readonly name: string;
    readonly offsetBytes: number;
    readonly sizeBytes: number;
  }[];
  /** ISO 8601 in UTC. */
  readonly addedAt: string;
  readonly addedBy: string;
}

const MOST_LOADED = 4;
const COLUMNS = 'name, version, digest, chips, size as size_bytes, parts, added_at, added_by';

export class FirmwareStore {
  readonly #database: Database;
  readonly #folder: string;
  /** Used lately, by digest: the boards of a shift share the bytes. */
  readonly #loaded = new Map<string, FirmwareBundle>();

  /** @param dataDir where copies are kept */
  constructor(database: Database, dataDir: string) {
    this.#database = database;
    this.#folder = join(dataDir, 'firmware');
  }

  /**
   * A version is added once: the same bytes again change nothing.
   * @throws FIRMWARE_VERSION_TAKEN, REGISTRY_*, DISK_FULL
   */
  async add(bundle: FirmwareBundle, actor = processUser()): Promise<BundleRecord> {
    const { name, version, digest, builds } = bundle;
    const content = encodeBundle(bundle);
    const parts = builds.flatMap(({ chip, parts: all }) =>
      all.map((part) => ({
        chip: chip ?? null,
        name: part.name,
        offsetBytes: part.offsetBytes,
        sizeBytes: part.bytes.length,
      })),
    );
    return this.#database.transaction('firmware', async (client) => {
      const { rowCount } = await client.query(
        `insert into firmware_bundles (name, version, digest, chips, size, parts, content, added_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name, version) do nothing`,
        [
          name,
          version,
          digest,
          builds.map(({ chip }) => chip ?? 'any'),
          content.length,
          JSON.stringify(parts),
          Buffer.from(content),
          actor,
        ],
      );
      const [row] = await readRecords<BundleRecord>(
        client,
        `select ${COLUMNS} from firmware_bundles where name = $1 and version = $2`,
        [name, version],
      );
      if (row?.digest !== digest) throw new EspmintError('FIRMWARE_VERSION_TAKEN', { name, version });
      if (rowCount === 1)
        await recordEvent(client, { kind: 'firmware added', actor, detail: { name, version, digest } });
      return row;
    });
  }

  /** Newest first. */
  async list(): Promise<readonly BundleRecord[]> {
    return this.#database.connected('firmware', async (client) => {
      return readRecords<BundleRecord>(
        client,
        `select ${COLUMNS} from firmware_bundles order by added_at desc, name`,
      );
    });
  }

  /** @param wanted `NAME@VERSION`; without a version the newest one. @throws FIRMWARE_UNKNOWN */
  async show(wanted: string): Promise<BundleRecord> {
    const { name, version } = parseBundleName(wanted);
    return this.#database.connected('firmware', async (client) => {
      const [row] = await readRecords<BundleRecord>(
        client,
        `select ${COLUMNS} from firmware_bundles where name = $1 and ($2::text is null or version = $2)
         order by added_at desc limit 1`,
        [name, version ?? null],
      );
      if (row === undefined) throw new EspmintError('FIRMWARE_UNKNOWN', { wanted });
      return row;
    });
  }

  /** Takes a version away for new runs; what boards got stays in their history. @throws FIRMWARE_UNKNOWN */
  async remove(wanted: string, reason: string, actor = processUser()): Promise<void> {
    const { name, version, digest } = await this.show(wanted);
    await this.#database.transaction('firmware', async (client) => {
      await client.query('delete from firmware_bundles where name = $1 and version = $2', [name, version]);
      await recordEvent(client, {
        kind: 'firmware removed',
        actor,
        detail: { name, version, digest, reason },
      });
    });
  }

  /**
   * With its bytes. A station that has used this version before goes on with its copy while the registry is out of reach.
   * @throws FIRMWARE_UNKNOWN, FIRMWARE_INVALID (damaged), REGISTRY_*
   */
  async get(wanted: string): Promise<FirmwareBundle> {
    const record = await this.#find(wanted);
    const { digest } = record;
    const path = join(this.#folder, `${digest}.bin`);
    const copy = this.#loaded.get(digest) ?? (await this.#copy(path, digest));
    if (copy !== undefined) return this.#keep({ ...copy, name: record.name, version: record.version });
    const content = await this.#database.connected('firmware', async (client) => {
      const {
        rows: [row],
      } = await client.query<{ content: Buffer }>(
        'select content from firmware_bundles where name = $1 and version = $2',
        [record.name, record.version],
      );
      return row?.content;
    });
    if (content === undefined) throw new EspmintError('FIRMWARE_UNKNOWN', { wanted });
    const bundle = decodeBundle(new Uint8Array(content), digest, wanted);
    await makePrivateDir(this.#folder);
    await replaceOwnFile(path, new Uint8Array(content));
    await replaceOwnFile(this.#nameFile(record.name, record.version), JSON.stringify(record));
    return this.#keep({ ...bundle, name: record.name, version: record.version });
  }

  #keep(bundle: FirmwareBundle): FirmwareBundle {
    if (!this.#loaded.has(bundle.digest) && this.#loaded.size >= MOST_LOADED) this.#loaded.clear();
    this.#loaded.set(bundle.digest, bundle);
    return bundle;
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Out of reach only a whole name is taken: what is the newest version then, nobody here knows. */
  async #find(wanted: string): Promise<BundleRecord> {
    try {
      return await this.show(wanted);
    } catch (error) {
      const { name, version } = parseBundleName(wanted);
      if (!isDown(error) || version === undefined) throw error;
      const kept = await readBytes(this.#nameFile(name, version)).catch((fault: unknown) => {
        if (isEspmintError(fault, 'FILE_UNREADABLE')) throw error;
        throw fault;
      });
      try {
        return JSON.parse(new TextDecoder().decode(kept)) as BundleRecord;
      } catch {
        throw error;
      }
    }
  }

  /** Undefined where there is none, or it is damaged: then the registry has it. */
  async #copy(path: string, digest: string): Promise<FirmwareBundle | undefined> {
    try {
      return decodeBundle(await readBytes(path), digest, path);
    } catch (error) {
      if (isEspmintError(error, 'FILE_UNREADABLE') || isEspmintError(error, 'FIRMWARE_INVALID'))
        return undefined;
      throw error;
    }
  }

  #nameFile(name: string, version: string): string {
    return join(this.#folder, `${encodeURIComponent(`${name}@${version}`)}.json`);
  }
}

function parseBundleName(text: string): {
  readonly name: string;
  readonly version: string | undefined;
} {
  const at = text.lastIndexOf('@');
  return at <= 0
    ? { name: text, version: undefined }
    : { name: text.slice(0, at), version: text.slice(at + 1) };
}
