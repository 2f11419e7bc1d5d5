// A new target of pushes: where it is, what it gets, and its secrets, which go in here once and are never shown again.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { PUSH_EVENTS, PUSH_KINDS, type PushEvent, type PushKind } from '../../../core/push.js';
import type { AnswerOf, BodyOf } from '../../../service/contract/index.js';
import { ApiFailure, call } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { CheckField, TextField } from '../../ui/field.js';
import { Copyable, Note, Segmented } from '../../ui/parts.js';
import { failureText } from '../../ui/toasts.js';
import { ActForm } from '../../ui/work.js';

type Target = BodyOf<'addPushTarget'>;
type Text = 'name' | 'url' | 'statement' | 'signingSecret' | 'values';

/** All fields as they are typed. */
type Draft = Readonly<Record<Text, string>> & {
  readonly kind: PushKind;
  readonly events: readonly PushEvent[];
  readonly sendKeys: boolean;
};

const EMPTY: Draft = {
  name: '',
  kind: 'webhook',
  url: '',
  statement: '',
  signingSecret: '',
  values: '',
  events: PUSH_EVENTS,
  sendKeys: false,
};

/** What the registry refuses stands at the field that it is about. */
const FIELD_OF: Readonly<Record<string, string>> = {
  PUSH_TARGET_EXISTS: 'name',
  PUSH_ADDRESS_INVALID: 'url',
  PUSH_STATEMENT_INVALID: 'statement',
  VALUE_LIST_UNKNOWN: 'values',
  // All else that it checks is refused by the form already.
  INPUT_INVALID: 'signingSecret',
};

export function PushForm({ onAdded }: { onAdded: () => void }): JSX.Element {
  const [draft, setDraft] = useState(EMPTY);
  const [failure, setFailure] = useState<unknown>();
  const [made, setMade] = useState<AnswerOf<'addPushTarget'>>();
  const add = async (): Promise<void> => {
    setFailure(undefined);
    try {
      setMade(await call('addPushTarget', { body: bodyOf(draft) }));
    } catch (error) {
      if (fieldOf(error) === undefined) throw error;
      setFailure(error);
      return;
    }
    setDraft(EMPTY);
    onAdded();
  };
  const { name, url, kind, statement, events } = draft;
  const isWhole = [name, url, kind === 'sql' ? statement : name].every((text) => text.trim() !== '');
  const field = fieldOf(failure);
  return (
    <ActForm
      title={t('push.add')}
      submit={t('push.add')}
      disabled={!isWhole || events.length === 0}
      act={add}
    >
      {made !== undefined && <Made target={made} />}
      <Fields
        draft={draft}
        findings={field === undefined ? {} : { [field]: failureText(failure) }}
        onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
      />
    </ActForm>
  );
}

function fieldOf(failure: unknown): string | undefined {
  return failure instanceof ApiFailure ? (FIELD_OF[failure.code] ?? failure.field) : undefined;
}

function bodyOf({ name, kind, url, statement, signingSecret, values, events, sendKeys }: Draft): Target {
  const ofKind = kind === 'sql' ? { statement } : signingSecret.trim() === '' ? {} : { signingSecret };
  const ofList = values.trim() === '' ? {} : { values: values.trim() };
  return { name: name.trim(), kind, url: url.trim(), ...ofKind, ...ofList, events: [...events], sendKeys };
}

/** The secret that was made for it, for as long as this page shows it. */
function Made({ target: { name, madeSecret } }: { target: AnswerOf<'addPushTarget'> }): JSX.Element {
  return (
    <Note tone={madeSecret === undefined ? 'pass' : 'warn'}>
      <p>{t(madeSecret === undefined ? 'push.added' : 'push.made', { name })}</p>
      {madeSecret !== undefined && <Copyable value={madeSecret} what={t('push.signingSecret')} />}
    </Note>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly findings: Readonly<Record<string, string>>;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Fields({ draft, findings, onChange }: FieldsProps): JSX.Element {
  const { kind, sendKeys } = draft;
  const isSql = kind === 'sql';
  const of = (name: Text) => ({
    value: draft[name],
    finding: findings[name],
    onInput: (value: string) => {
      onChange({ [name]: value });
    },
  });
  return (
    <div class="form-grid">
      <TextField label={t('people.name')} required {...of('name')} />
      <div class="field">
        <span>{t('flash.kind')}</span>
        <Segmented
          label={t('flash.kind')}
          value={kind}
          options={PUSH_KINDS.map((value) => ({ value, label: t(`push.kind.${value}`) }))}
          onChange={(value) => onChange({ kind: value })}
        />
      </div>
      <TextField
        label={t('settings.address')}
        mono
        required
        {...(isSql ? { type: 'password', autoComplete: 'new-password' } : {})}
        hint={t(isSql ? 'push.urlHint.sql' : 'push.urlHint.webhook')}
        {...of('url')}
      />
      <OfKind isSql={isSql} of={of} />
      <TextField label={t('printer.list')} hint={t('push.valuesHint')} {...of('values')} />
      <EventChoice draft={draft} onChange={onChange} />
      <div class="wide">
        <CheckField
          label={t('push.sendKeys')}
          hint={t('push.sendKeysHint')}
          checked={sendKeys}
          onChange={(checked) => onChange({ sendKeys: checked })}
        />
      </div>
    </div>
  );
}

interface OfKindProps {
  readonly isSql: boolean;
  readonly of: (name: Text) => {
    value: string;
    finding: string | undefined;
    onInput: (value: string) => void;
  };
}

/** What only one kind has: the secret of a webhook, or the statement of a table. */
function OfKind({ isSql, of }: OfKindProps): JSX.Element {
  if (isSql)
    return (
      <div class="wide">
        <TextField
          label={t('push.statement')}
          mono
          rows={6}
          required
          hint={t('push.statementHint')}
          {...of('statement')}
        />
      </div>
    );
  return (
    <TextField
      label={t('push.signingSecret')}
      mono
      type="password"
      autoComplete="new-password"
      hint={t('push.signingHint')}
      {...of('signingSecret')}
    />
  );
}

function EventChoice({ draft: { events }, onChange }: Pick<FieldsProps, 'draft' | 'onChange'>): JSX.Element {
  return (
    <fieldset class="wide row wrap">
      <legend>{t('push.events')}</legend>
      {PUSH_EVENTS.map((event) => (
        <label key={event} class="check">
          <input
            type="checkbox"
            checked={events.includes(event)}
            onChange={({ currentTarget: { checked } }) => {
              onChange({
                events: PUSH_EVENTS.filter((each) => (each === event ? checked : events.includes(each))),
              });
            }}
          />
          {t(`push.event.${event}`)}
        </label>
      ))}
    </fieldset>
  );
}
