// The stage strip: a mark for each stage of the way, so that one sees how far a board is and where time goes.
import type { JSX } from 'preact';
import type { Job } from '../../../service/contract/index.js';
import { formatShort } from '../../format/format.js';
import { currentLocale, t } from '../../i18n/translate.js';
import { stageMarks, type Mark } from './tile-model.js';

export function StageStrip({ job }: { job: Job }): JSX.Element {
  const marks = stageMarks(job);
  const done = marks.filter(({ state }) => state === 'done').length;
  return (
    <div class="strip" role="img" aria-label={t('tile.stages', { done, of: marks.length })}>
      {marks.map((mark) => (
        <span key={mark.stage} class={`mark ${mark.state}`} title={titleOf(mark)} />
      ))}
    </div>
  );
}

function titleOf({ stage, durationMs }: Mark): string {
  const name = t(`stage.${stage}`);
  return durationMs === undefined ? name : `${name}: ${formatShort(durationMs, currentLocale())}`;
}
