// Whether a batch takes boards, as a badge.
import type { JSX } from 'preact';
import type { BatchInfo } from '../../../service/contract/index.js';
import { t } from '../../i18n/translate.js';
import { Badge, type Tone } from '../../ui/parts.js';

const TONES: Record<BatchInfo['state'], Tone> = { open: 'accent', paused: 'warn', closed: 'plain' };

export function BatchBadge({ state }: Pick<BatchInfo, 'state'>): JSX.Element {
  const icon = state === 'open' ? 'play' : state === 'paused' ? 'pause' : 'check';
  return (
    <Badge tone={TONES[state]} icon={icon}>
      {t(`batch.state.${state}`)}
    </Badge>
  );
}
