// Fetches all pages but the tiles behind the first paint: an operator's tablet shows its tiles before it has them all, and
// goes on to any page later, also while the service is away.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { LazyPage, Page, Pages } from './lazy-pages.js';
import { t } from './i18n/translate.js';
import { FailureNote, Skeleton } from './ui/parts.js';

let loaded: Pages | undefined;

/** The page of that name as soon as it is there; until then, what stands in its place. */
export function useLazyPage(name: LazyPage | undefined): Page {
  const [failed, setFailed] = useState(false);
  const [pages, setPages] = useState(loaded);
  useEffect(() => {
    import('./pages/lazy.js').then(
      ({ LAZY }) => {
        loaded = LAZY;
        setPages(LAZY);
      },
      () => setFailed(true),
    );
  }, []);
  if (pages !== undefined && name !== undefined) return pages[name];
  return failed ? Missing : Coming;
}

function Coming(): JSX.Element {
  return (
    <Frame>
      <Skeleton lines={6} />
    </Frame>
  );
}

/** A browser remembers a module that did not come, so only a new page asks again. */
function Missing(): JSX.Element {
  return (
    <Frame>
      <FailureNote failure={t('page.missing')} />
      <div>
        <button type="button" class="button primary" onClick={() => window.location.reload()}>
          {t('page.reload')}
        </button>
      </div>
    </Frame>
  );
}

function Frame({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <div class="page">
      <header class="page-head">
        <h1>espmint</h1>
      </header>
      <div class="page-body stack">{children}</div>
    </div>
  );
}
