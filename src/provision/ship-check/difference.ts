// One way in which a board differs from what its profile and the registry say: a sentence and what to do, never a secret.

export interface Difference {
  readonly kind:
    'registry' | 'identity' | 'key' | 'value' | 'firmware' | 'layout' | 'region' | 'forbidden' | 'unreadable';
  /** What is wrong and where, without a full stop. */
  readonly message: string;
  /** What to do, an imperative without a full stop. */
  readonly remedy: string;
}
