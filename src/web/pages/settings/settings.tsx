// Settings: this browser, the station, its ports and printers, the registry, people, machines.
import type { JSX } from 'preact';
import type { Role } from '../../../service/contract/index.js';
import { t, type Key } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Count } from '../../ui/count.js';
import { Note } from '../../ui/parts.js';
import { BrowserSettings } from './browser.js';
import { PeopleSettings } from './people.js';
import { PortSettings } from './ports.js';
import { PrinterSettings } from './printers.js';
import { PushSettings } from './pushes.js';
import { RegistrySettings } from './registry.js';
import { SecretSettings } from './secrets.js';
import { StationSettings } from './station.js';
import { TokenSettings } from './tokens.js';

const TABS = [
  'browser',
  'station',
  'ports',
  'printers',
  'registry',
  'pushes',
  'secrets',
  'people',
  'tokens',
] as const;
type Tab = (typeof TABS)[number];

/** Who may see a tab; the others see whom to ask. */
const NEEDS: Record<Tab, Role> = {
  browser: 'viewer',
  station: 'viewer',
  ports: 'viewer',
  printers: 'viewer',
  registry: 'viewer',
  pushes: 'viewer',
  secrets: 'engineer',
  people: 'admin',
  tokens: 'admin',
};

const PAGES: Record<Tab, () => JSX.Element> = {
  browser: BrowserSettings,
  station: StationSettings,
  ports: PortSettings,
  printers: PrinterSettings,
  registry: RegistrySettings,
  pushes: PushSettings,
  secrets: SecretSettings,
  people: PeopleSettings,
  tokens: TokenSettings,
};

/** On a phone the tabs stand in one line that scrolls. */
const intoView = (tab: HTMLElement | null): void =>
  tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });

export function SettingsPage({ place }: { place: Place }): JSX.Element {
  const tab = TABS.find((name) => name === place.query['tab']) ?? 'browser';
  const allowed = useStore((state) => hasRole(state.session, NEEDS[tab]));
  const given = useStore((state) => state.registry?.deadPushes ?? 0);
  const Page = PAGES[tab];
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.settings')}</h1>
      </header>
      <div class="page-body settings">
        <nav class="settings-nav" aria-label={t('nav.settings')}>
          {TABS.map((name) => (
            <a
              key={name}
              href={link(['settings'], { tab: name })}
              aria-current={name === tab ? 'page' : undefined}
              ref={name === tab ? intoView : null}
            >
              {t(`settings.${name}` as Key)}
              {name === 'pushes' && <Count of={[given, 'push.given']} />}
            </a>
          ))}
        </nav>
        <div class="settings-main stack loose">
          {allowed ? (
            <Page key={tab} />
          ) : (
            <Note tone="accent">
              <p>{t('settings.needs', { role: t(`role.${NEEDS[tab]}`) })}</p>
            </Note>
          )}
        </div>
      </div>
    </div>
  );
}
