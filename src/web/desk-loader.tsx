// Fetches the pages of the desk behind the first paint: an operator's tablet shows its tiles before it has them all, and
// goes on to any page later, also while the service is away.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from './i18n/translate.js';
import type { Place } from './router.js';
import { FailureNote, Skeleton } from './ui/parts.js';

type Page = (props: { place: Place }) => JSX.Element;
type Pages = Readonly<Record<string, Page>>;

let loaded: Pages | undefined;

/** The page of that name as soon as it is there; until then, what stands in its place. */
export function useDesk(name: string): Page {
  const [failed, setFailed] = useState(false);
  const [pages, setPages] = useState(loaded);
  useEffect(() => {
    import('./pages/desk.js').then(
      ({ DESK }) => {
        loaded = DESK;
        setPages(DESK);
      },
      () => {
        setFailed(true);
      },
    );
  }, []);
  return pages?.[name] ?? (failed ? Missing : Coming);
}

function Coming(): JSX.Element {
  return (
    <div class="page-body list-note">
      <Skeleton lines={6} />
    </div>
  );
}

/** A browser remembers a module that did not come, so only a new page asks again. */
function Missing(): JSX.Element {
  return (
    <div class="page-body list-note stack">
      <FailureNote failure={t('desk.missing')} />
      <div>
        <button
          type="button"
          class="button primary"
          onClick={() => {
            window.location.reload();
          }}
        >
          {t('desk.reload')}
        </button>
      </div>
    </div>
  );
}
