// Arguments of a console command, so that the board reads exactly the value (esp_console_split_argv of ESP-IDF).
import { EspmintError } from '../../core/errors/index.js';

/** Bytes that esp_console takes in one line by default (CONFIG 256, with the closing NUL). */
export const LINE_BYTES = 255;

/** In double quotes, with a backslash before backslash and double quote. */
export function quoteArgument(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/**
 * A value that may stand in a command line.
 * @throws WIFI_CONSOLE_SCRIPT_INVALID for control characters: a line end in a value would be a second command
 */
export function checkArgument(name: string, text: string): void {
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(text)) return;
  throw new EspmintError('WIFI_CONSOLE_SCRIPT_INVALID', {
    where: `The value of ${name}`,
    reason: 'has a control character, which a console would take for the end of the command',
    hint: 'give it without control characters, or use a mode that carries bytes (nvs, improv, portal)',
  });
}
