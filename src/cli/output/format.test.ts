// The closing table of a run: aligned in a pipe and on a narrow terminal, each board's failure without what stands beside it.
import { describe, expect, it } from 'vitest';
import type { Failed, Passed } from '../../core/stages.js';
import { formatResultTable } from './format.js';
import { imageOf } from '../../../test/support/proof.js';

const passed: Passed = {
  type: 'result',
  ok: true,
  port: 'rfc2217://127.0.0.1:43185',
  chip: 'esp32',
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  image: imageOf('ab'),
  durationMs: 390,
  stagesMs: {
    connect: 244,
    inspect: 5,
    identify: 1,
    reserve: 32,
    build: 10,
    write: 40,
    verify: 21,
    confirm: 7,
  },
};
const failed: Failed = {
  type: 'result',
  ok: false,
  port: '/dev/ttyUSB0',
  code: 'REGION_INVALID',
  message:
    '/dev/ttyUSB0: the region 0x9000 + 0x1 does not begin and end on flash sectors; choose another --size.',
  next: 'Choose another --size.',
  stage: 'inspect',
  retryable: false,
  durationMs: 12_345,
};
const linesOf = (columns?: number): string[] => formatResultTable([passed, failed], columns).split('\n');

describe('the closing table', () => {
  it('has a line for each board and one below it in a pipe, whatever their length', () => {
    expect(linesOf()).toEqual([
      'PORT                       CHIP   MAC                UUID                                  RESULT',
      'rfc2217://127.0.0.1:43185  esp32  a4:cf:12:34:56:78  110e3dc9-fa05-568f-a05a-98d00891029d  ✓ PASS 0.39 s',
      '  ms: connect 244, inspect 5, identify 1, reserve 32, build 10, write 40, verify 21, confirm 7',
      '/dev/ttyUSB0               -      -                  -                                     ✕ FAIL 12.3 s',
      '  inspect: the region 0x9000 + 0x1 does not begin and end on flash sectors; choose another --size. [REGION_INVALID]',
      '',
    ]);
  });

  it('breaks between words on a terminal, and never past its edge', () => {
    const lines = linesOf(80);
    expect(lines.slice(1, 5)).toEqual([
      'rfc2217://127.0.0.1:43185  esp32  a4:cf:12:34:56:78  ✓ PASS 0.39 s',
      '  uuid 110e3dc9-fa05-568f-a05a-98d00891029d',
      '  ms: connect 244, inspect 5, identify 1, reserve 32, build 10, write 40, verify',
      '  21, confirm 7',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
