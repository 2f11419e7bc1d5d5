// No board and no data yet: three ways to begin.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.js';
import { t, type Key } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { Segmented } from '../../ui/parts.js';
import { ActButton } from '../../ui/work.js';

const SYSTEMS = ['linux', 'mac', 'windows'] as const;
type System = (typeof SYSTEMS)[number];

export function FirstVisit(): JSX.Element {
  return (
    <div class="first">
      <div class="first-head">
        <h2>{t('first.title')}</h2>
        <p class="muted">{t('first.lead')}</p>
      </div>
      <div class="first-cards">
        <VirtualCard />
        <BoardCard />
        <DatabaseCard />
      </div>
    </div>
  );
}

function VirtualCard(): JSX.Element {
  const mayAdd = useStore((state) => hasRole(state.session, 'engineer'));
  const add = () => call('addVirtualBoards', { body: { count: 4 } });
  return (
    <section class="card first-card">
      <Icon name="chip" />
      <h3>{t('first.virtual')}</h3>
      <p>{t('first.virtualText')}</p>
      <ActButton class="primary" disabled={!mayAdd} act={add}>
        {t('first.virtualDo')}
      </ActButton>
    </section>
  );
}

function BoardCard(): JSX.Element {
  const [system, setSystem] = useState<System>(guessSystem(navigator.userAgent));
  const names: Record<System, string> = { linux: 'Linux', mac: 'macOS', windows: 'Windows' };
  return (
    <section class="card first-card">
      <Icon name="plug" />
      <h3>{t('first.board')}</h3>
      <Segmented
        label={t('first.system')}
        value={system}
        options={SYSTEMS.map((value) => ({ value, label: names[value] }))}
        onChange={setSystem}
      />
      <ol>
        <li>{t('first.step.cable')}</li>
        <li>
          {t(`first.step.${system}` as Key)}
          {system === 'linux' && <code class="code-line">sudo usermod -aG dialout $USER</code>}
        </li>
        <li>{t('first.step.boot')}</li>
      </ol>
      <p class="muted small">{t('first.boardWait')}</p>
    </section>
  );
}

function DatabaseCard(): JSX.Element {
  return (
    <section class="card first-card">
      <Icon name="database" />
      <h3>{t('first.database')}</h3>
      <p>{t('first.databaseText')}</p>
      <code class="code-line">espmint serve --database-url postgres://…</code>
      <a class="button" href={link(['settings'], { tab: 'registry' })}>
        {t('first.databaseDo')}
      </a>
    </section>
  );
}

function guessSystem(userAgent: string): System {
  if (/Windows/.test(userAgent)) return 'windows';
  return /Mac OS|iPhone|iPad/.test(userAgent) ? 'mac' : 'linux';
}
