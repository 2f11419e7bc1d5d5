// A sound for each result, made by the browser: two rising tones for a pass, two low ones for a failure.
import type { Job } from '../../../service/contract/index.js';
import { getPrefs } from '../../prefs.js';

interface Tone {
  readonly hertz: number;
  readonly atS: number;
  readonly forS: number;
}

const PASS: readonly Tone[] = [
  { hertz: 880, atS: 0, forS: 0.09 },
  { hertz: 1318, atS: 0.1, forS: 0.16 },
];
const FAIL: readonly Tone[] = [
  { hertz: 196, atS: 0, forS: 0.22 },
  { hertz: 147, atS: 0.26, forS: 0.34 },
];
const LOUDNESS = 0.18;

let context: AudioContext | undefined;

/** Plays the result of a job, when sounds are on. A browser that has not been touched yet stays silent. */
export function playResult(state: Job['state']): void {
  if (!getPrefs().sound) return;
  if (state === 'passed') play(PASS, 'sine');
  if (state === 'failed') play(FAIL, 'square');
}

function play(tones: readonly Tone[], wave: OscillatorType): void {
  if (!navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  for (const { hertz, atS, forS } of tones) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    const begin = context.currentTime + atS;
    oscillator.type = wave;
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(LOUDNESS, begin);
    // Without a fade the end of a tone clicks.
    gain.gain.exponentialRampToValueAtTime(0.001, begin + forS);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin);
    oscillator.stop(begin + forS);
  }
}
