// The page: which place is shown, in which language and theme.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadLanguage, t, type Key } from './i18n/translate.js';
import { BatchesPage } from './pages/batches/batches.js';
import { DevicesPage } from './pages/devices/devices.js';
import { InspectPage } from './pages/inspect/inspect.js';
import { SettingsPage } from './pages/settings/settings.js';
import { SetupPage } from './pages/setup/setup.js';
import { SignInPage } from './pages/sign-in.js';
import { Announcements } from './pages/station/announcements.js';
import { StationPage } from './pages/station/station.js';
import { TodayPage } from './pages/today/today.js';
import { usePrefs, type Language } from './prefs.js';
import { usePlace, type Place } from './router.js';
import { Shell } from './shell.js';
import { mayWork } from './store/session.js';
import { useStore } from './store/store.js';
import { Toasts } from './ui/toasts.js';

const PAGES: Readonly<Record<string, (props: { place: Place }) => JSX.Element>> = {
  station: StationPage,
  batches: BatchesPage,
  devices: DevicesPage,
  setup: SetupPage,
  today: TodayPage,
  inspect: InspectPage,
  settings: SettingsPage,
};

export function App({ language: first }: { language: Language }): JSX.Element {
  const { language: chosen } = usePrefs();
  const [language, setLanguage] = useState(first);
  useEffect(() => {
    void loadLanguage().then(setLanguage);
  }, [chosen]);
  // Everything is said anew in another language.
  return <Content key={language} />;
}

function Content(): JSX.Element {
  const place = usePlace();
  const session = useStore((state) => state.session);
  const waiting = useStore((state) => state.connection === 'offline');
  const page = place.path[0] !== undefined && place.path[0] in PAGES ? place.path[0] : 'station';
  useTitle(page);
  if (session === undefined) return <Waiting offline={waiting} />;
  if (!mayWork(session)) return <SignInPage />;
  const Page = PAGES[page] ?? StationPage;
  return (
    <>
      <Shell page={page}>
        <Page key={page} place={place} />
      </Shell>
      <Announcements />
      <Toasts />
    </>
  );
}

function useTitle(page: string): void {
  const failed = useStore((state) => (state.ports ?? []).filter(({ job }) => job?.state === 'failed').length);
  useEffect(() => {
    const name = t(`nav.${page}` as Key);
    document.title = `${failed > 0 ? `(${failed}) ` : ''}${name} · espmint`;
  }, [page, failed]);
}

/** Before the first answer. */
function Waiting({ offline }: { offline: boolean }): JSX.Element {
  return (
    <main class="sign-in" aria-busy={!offline}>
      {offline && <p role="alert">{t('banner.offline')}</p>}
    </main>
  );
}
