// Chance that can be repeated: numbers from a seed, and scenarios drawn from them.
import type { Direction, Fault, Scenario } from './scenario.js';

export interface Random {
  /** 0 inclusive to `below` exclusive, whole. */
  below(limit: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Same seed, same numbers (the 32-bit generator "splitmix32"). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (from) => from[below(from.length)] ?? from[0] };
}

/** Reach of random positions: a session that writes one NVS image moves a few thousand bytes. */
const BYTES = 4000;
const FRAMES = 40;

/** One to three faults of any kind, from a seed. */
export function randomScenario(seed: number): Scenario {
  const random = randomFrom(seed);
  const faults = Array.from({ length: 1 + random.below(3) }, () => random.pick(DRAWS)(random));
  return { seed, faults };
}

const direction = (random: Random): Direction => random.pick(['to-chip', 'to-host']);
const place = (random: Random): { direction: Direction; atByte: number } => ({
  direction: direction(random),
  atByte: random.below(BYTES),
});

const DRAWS: readonly [(random: Random) => Fault, ...((random: Random) => Fault)[]] = [
  (random) => ({
    kind: random.pick(['drop', 'flip', 'duplicate']),
    ...place(random),
    count: 1 + random.below(8),
  }),
  (random) => ({ kind: 'delay', ...place(random), ms: random.below(400) }),
  (random) => ({
    kind: 'noise',
    atFrame: random.below(FRAMES),
    text: random.pick(['I (12) wifi: x\r\n', '\0\0', 'Brownout detector was triggered\r\n']),
  }),
  (random) => ({ kind: random.pick(['disconnect', 'power-loss']), ...place(random) }),
  (random) => ({
    kind: 'power-loss-during',
    operation: random.pick(['erase', 'program']),
    nth: 1 + random.below(10),
  }),
  (random) => ({ kind: 'reset-loop', boots: 1 + random.below(3) }),
  (random) => ({ kind: 'failing-block', nth: 1 + random.below(3) }),
  (random) => ({ kind: 'wrong-md5', nth: 1 + random.below(4) }),
  (random) => ({
    kind: 'flip-answer',
    command: random.pick(['read-register', 'security-info', 'read-flash', 'flash-md5']),
    nth: 1 + random.below(8),
    bit: random.below(256),
  }),
  (random) => ({ kind: 'slow', nth: 1 + random.below(FRAMES), ms: random.below(300) }),
  (random) => ({ kind: 'silent', nth: 1 + random.below(FRAMES) }),
  (random) => ({
    kind: 'baud-limit',
    baud: random.pick([115_200, 230_400, 460_800]),
    oneIn: 50 + random.below(400),
  }),
  (random) => ({ kind: 'stuck-cell', address: 0x9000 + random.below(0x1000), bits: 1 << random.below(8) }),
  (random) => ({ kind: 'swap-chip', mac: `a4:cf:12:00:00:${(0x10 + random.below(0xe0)).toString(16)}` }),
];
