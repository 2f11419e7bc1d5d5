// Wi-Fi for one board in the field otherwise than over its cable: WPS, SmartConfig, or the portal of its access point.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { wpsCheckDigit } from '../../../core/wps-pin.js';
import type { WifiSet } from '../../../service/contract/index.js';
import { call, serviceNow } from '../../api/client.js';
import { t } from '../../i18n/translate.js';
import { useStore } from '../../store/store.js';
import { Form, SelectField, TextField } from '../../ui/field.js';
import { useNow } from '../../ui/load.js';
import { Note } from '../../ui/parts.js';

export type AirWay = 'wps' | 'smartconfig' | 'portal';

interface AirProps {
  readonly port: string;
  /** Runs it, and shows its result or its failure. */
  readonly onRun: (join: () => Promise<WifiSet>) => Promise<void>;
  readonly busy: boolean;
}

export function AirForm({ way, ...props }: AirProps & { readonly way: AirWay }): JSX.Element {
  switch (way) {
    case 'wps':
      return <WpsForm {...props} />;
    case 'smartconfig':
      return <SmartConfigForm {...props} />;
    case 'portal':
      return <PortalForm {...props} />;
  }
}

/** Ends what runs when the form is left. */
function useStop(): { readonly begin: () => AbortSignal; readonly stop: () => void } {
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  return {
    begin: () => (running.current = new AbortController()).signal,
    stop: () => running.current?.abort(),
  };
}

const WINDOW_SECONDS = 120;

function WpsForm({ port, onRun, busy }: AirProps): JSX.Element {
  const [pin, setPin] = useState('');
  const [since, setSince] = useState(0);
  const { begin, stop } = useStop();
  const digits = pin.replaceAll(/[\s-]/g, '');
  const fits = /^\d{8}$/.test(digits) && Number(digits[7]) === wpsCheckDigit(digits.slice(0, 7));
  const isWrong = digits.length >= 8 && !fits;
  return (
    <Form
      class="stack loose"
      onSubmit={() => {
        setSince(serviceNow());
        const signal = begin();
        void onRun(() =>
          call('joinByWps', { body: { port, ...(digits === '' ? {} : { pin: digits }) }, signal }),
        );
      }}
    >
      <TextField
        label={t('wifi.pin')}
        hint={t('wifi.pinHint')}
        value={pin}
        onInput={setPin}
        mono
        disabled={busy}
        {...(isWrong ? { finding: t('wifi.pinWrong') } : {})}
      />
      {busy && (
        <Note tone="warn">
          <p role="status" class="strong">
            {t(digits === '' ? 'do.wps-button' : 'wifi.typePin')}
          </p>
          <Countdown since={since} />
        </Note>
      )}
      <div class="row">
        <button type="submit" class="button primary" disabled={busy || (digits !== '' && !fits)}>
          {t('wifi.openWindow')}
        </button>
        {busy && (
          <button type="button" class="button" onClick={stop}>
            {t('action.stop')}
          </button>
        )}
        {busy && <VirtualButton port={port} />}
      </div>
    </Form>
  );
}

function Countdown({ since }: { since: number }): JSX.Element {
  const left = Math.max(0, WINDOW_SECONDS - Math.floor((useNow(1000) - since) / 1000));
  return <p aria-hidden="true">{t('do.left', { n: left })}</p>;
}

/** A virtual board has a virtual access point beside it. */
function VirtualButton({ port }: { port: string }): JSX.Element | null {
  const isVirtual = useStore(
    (state) => state.ports?.find((other) => other.port === port)?.kind === 'virtual',
  );
  if (!isVirtual) return null;
  return (
    <button
      type="button"
      class="button"
      onClick={() => void call('pressVirtualWps', { body: { port } }).catch(() => undefined)}
    >
      {t('wifi.pressVirtual')}
    </button>
  );
}

/** Name and password, as all of them need it. */
function Network(props: {
  readonly ssid: string;
  readonly password: string;
  readonly onSsid: (text: string) => void;
  readonly onPassword: (text: string) => void;
}): JSX.Element {
  return (
    <>
      <TextField label={t('wifi.name')} value={props.ssid} onInput={props.onSsid} />
      <TextField
        label={t('people.password')}
        type="password"
        value={props.password}
        onInput={props.onPassword}
      />
    </>
  );
}

function SmartConfigForm({ port, onRun, busy }: AirProps): JSX.Element {
  const [ssid, setSsid] = useState('');
  const [password, setPassword] = useState('');
  const [protocol, setProtocol] = useState<'v2' | 'v1'>('v2');
  const [key, setKey] = useState('');
  const [bssid, setBssid] = useState('');
  const { begin, stop } = useStop();
  return (
    <Form
      class="stack loose"
      onSubmit={() => {
        const body = {
          ...{ port, ssid, password, protocol },
          ...(protocol === 'v1' || key === '' ? {} : { key }),
          ...(bssid === '' ? {} : { bssid }),
        };
        const signal = begin();
        void onRun(() => call('joinBySmartConfig', { body, signal }));
      }}
    >
      <Network ssid={ssid} password={password} onSsid={setSsid} onPassword={setPassword} />
      <SelectField
        label={t('setup.wifi.protocol')}
        value={protocol}
        options={(['v2', 'v1'] as const).map((value) => ({
          value,
          label: t(`option.wifi.smartconfig.protocol.${value}`),
        }))}
        onChange={setProtocol}
      />
      {protocol === 'v2' && <TextField label={t('wifi.key')} type="password" value={key} onInput={setKey} />}
      <TextField
        label={t('setup.wifi.bssid')}
        hint={t('setup.wifi.bssidHint')}
        value={bssid}
        onInput={setBssid}
        placeholder="34:29:12:43:c5:40"
        mono
      />
      {(protocol === 'v1' || key === '') && (
        <Note tone="warn">
          <p>{t('wifi.readable')}</p>
        </Note>
      )}
      <p class="muted small">{t('wifi.airHint')}</p>
      <div class="row">
        <button type="submit" class="button primary" disabled={busy || ssid === ''}>
          {t(busy ? 'wifi.sending' : 'wifi.send')}
        </button>
        {busy && (
          <button type="button" class="button" onClick={stop}>
            {t('action.stop')}
          </button>
        )}
      </div>
    </Form>
  );
}

function PortalForm({ port, onRun, busy }: AirProps): JSX.Element {
  const [url, setUrl] = useState('http://192.168.4.1');
  const [ssid, setSsid] = useState('');
  const [password, setPassword] = useState('');
  const [proof, setProof] = useState('');
  const { begin } = useStop();
  useEffect(() => {
    // A virtual board has its portal on this computer.
    void call('listVirtualBoards', {}).then(
      ({ boards }) => {
        const own = boards.find((board) => board.port === port)?.portal;
        if (own !== undefined) setUrl(own);
      },
      () => undefined,
    );
  }, [port]);
  return (
    <Form
      class="stack loose"
      onSubmit={() => {
        const body = { url, ssid, password, ...(proof === '' ? {} : { proof }) };
        const signal = begin();
        void onRun(() => call('joinByPortal', { body, signal }));
      }}
    >
      <TextField label={t('wifi.url')} hint={t('wifi.urlHint')} value={url} onInput={setUrl} mono />
      <Network ssid={ssid} password={password} onSsid={setSsid} onPassword={setPassword} />
      <TextField label={t('wifi.proof')} type="password" value={proof} onInput={setProof} />
      <div>
        <button type="submit" class="button primary" disabled={busy || ssid === '' || url === ''}>
          {t(busy ? 'wifi.joining' : 'wifi.join')}
        </button>
      </div>
    </Form>
  );
}
