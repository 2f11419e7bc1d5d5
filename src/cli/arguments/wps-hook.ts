// The access point's own commands for a WPS window, as people write them on a command line.
import type { Command } from 'commander';
import { EspmintError } from '../../core/errors/index.js';
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
      'with wifi.mode wps: opens the window at the access point, such as "hostapd_cli wps_pbc" or "hostapd_cli wps_pin any {{pin}} 120"',
    )
    .option(
      '--wps-cancel-hook <command>',
      'closes a window that was not used, such as "hostapd_cli wps_cancel"',
    );
}

/** @throws INPUT_INVALID */
export function parseWpsHook(
  start: string | undefined,
  cancel: string | undefined,
  option = '--wps-hook',
): WpsHook | undefined {
  if (start === undefined) return undefined;
  return {
    start: words(option, start),
    cancel: cancel === undefined ? undefined : words(option.replace('hook', 'cancel-hook'), cancel),
  };
}

/** Program and arguments; double quotes hold blanks together. No shell runs it. @throws INPUT_INVALID */
function words(option: string, text: string): string[] {
  const found = Array.from(text.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');
  if (found.length > 0) return found;
  throw new EspmintError('INPUT_INVALID', {
    field: option,
    reason: 'is empty',
    hint: 'give a program and its arguments',
  });
}
