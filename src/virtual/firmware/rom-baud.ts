// Which rate the ROM's UART really runs at when it is set to one: it scales by the crystal that it believes in.
import { readField } from '../../core/chips/index.js';
import type { Machine } from '../machine.js';

/** Hz per step of the ESP32 ROM's calibration value: crystal = value * 15,625 Hz * (RTC clock in MHz / 40). */
const CALIBRATION_HZ = 15_625;
const RTC_CLOCK_MHZ = 40;

/** Bits per second on the wire after CHANGE_BAUDRATE with `wanted`. */
export function actualBaud({ spec, bus, identity }: Machine, wanted: number): number {
  const { baud } = spec.rom;
  if (baud.kind === 'none') return wanted;
  return (wanted * identity.crystalMhz * 1e6) / believedHz();

  function believedHz(): number {
    if (baud.kind === 'assumes') return baud.assumedMhz * 1e6;
    if (baud.kind === 'register') return readField(baud.assumedMhz, bus.read) * 1e6;
    if (baud.kind === 'none') return identity.crystalMhz * 1e6;
    const clock = readField(baud.rtcClock, bus.read) / RTC_CLOCK_MHZ;
    return readField(baud.calibration, bus.read) * CALIBRATION_HZ * clock;
  }
}
