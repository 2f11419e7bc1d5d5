// Lists of values: how much of each is left, its rows, taking in a file, and what ends a row.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ValueListInfo, ValueRowInfo } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { formatCount, formatExact } from '../../format/format.js';
import { t, tn } from '../../i18n/translate.js';
import { link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { DialogButton } from '../../ui/dialog.js';
import { SelectField } from '../../ui/field.js';
import { FileButton } from '../../ui/file-button.js';
import { ListCard } from '../../ui/list-card.js';
import { useLive } from '../../ui/live.js';
import { FailureNote, Segmented } from '../../ui/parts.js';
import { ReasonDialog } from '../../ui/reason-form.js';
import { say } from '../../ui/toasts.js';
import { useWork } from '../../ui/work.js';
import { NoProduct } from '../setup/no-product.js';
import { SetupNav } from '../setup/setup-nav.js';

const STATES = ['free', 'reserved', 'used', 'shared', 'returned', 'scrapped'] as const;
type State = (typeof STATES)[number];

export function ValuesPage({ place: { path } }: { place: Place }): JSX.Element {
  const mayChange = useStore((state) => hasRole(state.session, 'engineer'));
  const list = path[1];
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.values')}</h1>
        <SetupNav page="values" />
      </header>
      <div class="page-body stack loose">
        {list === undefined ? (
          <>
            {mayChange && <Import />}
            <AllLists />
          </>
        ) : (
          <Rows key={list} list={list} mayChange={mayChange} />
        )}
      </div>
    </div>
  );
}

function AllLists(): JSX.Element {
  const { value, failure } = useLive(
    'values',
    async (signal) => (await call('listValues', { signal })).lists,
  );
  const count = (number: number): string => formatCount(number);
  return (
    <ListCard<ValueListInfo>
      title={t('values.all')}
      rows={value}
      failure={failure}
      none={t('values.none')}
      keyOf={({ name }) => name}
      columns={[
        { name: t('values.list'), cell: ({ name }) => <a href={link(['values', name])}>{name}</a> },
        ...STATES.map((state) => ({
          name: t(`values.state.${state}`),
          number: true,
          cell: ({ counts }: ValueListInfo) => count(counts[state]),
        })),
        {
          name: t('devices.columns'),
          cell: ({ columns }) =>
            columns.map(({ name, secret }) => (secret ? `${name} (${t('values.secret')})` : name)).join(', '),
        },
      ]}
    />
  );
}

function Import(): JSX.Element {
  const loaded = useStore((state) => state.profiles);
  const profiles = loaded ?? [];
  const [chosen, setChosen] = useState('');
  const { busy, failure, run } = useWork();
  const name = chosen === '' ? (profiles[0]?.name ?? '') : chosen;
  const take = (file: File): Promise<void> =>
    run(async () => {
      const type = /\.(jsonl|ndjson|json)$/i.test(file.name) ? 'application/x-ndjson' : 'text/csv';
      const query = { profile: name, file: file.name };
      const { list, rows } = await call('importValues', { query, body: new Blob([file], { type }) });
      say(`${list}: ${tn('values.imported', rows)}`);
    });
  if (loaded?.length === 0) {
    return (
      <section class="card">
        <NoProduct />
      </section>
    );
  }
  return (
    <section class="card stack" aria-busy={busy}>
      <header>
        <h2>{t('values.import')}</h2>
      </header>
      <p class="muted small">{t('values.importHint')}</p>
      <div class="form-grid">
        <SelectField
          label={t('station.product')}
          value={name}
          options={profiles.map((profile) => ({ value: profile.name, label: profile.name }))}
          onChange={setChosen}
        />
      </div>
      <FailureNote failure={failure} />
      <div class="row">
        <FileButton
          label={t('values.chooseFile')}
          accept=".csv,.jsonl,.ndjson,.txt"
          onChosen={([file]) => {
            if (file !== undefined) void take(file);
          }}
        />
        {busy && <span role="status">{t('bundle.sending')}</span>}
      </div>
    </section>
  );
}

const PAGE = 100;

function Rows({ list, mayChange }: { list: string; mayChange: boolean }): JSX.Element {
  const [state, setState] = useState<State | 'all'>('all');
  const [limit, setLimit] = useState(PAGE);
  const { value, failure } = useLive(
    'values',
    (signal) => {
      const query = { limit, ...(state === 'all' ? {} : { state }) };
      return call('listValueRows', { params: { list }, query, signal });
    },
    `${list} ${state} ${limit}`,
  );
  return (
    <>
      <div class="row spread">
        <a href={link(['values'])}>{t('values.all')}</a>
        <Segmented
          label={t('values.which')}
          value={state}
          options={(['all', ...STATES] as const).map((one) => ({
            value: one,
            label: t(`values.state.${one}`),
          }))}
          onChange={setState}
        />
      </div>
      <ListCard<ValueRowInfo>
        title={list}
        rows={value?.rows}
        failure={failure}
        none={t('values.noRow')}
        keyOf={({ number }) => String(number)}
        columns={[
          { name: t('values.row'), cell: ({ number }) => number },
          { name: t('values.state'), cell: (row) => t(`values.state.${row.state}`) },
          { name: t('values.board'), cell: (row) => <Boards {...row} /> },
          {
            name: t('nvs.value'),
            cell: ({ values }) => (
              <span class="mono small">
                {Object.entries(values)
                  .map(([name, text]) => `${name}=${text.slice(0, 40)}`)
                  .join(' ')}
              </span>
            ),
          },
          {
            name: t('values.when'),
            cell: ({ claimedAt, reason }) => (
              <>
                {claimedAt !== undefined && formatExact(claimedAt)} {reason}
              </>
            ),
          },
        ]}
        more={
          value?.next !== undefined &&
          limit < 10 * PAGE && (
            <button type="button" class="button" onClick={() => setLimit(10 * PAGE)}>
              {t('values.more')}
            </button>
          )
        }
        {...(mayChange
          ? {
              actions: ({ number: row, state: now }: ValueRowInfo) => (
                <>
                  {(['returned', 'scrapped'] as const)
                    .filter((as) => (as === 'returned' ? now === 'used' : now !== 'scrapped'))
                    .map((as) => (
                      <DialogButton key={as} class="quiet little" label={t(`values.end.${as}`)}>
                        {(close) => <EndRow list={list} row={row} as={as} onClose={close} />}
                      </DialogButton>
                    ))}
                </>
              ),
            }
          : {})}
      />
    </>
  );
}

function Boards({ mac, wanted, boards, reservedBy }: ValueRowInfo): JSX.Element {
  return (
    <>
      <code>{mac ?? wanted ?? ''}</code> {reservedBy}
      {boards !== undefined && ` ${tn('values.boards', boards)}`}
    </>
  );
}

type Ended = 'returned' | 'scrapped';

interface EndRowProps {
  readonly list: string;
  readonly row: number;
  readonly as: Ended;
  readonly onClose: () => void;
}

function EndRow({ list, row, as: state, onClose }: EndRowProps): JSX.Element {
  return (
    <ReasonDialog
      title={`${t(`values.end.${state}`)}: ${t('values.row')} ${row}`}
      submit={t(`values.end.${state}`)}
      hint={t('values.reasonHint')}
      done={t('values.ended', { n: row, state: t(`values.state.${state}`) })}
      act={(reason) => call('endValueRow', { params: { list, row }, body: { state, reason } })}
      onClose={onClose}
    >
      <p>{t(`values.does.${state}`)}</p>
    </ReasonDialog>
  );
}
