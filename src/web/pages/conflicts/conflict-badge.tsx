// Whether a conflict waits for somebody, or what was decided, as a badge.
import type { JSX } from 'preact';
import type { ConflictInfo } from '../../../service/contract/index.js';
import { t } from '../../i18n/translate.js';
import { Badge } from '../../ui/parts.js';

export function ConflictBadge({ state }: Pick<ConflictInfo, 'state'>): JSX.Element {
  const isOpen = state === 'open';
  return (
    <Badge tone={isOpen ? 'warn' : 'plain'} icon={isOpen ? 'warn' : 'check'}>
      {t(`conflict.state.${state}`)}
    </Badge>
  );
}
