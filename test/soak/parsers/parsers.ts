// Every reader of what others wrote, each with an example to make near misses of.
import { createHash } from 'node:crypto';
import { checkCaUrl } from '../../../src/core/ca-url.js';
import { parseDeviceName } from '../../../src/core/device-name.js';
import { readDevices, TABLE_FORMATS } from '../../../src/core/device-table/index.js';
import { parseIdentifierList } from '../../../src/core/identifier-list.js';
import { checkLabelTemplate } from '../../../src/core/labels/template.js';
import { parseLabelTemplate } from '../../../src/core/labels/template-file.js';
import { linePatternFault } from '../../../src/core/line-pattern.js';
import { parseListEntry } from '../../../src/core/list-entry.js';
import { parseMac } from '../../../src/core/mac.js';
import { createMasker } from '../../../src/core/masking/masker.js';
import {
  decodeKeyFile,
  decryptNvs,
  encodeKeyFile,
  encodeNvs,
  encryptNvs,
  exportNvsCsv,
  generateNvs,
  inspectNvs,
  parseMassConfig,
  verifyNvs,
} from '../../../src/core/nvs/index.js';
import { scanPartitionTable, decodePartitionTable } from '../../../src/core/partition-table.js';
import { PROFILE_EXAMPLE } from '../../../src/core/profile/example.js';
import { parseProfile } from '../../../src/core/profile/parse.js';
import { parsePsk } from '../../../src/core/psk.js';
import { checkSerialTemplate, formatSerial } from '../../../src/registry/batches/serials.js';
import { parseUuid } from '../../../src/core/uuid.js';
import { BootLog } from '../../../src/driver/boot/boot-log.js';
import { decodeReply, splitBody } from '../../../src/driver/protocol/command.js';
import { encodeFrame as encodeSlip, FrameReader } from '../../../src/driver/protocol/slip.js';
import { encodeFrame } from '../../../src/registry/spool/frame.js';
import { readLogFile } from '../../../src/registry/spool/read-log.js';
import { decodeResult, encodePacket, PacketScanner } from '../../../src/wifi/improv/packet.js';
import { JoinLog } from '../../../src/wifi/join-log.js';
import {
  configStatus,
  readScanResult,
  readScanStatus,
  sessionAnswer,
  stationState,
} from '../../../src/wifi/protocomm/messages.js';
import { encodeMessage, type Fields } from '../../../src/wifi/protocomm/protobuf.js';
import { readAnswer } from '../../../src/wifi/protocomm/transport.js';
import { readVersion } from '../../../src/wifi/protocomm/version.js';
import { readV1Acknowledgement } from '../../../src/wifi/smartconfig/v1.js';
import { readV2Acknowledgement } from '../../../src/wifi/smartconfig/v2.js';

