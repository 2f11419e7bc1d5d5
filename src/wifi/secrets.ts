// Keeps secrets out of what is shown of a board's output.
import { createMasker } from '../core/masking/masker.js';

/** @returns a function that masks every one of these secrets, in each form in which a board may print them. */
export function masker(secrets: readonly (string | undefined)[]): (text: string) => string {
  return createMasker(secrets).known;
}
