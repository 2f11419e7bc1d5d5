// The audit trail: who did what, from where and why; narrowed by what, who, device and days, all in the address.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { AUDIT_KINDS, LABEL_REASON } from '../../../core/audit-kinds.js';
import type { AuditEntry } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { addressOf } from '../../api/routes.js';
import { formatExact } from '../../format/format.js';
import { fieldName } from '../../i18n/field-names.js';
import { maybe, t } from '../../i18n/translate.js';
import { go, link, type Place } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Icon } from '../../ui/icon.js';
import { ListCard } from '../../ui/list-card.js';
import { useLoad, useSettled } from '../../ui/load.js';
import { Note } from '../../ui/parts.js';
import { ActButton } from '../../ui/work.js';
import { DevicesNav } from '../devices/devices-nav.js';

const FILTERS = ['kind', 'actor', 'device', 'since', 'until'] as const;
type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;
const TYPING_MS = 300;

const filtersOf = ({ query }: Place): Filters =>
  Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ''])) as Filters;

/** As the service takes them: days are those of the service. */
const queryOf = (filters: Filters) =>
  Object.fromEntries(Object.entries(filters).filter(([, text]) => text.trim() !== '')) as {
    kind?: (typeof AUDIT_KINDS)[number];
    actor?: string;
    device?: string;
    since?: string;
    until?: string;
  };

export function AuditPage({ place }: { place: Place }): JSX.Element {
  const mayRead = useStore((state) => hasRole(state.session, 'engineer'));
  const [typed, setTyped] = useState(filtersOf(place));
  const filters = useSettled(typed, TYPING_MS);
  useEffect(() => {
    const to = link(['audit'], { ...filters });
    if (to !== window.location.hash) go(to, { replace: true });
  }, [filters]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.audit')}</h1>
        <DevicesNav page="audit" />
        {mayRead && (
          <a class="button" href={addressOf('exportAudit', {}, queryOf(filters)).path} download="audit.csv">
            <Icon name="download" />
            CSV
          </a>
        )}
      </header>
      <div class="page-body stack loose">
        {mayRead ? (
          <>
            <FilterBar filters={typed} onChange={(part) => setTyped((before) => ({ ...before, ...part }))} />
            <Entries key={JSON.stringify(filters)} filters={filters} />
          </>
        ) : (
          <Note tone="plain">
            <p>{t('audit.forbidden')}</p>
          </Note>
        )}
      </div>
    </div>
  );
}

interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (part: Partial<Filters>) => void;
}

function FilterBar({ filters, onChange }: FilterBarProps): JSX.Element {
  return (
    <section class="filter-bar" aria-label={t('devices.filters')}>
      <SelectField
        label={t('audit.kind')}
        value={filters.kind}
        options={[
          { value: '', label: t('devices.all') },
          ...AUDIT_KINDS.map((kind) => ({ value: kind, label: kindText(kind) })),
        ]}
        onChange={(kind) => onChange({ kind })}
      />
      {(['actor', 'device'] as const).map((name) => (
        <TextField
          key={name}
          label={t(`audit.${name}`)}
          value={filters[name]}
          mono={name === 'device'}
          onInput={(value) => onChange({ [name]: value })}
        />
      ))}
      {(['since', 'until'] as const).map((name) => (
        <TextField
          key={name}
          type="date"
          label={t(`audit.${name}`)}
          value={filters[name]}
          onInput={(value) => onChange({ [name]: value })}
        />
      ))}
    </section>
  );
}

function Entries({ filters }: { filters: Filters }): JSX.Element {
  const [older, setOlder] = useState<readonly AuditEntry[]>([]);
  const [next, setNext] = useState<string | null>();
  const { value, failure } = useLoad((signal) => call('listAudit', { query: queryOf(filters), signal }), '');
  const after = next === undefined ? value?.next : (next ?? undefined);
  const more = async (): Promise<void> => {
    const page = await call('listAudit', { query: { ...queryOf(filters), after } });
    setOlder((before) => [...before, ...page.entries]);
    setNext(page.next ?? null);
  };
  return (
    <ListCard<AuditEntry>
      title={t('audit.title')}
      rows={value && [...value.entries, ...older]}
      failure={failure}
      none={t('audit.none')}
      keyOf={({ id }) => String(id)}
      columns={[
        {
          name: t('audit.at'),
          cell: ({ at }) => <span class="nowrap">{formatExact(at)}</span>,
        },
        { name: t('audit.kind'), cell: ({ kind }) => kindText(kind) },
        {
          name: t('audit.device'),
          cell: ({ mac }) =>
            mac !== undefined && (
              <a class="mono nowrap" href={link(['devices', mac])}>
                {mac}
              </a>
            ),
        },
        { name: t('audit.actor'), cell: ({ actor }) => actor },
        {
          name: t('audit.origin'),
          cell: ({ origin }) => <span class="mono small">{originText(origin)}</span>,
        },
        { name: t('audit.detail'), cell: Detail },
      ]}
      more={after !== undefined && <ActButton act={more}> {t('devices.more')}</ActButton>}
    />
  );
}

/** The reason first, then whatever else the entry says; a name without words of its own as the registry has it. */
function Detail({ detail: { reason, ...rest } }: AuditEntry): JSX.Element {
  return (
    <>
      {typeof reason === 'string' && <span>{reason === LABEL_REASON ? t('audit.forLabel') : reason} </span>}
      {Object.entries(rest).map(([name, value]) => (
        <span key={name} class="muted small">
          {fieldName(name)}: {valueText(name, value)}{' '}
        </span>
      ))}
    </>
  );
}

function valueText(name: string, value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const prefix = { list: 'lists', decision: 'decision', state: 'values.state' }[name];
  return (prefix && maybe(`${prefix}.${value}`)) ?? value;
}

/** As the registry writes where somebody asked from: `192.0.2.7 by way of line-4`, or the name of a computer. */
const VIA = ' by way of ';

function originText(origin = ''): string {
  const at = origin.indexOf(VIA);
  if (at === -1) return origin;
  return t('audit.via', { address: origin.slice(0, at), host: origin.slice(at + VIA.length) });
}

const kindText = (kind: string): string => maybe(`audit.kind.${kind}`) ?? kind;
