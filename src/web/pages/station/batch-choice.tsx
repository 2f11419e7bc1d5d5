// The batch that the boards of this station count for: how far it is, and which one it is.
import type { JSX } from 'preact';
import type { BatchInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatShare } from '../../format/format.js';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { useLive } from '../../ui/live.js';
import { attempt } from '../../ui/toasts.js';

/** Names only: the counts of the own batch come by themselves. */
const CALMLY = { everyMs: 60_000, soonMs: 5_000 };

export function BatchChoice(): JSX.Element | null {
  const station = useStore((state) => state.station);
  const chosen = useStore((state) => state.settings?.batch);
  if (station?.hasDatabase !== true) return null;
  return (
    <>
      <Choice chosen={chosen} />
      {station.batch !== undefined && <Progress batch={station.batch} />}
    </>
  );
}

function Choice({ chosen }: { chosen: string | undefined }): JSX.Element | null {
  const mayOperate = useStore((state) => hasRole(state.session, 'operator'));
  const { value: batches = [], reload } = useLive(
    'batches',
    async (signal) => (await call('listBatches', { signal })).batches,
    chosen,
    CALMLY,
  );
  const open = batches.filter(({ name, state }) => state !== 'closed' || name === chosen);
  if (open.length === 0 && chosen === undefined) return null;
  const names = [...new Set([...open.map(({ name }) => name), ...(chosen === undefined ? [] : [chosen])])];
  return (
    <label class="product">
      <span class="bar-label">{t('station.batch')}</span>
      <select
        class="select"
        value={chosen ?? ''}
        disabled={!mayOperate}
        onFocus={reload}
        onChange={(event) => {
          const { value: batch } = event.currentTarget;
          event.currentTarget.blur();
          void attempt(() => call('chooseBatch', { body: batch === '' ? {} : { batch } }));
        }}
      >
        <option value="">{t('station.noBatch')}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Progress({ batch }: { batch: BatchInfo }): JSX.Element {
  const { name, quantity, counts } = batch;
  const share = Math.min(1, counts.passed / quantity);
  return (
    <a class="batch" href={link(['batches', name])}>
      <span class="bar-label">{t(batch.state === 'open' ? 'batch.done' : `batch.state.${batch.state}`)}</span>
      <span class="strong">
        {formatCount(counts.passed)}/{formatCount(quantity)}
      </span>
      <span class="bar" role="img" aria-label={formatShare(share)}>
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </a>
  );
}