export interface ParserCase {
  /** Something that it reads without a fault. */
  readonly example: Uint8Array | string;
  readonly read: (bytes: Uint8Array, text: string) => unknown;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const NVS_BYTES = 0x3000;
const IMAGE = encodeNvs(
  [
    { namespace: 'zc', key: 'uuid', type: 'string', value: '5ab1a0a2-5d7c-5d4e-9d6a-0123456789ab' },
    { namespace: 'zc', key: 'count', type: 'u32', value: 7 },
    { namespace: 'zc', key: 'cert', type: 'blob', value: new Uint8Array(900).fill(65) },
  ],
  NVS_BYTES,
);
const NVS_CSV =
  'key,type,encoding,value\nzc,namespace,,\nname,data,string,"a ""b"""\nn,data,u8,16\nk,data,hex2bin,00ff\n';
const MAC = '24:6f:28:01:02:03';
const DEVICES = {
  csv: `mac,uuid,serial\n${MAC},5ab1a0a2-5d7c-5d4e-9d6a-0123456789ab,"S,1"\n`,
  json: `[{"mac":"${MAC}","serial":"S1"},{"mac":"${MAC}"}]`,
  jsonl: `{"mac":"${MAC}","serial":"S1"}\n{"mac":"${MAC}"}\n`,
};
const BOOT = `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nI (29) boot: ESP-IDF v5.1\r\n\x1b[0;32mI (300) wifi:got ip:10.0.0.2\x1b[0m\r\n`;
const SECRET = '00112233445566778899aabbccddeeff';
const DEVICE = { address: 'http://192.168.4.1' };
/** Each reader takes only the answer to its own request. */
const protocomm = (example: Fields, read: (bytes: Uint8Array) => unknown): ParserCase => ({
  example: encodeMessage(example),
  read: (bytes) => readAnswer(DEVICE, 'a request', () => read(bytes)),
});
const NVS_KEY = Uint8Array.from({ length: 64 }, (_, at) => at);
const MASKER = createMasker([SECRET, 'correct horse']);

export const PARSERS: Readonly<Record<string, ParserCase>> = {
  'SLIP frames and replies': {
    example: encodeSlip(Uint8Array.of(1, 0x0a, 4, 0, 1, 2, 3, 4, 0, 0, 0, 0)),
    read(bytes) {
      const reader = new FrameReader();
      reader.push(bytes);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        const reply = decodeReply(frame);
        if (reply !== undefined) splitBody(reply.body, [0, 16]);
      }
    },
  },
  'NVS image: decode, inspect, verify': {
    example: IMAGE,
    read(bytes) {
      inspectNvs(bytes);
      verifyNvs(bytes);
    },
  },
  'NVS image: export as CSV': { example: IMAGE, read: (bytes) => exportNvsCsv(bytes) },
  'NVS image: decrypt': { example: encryptNvs(IMAGE, NVS_KEY), read: (bytes) => decryptNvs(bytes, NVS_KEY) },
  'NVS key file': { example: encodeKeyFile(NVS_KEY), read: (bytes) => decodeKeyFile(bytes) },
  'NVS CSV': {
    example: NVS_CSV,
    read: (bytes) => generateNvs([{ file: 'f.csv', bytes }], NVS_BYTES, { strict: true }),
  },
  'NVS mass configuration': {
    example: 'zc,namespace,\nserial,data,string\n',
    read: (bytes) => parseMassConfig('f.csv', bytes),
  },
  'partition table': {
    example: partitionTable(),
    read(bytes) {
      scanPartitionTable(bytes);
      decodePartitionTable(bytes);
    },
  },
  'serial template': {
    example: 'SN-{0000}-A',
    read(_, text) {
      checkSerialTemplate(text);
      formatSerial(text, 42);
    },
  },
  'line pattern': { example: 'got ip: ?[0-9.]+$', read: (_, text) => linePatternFault(text) },
  ...Object.fromEntries(
    TABLE_FORMATS.map((format): [string, ParserCase] => [
      `devices as ${format}`,
      {
        example: DEVICES[format],
        async read(_, text) {
          const middle = text.length >> 1;
          for await (const line of readDevices(pieces(text.slice(0, middle), text.slice(middle)), format))
            void line;
        },
      },
    ]),
  ),
  'list entry': { example: `${MAC}..24:6f:28:01:02:ff`, read: (_, text) => parseListEntry(text) },
  'list of identifiers': {
    example: 'serial,psk\nS-1,00112233445566778899aabbccddeeff\n',
    read: (_, text) => parseIdentifierList(text, 'f.txt'),
  },
  MAC: { example: MAC, read: (_, text) => parseMac(text) },
  UUID: { example: '5ab1a0a2-5d7c-5d4e-9d6a-0123456789ab', read: (_, text) => parseUuid(text) },
  PSK: { example: SECRET, read: (_, text) => parsePsk(text) },
  'name of a device': { example: 'SN-0001', read: (_, text) => parseDeviceName(text) },
  'address of a CA': { example: 'https://ca.example.com:8443', read: (_, text) => checkCaUrl(text) },
  masker: {
    example: `psk = 0x${SECRET.toUpperCase()}, "correct\\u0020horse"\n`,
    read: (_, text) => MASKER.foreign(text),
  },
  'journal frames': {
    example: Buffer.concat([
      encodeFrame(bytesOf('{"type":"reserved","id":"1"}')),
      encodeFrame(bytesOf('{}')),
    ]),
    read: (bytes) => readLogFile('f.log', bytes),
  },
  'Improv packets': {
    example: encodePacket({ type: 4, data: Uint8Array.of(3, 4, 1, 65, 1, 66) }),
    read(bytes) {
      for (const packet of new PacketScanner().push(bytes).packets) decodeResult(packet.data);
      decodeResult(bytes);
    },
  },
  'protocomm scan result': protocomm(
    [
      [1, 5],
      [15, encodeMessage([[1, encodeMessage([[1, bytesOf('Lab')]])]])],
    ],
    readScanResult,
  ),
  'protocomm scan status': protocomm(
    [
      [1, 3],
      [13, encodeMessage([[2, 1]])],
    ],
    readScanStatus,
  ),
  'protocomm station state': protocomm(
    [
      [1, 1],
      [11, encodeMessage([[11, encodeMessage([[1, bytesOf('10.0.0.2')]])]])],
    ],
    stationState,
  ),
  'protocomm configuration status': protocomm(
    [
      [1, 5],
      [15, encodeMessage([[1, 1]])],
    ],
    (bytes) => configStatus(bytes, 'apply'),
  ),
  'protocomm session': protocomm(
    [
      [
        11,
        encodeMessage([
          [1, 1],
          [21, encodeMessage([[1, 1]])],
        ]),
      ],
    ],
    (bytes) => sessionAnswer(bytes, 1, 21),
  ),
  'protocomm version': {
    example: '{"prov":{"ver":"v1.1","sec_ver":1,"cap":["wifi_scan"]}}',
    read: (_, text) => readAnswer(DEVICE, 'proto-ver', () => readVersion(text)),
  },
  'SmartConfig acknowledgements': {
    example: Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 10, 0, 0, 2),
    read(bytes) {
      readV1Acknowledgement(bytes, 9);
      readV2Acknowledgement(bytes, 9, '10.0.0.2');
    },
  },
  'log of a board that joins': {
    example: BOOT,
    read(bytes) {
      const log = new JoinLog();
      log.pushBytes(bytes);
      log.finish();
    },
  },
  // The slowest last: a campaign that is stopped has had all others.
  'label template': {
    example: "widthMm: 50\nheightMm: 25\nqr: '{{serial}};{{uuid}}'\nlines: ['{{serial}}', 'Lot {{lot}}']\n",
    read: (_, text) => checkLabelTemplate(parseLabelTemplate(text, 'f.yaml'), 'f.yaml'),
  },
  'boot log': {
    example: BOOT,
    read(bytes) {
      const log = new BootLog({ success: 'got-ip', secrets: [SECRET] });
      log.push(bytes.subarray(0, bytes.length >> 1));
      log.push(bytes.subarray(bytes.length >> 1));
      log.finish();
    },
  },
  profile: { example: PROFILE_EXAMPLE, read: (_, text) => parseProfile(text, 'f.yaml') },
};

function partitionTable(): Uint8Array {
  const table = new Uint8Array(0xc00).fill(0xff);
  const entry = new Uint8Array(32);
  entry.set([0xaa, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x60, 0, 0, ...bytesOf('nvs')]);
  table.set(entry);
  table.set([0xeb, 0xeb], 32);
  table.set(createHash('md5').update(entry).digest(), 48);
  return table;
}

async function* pieces(...all: readonly string[]): AsyncGenerator<string> {
  for (const piece of all) yield await Promise.resolve(piece);
}
