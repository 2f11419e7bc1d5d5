// The seam between a key and the text that stands for it in the registry.
import { EspmintError } from '../../../core/errors/index.js';
import { openText, type SecretKey, keyIdOf, sealText } from './envelope.js';

/** What a stored secret belongs to; a sealed one opens for nothing else. */
export interface SecretOwner {
  /** Lower case with dashes. */
  readonly uuid: string;
  /** Twelve lower-case hex digits. */
  readonly macKey: string;
}

export interface SecretBox {
  /** The text to store. */
  seal(secret: string, owner: SecretOwner): string;
  /** @throws SECRET_UNREADABLE */
  open(stored: string, owner: SecretOwner): string;
}

/** What an envelope is bound to. */
function contextOf({ uuid, macKey }: SecretOwner): string {
  return `psk of ${uuid} ${macKey}`;
}

/** Seals with the last of the keys, opens with any of them; what is no envelope is a plain key. */
export function sealedBox(keys: readonly SecretKey[]): SecretBox {
  const active = keys.at(-1);
  return {
    seal(secret, owner) {
      if (active === undefined)
        throw new EspmintError('INTERNAL', { reason: 'there is no key to seal with' });
      return sealText(active, secret, contextOf(owner));
    },
    open(stored, owner) {
      const id = keyIdOf(stored);
      if (id === undefined) return stored;
      const key = keys.find((candidate) => candidate.id === id);
      const plain = key === undefined ? undefined : openText(key, stored, contextOf(owner));
      if (plain !== undefined) return plain;
      const reason =
        key === undefined
          ? `it is sealed with the key ${id}`
          : 'it was changed, or belongs to another device';
      throw new EspmintError('SECRET_UNREADABLE', { what: owner.uuid, reason });
    },
  };
}

/** Stores keys as they are, for consumers that read the column themselves; opens sealed ones all the same. */
export function plainBox(sealed: SecretBox): SecretBox {
  return { seal: (secret) => secret, open: (stored, owner) => sealed.open(stored, owner) };
}
