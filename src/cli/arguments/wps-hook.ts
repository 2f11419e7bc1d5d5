// The access point's own commands for a WPS window, as people write them on a command line.
import type { Command } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import type { WpsHook } from '../../wifi/index.js';

export interface WpsHookFlags {
  readonly wpsHook?: string;
  readonly wpsCancelHook?: string;
}

/** For boards whose profile has wifi.mode wps and wifi.join. */
export function addWpsHookOptions(command: Command): Command {
  return command
    .option(
      '--wps-hook <command>',
      'with wifi.mode wps: opens the window at the access point, such as "hostapd_cli wps_pbc" or, with a PIN, \'hostapd_cli <<< "wps_pin any {{pin}} 120"\'',
    )
    .option(
      '--wps-cancel-hook <command>',
      'closes a window that was not used, such as "hostapd_cli wps_cancel"',
    );
}

/**
 * Program and arguments, and behind `<<<`, as in a shell, a text for its standard input.
 *
 * @throws INPUT_INVALID
 */
export function parseWpsHook(
  start: string | undefined,
  cancel: string | undefined,
  option = '--wps-hook',
): WpsHook | undefined {
  if (start === undefined) return undefined;
  const [command, input, ...others] = words(option, start).join('\0').split('\0<<<\0');
  if (command === undefined || others.length > 0 || input?.includes('\0') === true)
    throw invalidInput(option, 'has more than one text behind <<<', 'put that text into double quotes');
  if (command.includes('{{pin}}'))
    throw invalidInput(
      option,
      'has {{pin}} among the arguments of a program, which other users of this computer can read',
      'give it by standard input: hostapd_cli <<< "wps_pin any {{pin}} 120"',
    );
  return {
    start: command.split('\0'),
    input,
    cancel: cancel === undefined ? undefined : words(option.replace('hook', 'cancel-hook'), cancel),
  };
}

/** Double quotes hold blanks together. No shell runs it. @throws INPUT_INVALID */
function words(option: string, text: string): string[] {
  const found = Array.from(text.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');
  if (found.length > 0) return found;
  throw invalidInput(option, 'is empty', 'give a program and its arguments');
}
