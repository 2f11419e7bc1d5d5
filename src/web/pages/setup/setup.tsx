// Set-up: a product's profile as a form, with live checks at the fields and a preview of what a board would get.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SavedProfile } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { useLoad } from '../../ui/load.js';
import { FailureNote, Note, Skeleton } from '../../ui/parts.js';
import { Folded } from '../../ui/service-words.js';
import { Editor } from './editor.js';
import { NEW, NewProduct, NoProduct } from './no-product.js';
import { SetupNav } from './setup-nav.js';
export function SetupPage({ place }: { place: Place }): JSX.Element {
  const profiles = useStore((state) => state.profiles);
  const current = useStore((state) => state.settings?.profile?.name);
  const name = place.path[1] ?? current ?? profiles?.[0]?.name;
  if (profiles === undefined) return <Frame name={undefined}>{<Skeleton lines={6} />}</Frame>;
  if (name === NEW) {
    return (
      <Frame name={NEW}>
        <Editor onSaved={(saved) => go(link(['setup', saved.name]), { replace: true })} />
      </Frame>
    );
  }
  if (name === undefined) {
    return (
      <Frame name={undefined}>
        <NoProduct />
      </Frame>
    );
  }
  return (
    <Frame name={name}>
      <Existing key={name} name={name} />
    </Frame>
  );
}

function Frame({ name, children }: { name: string | undefined; children: JSX.Element }): JSX.Element {
  const profiles = useStore((state) => state.profiles) ?? [];
  const damaged = useStore((state) => state.damagedProfiles) ?? [];
  const mayEdit = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.setup')}</h1>
        <SetupNav page="setup" />
        {profiles.length > 0 && (
          <label class="product">
            <span class="visually-hidden">{t('station.product')}</span>
            <select
              class="select"
              value={name ?? ''}
              onChange={(event) => go(link(['setup', event.currentTarget.value]))}
            >
              {profiles.map((profile) => (
                <option key={profile.name} value={profile.name}>
                  {profile.name} · r{profile.version}
                </option>
              ))}
              {name === NEW && <option value={NEW}>{t('setup.new')}</option>}
            </select>
          </label>
        )}
        {mayEdit && <NewProduct tone="" />}
      </header>
      <div class="page-body">
        {damaged.map(({ name: product, version, path, message }) => (
          <Note key={product} tone="fail">
            <p>{t('setup.damaged', { name: product, version, path })}</p>
            <Folded text={message} />
          </Note>
        ))}
        {children}
      </div>
    </div>
  );
}

/** The newest version; a version saved elsewhere meanwhile is offered, not forced on what is being edited. */
function Existing({ name }: { name: string }): JSX.Element {
  const newest = useStore((state) => state.profiles?.find((profile) => profile.name === name)?.version);
  const { value, failure, reload } = useLoad(
    (signal) => call('getProfile', { params: { name }, signal }),
    name,
  );
  const [base, setBase] = useState<SavedProfile>();
  useEffect(() => {
    setBase(value);
  }, [value]);
  if (failure !== undefined && base === undefined) {
    return <FailureNote failure={failure} />;
  }
  if (base === undefined) return <Skeleton lines={8} />;
  return (
    <>
      {newest !== undefined && newest > base.version && (
        <div class="newer">
          <Note tone="warn">
            <p>{t('setup.newer', { version: newest })}</p>
            <button type="button" class="button little" onClick={reload}>
              {t('setup.loadNewer')}
            </button>
          </Note>
        </div>
      )}
      <Editor key={base.version} base={base} onSaved={setBase} />
    </>
  );
}
