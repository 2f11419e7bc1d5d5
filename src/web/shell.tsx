// The frame around every page: the rail, what is wrong right now, keys that work everywhere.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t, tn, wordsFor, type CountKey, type Key } from './i18n/translate.js';
import { KeysHelp } from './keys-help.js';
import { keyIsTaken } from './pages/station/keys.js';
import { scanned } from './pages/station/actions.js';
import { go, link } from './router.js';
import { listenToScanner } from './scanner.js';
import type { RegistryUpdate } from './store/state.js';
import { useStore } from './store/store.js';
import { Count } from './ui/count.js';
import { Icon, type IconName } from './ui/icon.js';
import { failureText } from './ui/toasts.js';

const PAGES: readonly { readonly name: string; readonly icon: IconName }[] = [
  { name: 'station', icon: 'station' },
  { name: 'batches', icon: 'batch' },
  { name: 'devices', icon: 'devices' },
  { name: 'setup', icon: 'setup' },
  { name: 'today', icon: 'today' },
  { name: 'inspect', icon: 'inspect' },
  { name: 'settings', icon: 'settings' },
];

export function Shell({ page, children }: { page: string; children: ComponentChildren }): JSX.Element {
  const [help, setHelp] = useState(false);
  // Before all other keys: what a scanner types is no command.
  useEffect(() => listenToScanner(window, scanned), []);
  useGlobalKeys(() => setHelp(true));
  return (
    <div class="shell">
      <button
        type="button"
        class="button skip"
        onClick={() => document.querySelector<HTMLElement>('main')?.focus()}
      >
        {t('nav.skip')}
      </button>
      <Rail page={page} onHelp={() => setHelp(true)} />
      <div class="page">
        <Banner />
        <main tabIndex={-1} class="page">
          {children}
        </main>
      </div>
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Pages that stand below another one of the rail. */
const BELOW: Readonly<Record<string, string>> = {
  conflicts: 'devices',
  lists: 'devices',
  audit: 'devices',
  firmware: 'setup',
  values: 'setup',
};

/** What waits for a person there, and the words for it. */
function useWaiting(): Readonly<Record<string, readonly [number, CountKey]>> {
  const conflicts = useStore((state) => state.registry?.conflicts ?? 0);
  const dead = useStore((state) => state.registry?.deadPushes ?? 0);
  return { devices: [conflicts, 'conflict.open'], settings: [dead, 'push.given'] };
}

function Rail({ page, onHelp }: { page: string; onHelp: () => void }): JSX.Element {
  const waiting = useWaiting();
  const current = BELOW[page] ?? page;
  const user = useStore((state) => state.session?.user?.name);
  return (
    <nav class="rail" aria-label={t('nav.pages')}>
      <div class="brand">
        <img src="./icon.svg" alt="espmint" width="32" height="32" />
      </div>
      <ul>
        {PAGES.map(({ name, icon }) => (
          <li key={name}>
            <a
              href={link(name === 'station' ? [] : [name])}
              aria-current={name === current ? 'page' : undefined}
            >
              <Icon name={icon} />
              {t(`nav.${name}` as Key)}
              {waiting[name] !== undefined && <Count of={waiting[name]} />}
            </a>
          </li>
        ))}
      </ul>
      <div class="rail-end">
        {user !== undefined && (
          <a href={link(['settings'])} title={user}>
            <Icon name="user" />
            {user.slice(0, 9)}
          </a>
        )}
        <button type="button" class="rail-button" onClick={onHelp}>
          <Icon name="help" />
          {t('nav.keys')}
        </button>
      </div>
    </nav>
  );
}

/** The one thing that is wrong with the connection, over everything else. */
function Banner(): JSX.Element | null {
  const connection = useStore((state) => state.connection);
  const stopping = useStore((state) => state.stopping);
  const registry = useStore((state) => state.registry);
  const loadFailure = useStore((state) => state.loadFailure);
  if (connection === 'offline') {
    return (
      <div class="banner offline" role="alert">
        <Icon name="network" />
        {t('banner.offline')}
      </div>
    );
  }
  if (stopping) return <Warning text={t('banner.stopping')} />;
  if (loadFailure !== undefined) return <Warning text={failureText(loadFailure)} />;
  if (registry?.ok === false) return <RegistryAway failure={registry.failure} />;
  const faults = registry?.spoolFaults ?? 0;
  return faults > 0 ? <Warning text={tn('banner.spool', faults)} to={REGISTRY} /> : null;
}

const REGISTRY = link(['settings'], { tab: 'registry' });

/** An outage passes by itself; everything else wants a person, and the registry's own page says what to do. */
function RegistryAway({ failure }: Pick<RegistryUpdate, 'failure'>): JSX.Element {
  const words = failure && wordsFor(failure.code, failure.params);
  if (words === undefined || words.sentence === 'registryAway')
    return <Warning text={t('banner.registry')} />;
  const wanted = failure?.params['wanted'];
  const text = wanted === undefined ? `${words.cause} ${words.next}` : t('banner.wrongKey', { wanted });
  return <Warning text={text} to={REGISTRY} />;
}

function Warning({ text, to }: { text: string; to?: string }): JSX.Element {
  return (
    <div class="banner" role="alert">
      <Icon name="warn" />
      {text}
      {to !== undefined && <a href={to}>{t('banner.whatToDo')}</a>}
    </div>
  );
}

const GO: Readonly<Record<string, readonly string[]>> = {
  s: [],
  d: ['devices'],
  b: ['batches'],
  u: ['setup'],
  t: ['today'],
  i: ['inspect'],
  c: ['conflicts'],
  l: ['lists'],
};
const SECOND_KEY_MS = 900;

/** `?` shows the keys, `/` goes to the search, `g` and a letter to a page. */
function useGlobalKeys(onHelp: () => void): void {
  useEffect(() => {
    let goAt = -Infinity;
    const onKey = (event: KeyboardEvent): void => {
      if (keyIsTaken(event)) return;
      const target = event.timeStamp - goAt < SECOND_KEY_MS ? GO[event.key] : undefined;
      goAt = event.key === 'g' ? event.timeStamp : -Infinity;
      if (target !== undefined) {
        event.stopImmediatePropagation();
        go(link(target));
      } else if (event.key === '?') onHelp();
      else if (event.key === '/') search();
      else return;
      event.preventDefault();
    };
    // Before the keys of the page: `g d` is not the `d` of the station.
    window.addEventListener('keydown', onKey, { capture: true });
    return () => {
      window.removeEventListener('keydown', onKey, { capture: true });
    };
  }, []);
}

/** How long a page may take to appear before the keyboard stays where it is. */
const SEARCH_PATIENCE_MS = 5_000;

function search(): void {
  if (focusSearch()) return;
  go(link(['devices']));
  // The field is there when the page is.
  const watch = new MutationObserver(() => {
    if (focusSearch()) watch.disconnect();
  });
  watch.observe(document.body, { childList: true, subtree: true });
  window.setTimeout(() => watch.disconnect(), SEARCH_PATIENCE_MS);
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
  return field !== null;
}
