// What a run waits for beside the board, as a sentence for who stands at it.
import type { OperatorAction } from '../../core/stages.js';

/** @param leftMs absent: as long as others take */
export function actionText(what: OperatorAction, leftMs: number | undefined): string {
  const within = leftMs === undefined ? '' : ` (${Math.max(0, Math.round(leftMs / 1000))} s left)`;
  switch (what) {
    case 'wps-button':
      return `press the WPS button of the access point now${within}`;
    case 'wps-window':
      return `the access point waits for the board by WPS${within}`;
    case 'wps-turn':
      return 'waits: another board has the WPS window';
    case 'smartconfig':
      return `the network is sent over the air${within}`;
    case 'smartconfig-turn':
      return 'waits: boards of another network have the air';
  }
}
