// The allow and deny lists: what stands on them, adding (typed, pasted or from a file) and removing with a reason.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ListEntryInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatExact } from '../../format/format.js';
import { t, tn } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { FileButton } from '../../ui/file-button.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { Copyable, Note, Segmented } from '../../ui/parts.js';
import { ReasonDialog, ReasonForm } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';
import { DevicesNav } from '../devices/devices-nav.js';

const LISTS = ['deny', 'allow'] as const;
type ListName = (typeof LISTS)[number];

export function ListsPage({ place: { query } }: { place: Place }): JSX.Element {
  const mayChange = useStore((state) => hasRole(state.session, 'engineer'));
  const { value, failure } = useLive(
    'lists',
    async (signal) => (await call('showLists', { signal })).entries,
  );
  const [search, setSearch] = useState('');
  const entries = value?.filter(({ entry, reason, createdBy }) =>
    [entry, reason, createdBy].some((text) => text.toLowerCase().includes(search.trim().toLowerCase())),
  );
  const restricted = value?.some(({ list }) => list === 'allow') === true;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.lists')}</h1>
        <DevicesNav page="lists" />
      </header>
      <div class="page-body stack loose">
        {mayChange && <AddEntries list={query['list']} entry={query['entry']} />}
        {restricted && (
          <Note tone="warn">
            <p>{t('lists.restricted')}</p>
          </Note>
        )}
        {(value?.length ?? 0) > 0 && (
          <TextField label={t('lists.search')} type="search" value={search} onInput={setSearch} />
        )}
        {LISTS.map((list) => (
          <OneList
            key={list}
            list={list}
            rows={entries?.filter((entry) => entry.list === list)}
            failure={failure}
            mayChange={mayChange}
          />
        ))}
      </div>
    </div>
  );
}

interface OneListProps {
  readonly list: ListName;
  readonly rows: readonly ListEntryInfo[] | undefined;
  readonly failure: unknown;
  readonly mayChange: boolean;
}

/** Drawn at once; a longer list is narrowed by the search. */
const SHOWN_MAX = 500;

function OneList({ list, rows, failure, mayChange }: OneListProps): JSX.Element {
  const hidden = (rows?.length ?? 0) - SHOWN_MAX;
  return (
    <>
      <ListCard<ListEntryInfo>
        title={t(`lists.${list}`)}
        rows={rows?.slice(0, SHOWN_MAX)}
        failure={failure}
        none={t(`lists.${list}None`)}
        keyOf={({ entry }) => entry}
        columns={[
          {
            name: t('lists.entry'),
            cell: ({ entry }) => <Copyable value={entry} what={t('lists.entry')} />,
          },
          { name: t('reason.label'), cell: ({ reason }) => reason },
          { name: t('lists.by'), cell: ({ createdBy }) => createdBy },
          { name: t('people.since'), cell: ({ createdAt }) => formatExact(createdAt) },
        ]}
        more={hidden > 0 && <span class="muted">{t('lists.more', { n: hidden })}</span>}
        {...(mayChange
          ? {
              actions: (entry: ListEntryInfo) => (
                <DialogButton bare icon="trash" label={t('lists.remove', { entry: entry.entry })}>
                  {(close) => <Remove of={entry} onClose={close} />}
                </DialogButton>
              ),
            }
          : {})}
      />
    </>
  );
}

function Remove({ of: { list, entry }, onClose }: { of: ListEntryInfo; onClose: () => void }): JSX.Element {
  return (
    <ReasonDialog
      title={t('lists.remove', { entry })}
      submit={t('lists.removeDo')}
      hint={t('lists.reasonHint')}
      done={t('lists.removed', { entry })}
      act={(reason) => call('removeFromList', { params: { list }, body: { entry, reason } })}
      onClose={onClose}
    >
      <p>{t(`lists.${list}Removal`)}</p>
    </ReasonDialog>
  );
}

interface AddProps {
  /** What another page came here for. */
  readonly list: string | undefined;
  readonly entry: string | undefined;
}

function AddEntries({ list: wanted, entry = '' }: AddProps): JSX.Element {
  const [list, setList] = useState<ListName>(wanted === 'allow' ? 'allow' : 'deny');
  const [text, setText] = useState(entry);
  const [file, setFile] = useState<string>();
  const [round, setRound] = useState(0);
  const add = async (reason: string): Promise<void> => {
    const { added, known } = await call('addToList', {
      params: { list },
      body: { entries: text, reason, ...(file === undefined ? {} : { file }) },
    });
    say(`${tn('lists.added', added)}${known > 0 ? ` ${tn('lists.known', known)}` : ''}`);
    setText('');
    setFile(undefined);
    setRound((before) => before + 1);
  };
  const take = async (chosen: File): Promise<void> => {
    setText(await chosen.text());
    setFile(chosen.name);
  };
  return (
    <section class="card stack">
      <header>
        <h2>{t('lists.add')}</h2>
        <Segmented
          label={t('lists.which')}
          value={list}
          options={LISTS.map((value) => ({ value, label: t(`lists.${value}`) }))}
          onChange={setList}
        />
      </header>
      <p class="muted small">{t(`lists.${list}Does`)}</p>
      <ReasonForm
        key={round}
        submit={t('lists.addDo')}
        hint={t('lists.reasonHint')}
        disabled={text.trim() === ''}
        act={add}
      >
        <TextField
          label={t('lists.entries')}
          hint={t('lists.entriesHint')}
          value={text}
          rows={3}
          mono
          onInput={(value) => {
            setText(value);
            setFile(undefined);
          }}
        />
        <div>
          <FileButton
            label={file ?? t('lists.import')}
            accept=".csv,.txt,text/csv,text/plain"
            onChosen={([chosen]) => {
              if (chosen !== undefined) void take(chosen);
            }}
          />
        </div>
      </ReasonForm>
    </section>
  );
}

/** Where a page sends who wants to put this device on the deny list. */
export const denyLink = (mac: string): string => link(['lists'], { list: 'deny', entry: mac });
