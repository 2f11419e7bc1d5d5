// The seam between a key and the text that stands for it in the registry.

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

/** Stores keys as they are, for consumers that read the column themselves. */
export const plainBox: SecretBox = {
  seal: (secret) => secret,
  open: (stored) => stored,
};
