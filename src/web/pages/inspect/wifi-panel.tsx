// Wi-Fi for one board in the field: find out what it speaks, choose a network that it sees, hand it over, see the proof.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { WifiLook, WifiSet } from '../../../service/contract/index.js';
import { call } from '../../api/client.js';
import { sentence } from '../../format/format.js';
import { t, type Key } from '../../i18n/translate.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Form, SelectField, TextField } from '../../ui/field.js';
import { FailureNote, Note } from '../../ui/parts.js';
import { CodeWords } from '../../ui/service-words.js';
import { AirForm, type AirWay } from './wifi-air.js';

type Step =
  | { readonly at: 'start' }
  | { readonly at: 'looking' }
  | { readonly at: 'form'; readonly look: WifiLook }
  | { readonly at: 'joining'; readonly look: WifiLook }
  | { readonly at: 'done'; readonly result: WifiSet };

const WAYS = ['cable', 'wps', 'smartconfig', 'portal'] as const satisfies readonly ('cable' | AirWay)[];

const isStopped = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

export function WifiPanel({ port }: { port: string }): JSX.Element {
  const mayUse = useStore((state) => hasRole(state.session, 'operator'));
  const [step, setStep] = useState<Step>({ at: 'start' });
  const [failure, setFailure] = useState<unknown>();
  const [way, setWay] = useState<'cable' | AirWay>('cable');
  const [joining, setJoining] = useState(false);
  const look = async (): Promise<void> => {
    setFailure(undefined);
    setStep({ at: 'looking' });
    try {
      setStep({ at: 'form', look: await call('lookAtWifi', { body: { port } }) });
    } catch (error) {
      setFailure(error);
      setStep({ at: 'start' });
    }
  };
  const join = async (found: WifiLook, draft: Draft): Promise<void> => {
    setFailure(undefined);
    setStep({ at: 'joining', look: found });
    const way = found.way === 'none' ? 'nvs' : found.way;
    try {
      setStep({ at: 'done', result: await call('setWifi', { body: { port, ...draft, way } }) });
    } catch (error) {
      setFailure(error);
      setStep({ at: 'form', look: found });
    }
  };
  const joinByAir = async (joinIt: () => Promise<WifiSet>): Promise<void> => {
    setFailure(undefined);
    setJoining(true);
    try {
      setStep({ at: 'done', result: await joinIt() });
    } catch (error) {
      // Whoever stopped it knows.
      if (!isStopped(error)) setFailure(error);
    }
    setJoining(false);
  };
  const waits = joining || step.at === 'looking' || step.at === 'joining';
  return (
    <section class="card stack loose" aria-busy={waits}>
      <header>
        <h2>{t('wifi.title')}</h2>
      </header>
      {failure !== undefined && <FailureNote failure={failure} />}
      {step.at === 'start' && (
        <SelectField
          label={t('wifi.by')}
          value={way}
          options={WAYS.map((value) => ({ value, label: t(`wifi.by.${value}`) }))}
          onChange={setWay}
        />
      )}
      {step.at === 'start' && way !== 'cable' && mayUse && (
        <AirForm key={way} way={way} port={port} busy={joining} onRun={joinByAir} />
      )}
      {step.at === 'start' && way === 'cable' && (
        <>
          <p>{t('wifi.hint')}</p>
          <div>
            <button type="button" class="button primary" disabled={!mayUse} onClick={() => void look()}>
              {t('wifi.look')}
            </button>
          </div>
        </>
      )}
      {step.at === 'looking' && <p role="status">{t('wifi.looking')}</p>}
      {(step.at === 'form' || step.at === 'joining') && (
        <WifiForm
          look={step.look}
          busy={step.at === 'joining'}
          onJoin={(draft) => void join(step.look, draft)}
        />
      )}
      {step.at === 'done' && <Joined result={step.result} onAgain={() => setStep({ at: 'start' })} />}
    </section>
  );
}

interface Draft {
  readonly ssid: string;
  readonly password: string;
  readonly proof?: string;
}

const OTHER = '';
/** What no way of espmint can give, or not each. */
const CAUTIONS: Partial<Record<string, Key>> = {
  '802.1X': 'wifi.caution.enterprise',
  WPA3: 'wifi.caution.wpa3',
  WEP: 'wifi.caution.wep',
};

/** The form changes with what the board speaks: its own list of networks, and its proof where it wants one. */
function WifiForm(props: { look: WifiLook; busy: boolean; onJoin: (draft: Draft) => void }): JSX.Element {
  const { look, busy } = props;
  // A name that is no text cannot be given back to the board.
  const networks = (look.networks ?? []).filter(({ ssidHex }) => ssidHex === undefined);
  const [chosen, setChosen] = useState(networks[0]?.ssid ?? OTHER);
  const [typed, setTyped] = useState('');
  const [password, setPassword] = useState('');
  const [proof, setProof] = useState('');
  const ssid = chosen === OTHER ? typed : chosen;
  const found = networks.find((network) => network.ssid === chosen);
  const open = found?.secured === false;
  const caution = CAUTIONS[found?.security ?? 'other'];
  const lacksProof = look.needsProof && proof === '';
  return (
    <Form
      class="stack loose"
      onSubmit={() =>
        props.onJoin({ ssid, password: open ? '' : password, ...(look.needsProof ? { proof } : {}) })
      }
    >
      <p>{t(`wifi.way.${look.way}`)}</p>
      {networks.length > 0 && (
        <SelectField
          label={t('wifi.network')}
          value={chosen}
          options={[
            ...networks.map((network) => ({
              value: network.ssid,
              label: [
                network.ssid,
                network.rssi === undefined ? undefined : `${network.rssi} dBm`,
                network.security,
              ]
                .filter((part) => part !== undefined)
                .join(' · '),
            })),
            { value: OTHER, label: t('wifi.other') },
          ]}
          onChange={setChosen}
        />
      )}
      {caution !== undefined && <Note tone="warn">{t(caution)}</Note>}
      {chosen === OTHER && <TextField label={t('wifi.name')} value={typed} onInput={setTyped} />}
      {!open && (
        <TextField label={t('people.password')} type="password" value={password} onInput={setPassword} />
      )}
      {look.needsProof && (
        <TextField label={t('wifi.proof')} type="password" value={proof} onInput={setProof} />
      )}
      <div>
        <button type="submit" class="button primary" disabled={busy || ssid === '' || lacksProof}>
          {t(busy ? 'wifi.joining' : 'wifi.join')}
        </button>
      </div>
    </Form>
  );
}

function Joined({ result, onAgain }: { result: WifiSet; onAgain: () => void }): JSX.Element {
  return (
    <div class="stack" role="status">
      <p>
        <strong>{t('wifi.done', { ssid: result.ssid ?? t('wifi.someNetwork') })}</strong>
      </p>
      {result.address !== undefined && <p class="mono">{result.address}</p>}
      <p>{sentence(t(`wifi.proof.${result.proof}`))}</p>
      {result.line !== undefined && <p class="mono small">{result.line}</p>}
      {result.warnings.map((warning) => (
        <Note key={warning.code} tone="warn">
          <CodeWords {...warning} />
        </Note>
      ))}
      <div>
        <button type="button" class="button" onClick={onAgain}>
          {t('wifi.other')}
        </button>
      </div>
    </div>
  );
}
