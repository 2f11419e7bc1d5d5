// Where a page of devices ended: what the next one goes on from.
import { EspmintError } from '../../core/errors/index.js';

export interface PageMark {
  readonly id: number;
  /** In a list by time: the time of the last device, in UTC, to the last digit that its registry keeps. */
  readonly at?: string | undefined;
}

const FORM = /^(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z?)_)?(\d{1,10})$/;
/** SERIAL columns end there. */
const LARGEST_ID = 2 ** 31 - 1;

export function formatMark({ id, at }: PageMark): string {
  return at === undefined ? String(id) : `${at}_${id}`;
}

/** @param byTime whether the list is one by time. @throws INPUT_INVALID */
export function parseMark(text: string, byTime: boolean): PageMark {
  const [, at, id] = FORM.exec(text) ?? [];
  if (id !== undefined && (at !== undefined) === byTime) return { id: Math.min(Number(id), LARGEST_ID), at };
  throw new EspmintError('INPUT_INVALID', {
    field: 'The page mark',
    reason: 'is none of ours',
    hint: 'give the "next" of the page before, with the same filters',
  });
}
