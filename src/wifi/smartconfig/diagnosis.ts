// Why no board may have acknowledged: what this host's own network shows, then what only a person can check. Pure.

/** What is known of the interface that sent. */
export interface SenderNetwork {
  readonly interfaceName: string;
  readonly address: string;
  /** False for a cable; undefined where the system does not tell. */
  readonly wireless?: boolean | undefined;
  /** Name of the network that this host is in. */
  readonly ssid?: string | undefined;
  readonly frequencyMhz?: number | undefined;
  readonly loopback?: boolean | undefined;
}

export interface SilenceFacts {
  readonly protocol: 'v1' | 'v2';
  readonly ssid: string;
  readonly encrypted: boolean;
  readonly network: SenderNetwork | undefined;
  /** Acknowledgements for another sender, or damaged. */
  readonly foreign: number;
  /** What the board's own log said, where its port is known. */
  readonly boardSays?: 'nothing' | 'received' | 'joined' | 'wrong-password' | 'no-network' | undefined;
}

const FIVE_GHZ_FROM = 4_900;

/** Likely causes, the surest first; each a sentence that says what to do. */
export function diagnoseSilence(facts: SilenceFacts): string[] {
  return [...boardCauses(facts), ...hostCauses(facts), ...generalCauses(facts)];
}

const BOARD_CAUSES: Readonly<Record<NonNullable<SilenceFacts['boardSays']>, string>> = {
  'wrong-password': 'The board received the password and the network refused it: correct it.',
  'no-network': 'The board received the name and sees no such network: check it.',
  joined:
    'The board joined the network and its acknowledgement was lost, or it fell off again: the network isolates its clients, or the signal is weak.',
  received: 'The board received the credentials and did not join: check the password.',
  nothing: 'The board heard no packet: it is not in SmartConfig mode, or out of range.',
};

function boardCauses({ boardSays, foreign, protocol }: SilenceFacts): string[] {
  const causes = boardSays === undefined ? [] : [BOARD_CAUSES[boardSays]];
  if (foreign > 0) {
    const what = protocol === 'v1' ? 'other credentials (another length)' : 'another sender';
    causes.push(`${foreign} acknowledgement(s) came for ${what}: stop other SmartConfig senders.`);
  }
  return causes;
}

function hostCauses({ network, ssid }: SilenceFacts): string[] {
  if (network === undefined) return ['This host has no network address: join the network first.'];
  const causes: string[] = [];
  const { interfaceName, frequencyMhz } = network;
  if (network.loopback === true)
    causes.push(`${interfaceName} is the loopback of this host: no board hears it.`);
  if (frequencyMhz !== undefined && frequencyMhz >= FIVE_GHZ_FROM) {
    causes.push(
      `This host is on 5 GHz (${frequencyMhz} MHz), which these boards cannot hear: join the 2.4 GHz network.`,
    );
  }
  if (network.ssid !== undefined && network.ssid !== ssid) {
    causes.push(`This host is in "${network.ssid}", not in "${ssid}": join that network, on 2.4 GHz.`);
  }
  if (network.wireless === false && network.loopback !== true) {
    causes.push(
      `${interfaceName} is wired: the access point must send its broadcasts on the air, on 2.4 GHz, from the same subnet.`,
    );
  }
  if (network.wireless === true && frequencyMhz === undefined) {
    causes.push('If this host is on 5 GHz, no board hears it: join the 2.4 GHz network.');
  }
  return causes;
}

function generalCauses({ encrypted, boardSays }: SilenceFacts): string[] {
  return [
    'The access point may isolate its clients, or drop or bundle broadcasts: try --destination multicast, or another access point.',
    ...(boardSays === undefined
      ? [
          'A wrong password shows as silence too, because a board acknowledges only from inside the network: check it.',
        ]
      : []),
    ...(encrypted ? ['The AES key must be the one in the firmware.'] : []),
    ...(boardSays === undefined ? ['The board must be in SmartConfig mode, near the access point.'] : []),
  ];
}
