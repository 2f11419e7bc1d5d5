// One wrong bit in an answer that is a whole frame otherwise: nothing that a board says of itself is concluded from it.
import { afterEach, expect, describe, it } from 'vitest';
import { plugIn } from '../../test/support/plug-in.js';
import { getChip, type ChipName } from '../core/chips/index.js';
import type { FlashSurvey } from '../core/flash-survey.js';
import type { ChipFacts } from '../core/stages.js';
import type { AnsweredCommand, Fault, VirtualBoard } from '../virtual/index.js';
import { connectBoard, type ConnectOptions } from './board.js';
import { ProcessBaudMemory } from './connect/baud-memory.js';
import type { SecurityState } from './connect/security.js';
import { OP } from './protocol/command.js';

const boards: VirtualBoard[] = [];
afterEach(() => {
  for (const board of boards.splice(0)) board.dispose();
});

interface Reported {
  readonly facts: ChipFacts;
  readonly security: SecurityState;
  readonly survey: FlashSurvey;
}

interface Case extends ConnectOptions {
  readonly chip: ChipName;
  readonly faults?: readonly Fault[];
  /** Is called with the op code of each request. */
  readonly onRequest?: (op: number) => void;
}

async function ask({ chip, faults = [], onRequest, ...options }: Case): Promise<Reported> {
  const spoiler = {
    out: (frame: Uint8Array): Uint8Array => {
      onRequest?.(frame[2] ?? 0);
      return frame;
    },
  };
  const { virtual, link } = await plugIn({ chip, faults: { seed: 1, faults } }, spoiler);
  boards.push(virtual);
  const board = await connectBoard(link, { stub: 'never', baudMemory: new ProcessBaudMemory(), ...options });
  return { facts: board.facts, security: board.security, survey: await board.survey() };
}

const RATES = [115_200, 921_600] as const;
const OPS: Readonly<Record<AnsweredCommand, number>> = {
  'read-register': OP.readRegister,
  'security-info': OP.securityInfo,
  'read-flash': OP.readFlashSlow,
  'flash-md5': OP.flashMd5,
};

/** What is wrong in the answers, by what it would be taken for. */
const esp32 = getChip('esp32');
const c3 = getChip('esp32c3');
const c2 = getChip('esp32c2');
const calibration = esp32.rom.baud.kind === 'calibrated' ? esp32.rom.baud.calibration[0] : undefined;
const divider = c2.crystal.kind === 'measured' ? c2.crystal.clockDivider[0] : undefined;
const CASES: readonly {
  readonly what: string;
  readonly chip: ChipName;
  readonly command: AnsweredCommand;
  readonly address?: number | undefined;
  readonly bit: number;
}[] = [
  {
    what: 'a flash of another size',
    chip: 'esp32',
    command: 'read-register',
    address: esp32.spi.data,
    bit: 16,
  },
  { what: 'no flash at all', chip: 'esp32c3', command: 'read-register', address: c3.spi.data, bit: 22 },
  { what: 'another MAC', chip: 'esp32c3', command: 'read-register', address: c3.mac.low, bit: 3 },
  { what: 'a MAC with a wrong CRC', chip: 'esp32', command: 'read-register', address: esp32.mac.low, bit: 3 },
  {
    what: 'another chip of its kind',
    chip: 'esp32c3',
    command: 'read-register',
    address: c3.uniqueId?.[1],
    bit: 7,
  },
  {
    what: 'an encrypted flash (eFuse)',
    chip: 'esp32',
    command: 'read-register',
    address: esp32.security.flashEncryptionCount[0]?.address,
    bit: esp32.security.flashEncryptionCount[0]?.shift ?? 0,
  },
  {
    what: 'secure boot (eFuse)',
    chip: 'esp32',
    command: 'read-register',
    address: esp32.security.secureBoot[0]?.address,
    bit: esp32.security.secureBoot[0]?.shift ?? 0,
  },
  {
    what: 'another revision',
    chip: 'esp32c3',
    command: 'read-register',
    address: c3.revision.minor[0]?.address,
    bit: c3.revision.minor[0]?.shift ?? 0,
  },
  {
    what: 'another crystal',
    chip: 'esp32',
    command: 'read-register',
    address: calibration?.address,
    bit: (calibration?.shift ?? 0) + 10,
  },
  {
    what: 'another crystal (clock divider)',
    chip: 'esp32c2',
    command: 'read-register',
    address: divider?.address,
    bit: 8,
  },
  { what: 'secure boot (security information)', chip: 'esp32c3', command: 'security-info', bit: 0 },
  { what: 'Secure Download Mode', chip: 'esp32c3', command: 'security-info', bit: 2 },
  { what: 'an encrypted flash (security information)', chip: 'esp32c3', command: 'security-info', bit: 32 },
  { what: 'an ESP32-C6 instead of an ESP32-C3', chip: 'esp32c3', command: 'security-info', bit: 99 },
  { what: 'a damaged partition table', chip: 'esp32', command: 'read-flash', address: 0x8000, bit: 130 },
  { what: 'a partition at another place', chip: 'esp32c3', command: 'read-flash', address: 0x8000, bit: 44 },
  { what: 'no partition table', chip: 'esp32', command: 'read-flash', address: 0x8000, bit: 1 },
  { what: 'flash that is not blank', chip: 'esp32', command: 'flash-md5', address: 0x9000, bit: 5 },
];

describe.each(RATES)('one wrong bit at %i baud at most', (baud) => {
  it.each(CASES)('makes no board $what', async ({ chip, command, address, bit }) => {
    const truth = await ask({ chip, baud });
    // An expected chip is asked in another way.
    for (const expectChip of command === 'security-info' ? [undefined, chip] : [undefined]) {
      for (const nth of [1, 2]) {
        const faults = [{ kind: 'flip-answer', command, address, nth, bit }] as const;
        expect(await ask({ chip, baud, expectChip, faults })).toEqual(truth);
      }
    }
  });

  it.each(['esp32', 'esp32c3'] as const)(
    'changes nothing in whichever answer of an %s it is',
    async (chip) => {
      const counts = new Map<number, number>();
      const onRequest = (op: number): void => void counts.set(op, (counts.get(op) ?? 0) + 1);
      const truth = await ask({ chip, baud, onRequest });
      for (const [command, op] of Object.entries(OPS) as [AnsweredCommand, number][]) {
        for (let nth = 1; nth <= (counts.get(op) ?? 0); nth++) {
          const faults = [{ kind: 'flip-answer', command, nth, bit: nth * 7 }] as const;
          expect(await ask({ chip, baud, faults }), `${command} ${nth}`).toEqual(truth);
        }
      }
      expect(counts.get(OP.readRegister)).toBeGreaterThan(8);
    },
  );
});
