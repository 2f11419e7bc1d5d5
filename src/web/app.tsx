// The page: which place is shown, in which language and theme.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLazyPage } from './lazy-loader.js';
import { LAZY_PAGES } from './lazy-pages.js';
import { loadLanguage, t, type Key } from './i18n/translate.js';
import { SignInPage } from './pages/sign-in.js';
import { Announcements } from './pages/station/announcements.js';
import { StationPage } from './pages/station/station.js';
import { usePrefs, type Language } from './prefs.js';
import { usePlace } from './router.js';
import { Shell } from './shell.js';
import { mayWork } from './store/session.js';
import { useStore } from './store/store.js';
import { Toasts } from './ui/toasts.js';

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
  const lazy = LAZY_PAGES.find((name) => name === place.path[0]);
  const page = lazy ?? 'station';
  const LazyPage = useLazyPage(lazy);
  useTitle(page);
  if (session === undefined) return <Waiting offline={waiting} />;
  if (!mayWork(session)) return <SignInPage />;
  const Page = lazy === undefined ? StationPage : LazyPage;
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
