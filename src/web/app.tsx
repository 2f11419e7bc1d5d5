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
import { link, usePlace } from './router.js';
import { Shell } from './shell.js';
import { mayWork } from './store/session.js';
import { useStore } from './store/store.js';
import { Blank, Note } from './ui/parts.js';
import { failureText, Toasts } from './ui/toasts.js';

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
  const refusal = useStore((state) => state.refusal);
  const offline = useStore((state) => state.connection === 'offline');
  const lazy = LAZY_PAGES.find((name) => name === place.path[0]);
  const page = lazy ?? 'station';
  const isUnknown = lazy === undefined && place.path.length > 0;
  const LazyPage = useLazyPage(lazy);
  useTitle(page);
  if (session === undefined)
    return <Waiting says={refusal ? failureText(refusal) : offline ? t('banner.offline') : ''} />;
  if (!mayWork(session)) return <SignInPage />;
  const Page = lazy === undefined ? StationPage : LazyPage;
  return (
    <>
      <Shell page={isUnknown ? '' : page}>
        {isUnknown ? <Unknown /> : <Page key={page} place={place} />}
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
function Waiting({ says }: { says: string }): JSX.Element {
  return (
    <main class="sign-in" aria-busy={says === ''}>
      {says !== '' && <Note tone="fail">{says}</Note>}
    </main>
  );
}

/** A link that was mistyped, or of another version. */
function Unknown(): JSX.Element {
  return (
    <Blank icon="inspect" title={t('page.unknown')}>
      <p>{t('page.unknownHint')}</p>
      <a class="button primary" href={link([])}>
        {t('nav.station')}
      </a>
    </Blank>
  );
}
