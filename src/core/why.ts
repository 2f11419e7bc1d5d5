// Codes of what exactly is wrong, beside the English words for it: the page says them in its own language.

/** Why a board is not on its network. */
export const JOIN_WHYS = [
  'password',
  'no-network',
  'security',
  'weak-signal',
  'access-point',
  'user-name',
  'no-address',
  'other-network',
  'firmware',
  'no-log',
  'not-said',
] as const;
export type JoinWhy = (typeof JOIN_WHYS)[number];

/** Why what somebody typed cannot be used; some with `maxBytes`. */
type InputWhy =
  | 'missing'
  | 'empty'
  | 'too-long'
  | 'too-short'
  | 'not-text'
  | 'not-ascii'
  | 'not-hex'
  | 'blank'
  | 'not-url'
  | 'no-host'
  | 'own-host'
  | 'sign-in-url'
  | 'not-a-portal'
  | 'key-length'
  | 'pin';

export type Why = JoinWhy | InputWhy;
