// Faults of the chip and its flash: refused blocks, wrong digests, late or no answers, power that fails mid-operation.
import type { FlashMemory } from '../flash/memory.js';
import type { Sabotage } from '../firmware/outcome.js';
import { OP } from '../packet.js';
import type { Fault, Scenario } from './scenario.js';

const DATA_OPS: readonly number[] = [OP.FLASH_DATA, OP.FLASH_DEFL_DATA];

/** Counts what the loader does and strikes when a fault's turn comes. */
export class ChipFaults implements Sabotage {
  private readonly pending: Fault[];
  private requests = 0;
  private blocks = 0;
  private digests = 0;
  private isSilent = false;

  constructor({ faults }: Scenario, flash: FlashMemory) {
    this.pending = [...faults];
    for (const fault of faults) if (fault.kind === 'stuck-cell') flash.stickAtZero(fault.address, fault.bits);
    watchPower(faults, flash);
  }

  /** A reset ends silence. Gives how often the chip restarts before its program runs, once. */
  takeBoots(): number {
    this.isSilent = false;
    return this.take('reset-loop')?.boots ?? 0;
  }

  /** The MAC of the chip that the next connection meets, once. */
  takeSwap(): string | undefined {
    return this.take('swap-chip')?.mac;
  }

  before(op: number): { delayMs: number; fate: 'carry-out' | 'refuse' | 'ignore' } {
    this.requests += 1;
    if (this.take('silent', ({ nth }) => nth <= this.requests) !== undefined) this.isSilent = true;
    const slow = this.pending.find((fault) => fault.kind === 'slow');
    const delayMs = slow?.kind === 'slow' && slow.nth <= this.requests ? slow.ms : 0;
    if (this.isSilent) return { delayMs, fate: 'ignore' };
    if (!DATA_OPS.includes(op)) return { delayMs, fate: 'carry-out' };
    this.blocks += 1;
    const fails = this.take('failing-block', ({ nth }) => nth === this.blocks) !== undefined;
    return { delayMs, fate: fails ? 'refuse' : 'carry-out' };
  }

  after(op: number, data: Uint8Array): Uint8Array {
    if (op !== OP.SPI_FLASH_MD5) return data;
    this.digests += 1;
    if (this.take('wrong-md5', ({ nth }) => nth === this.digests) === undefined) return data;
    // Another digest of the same form: its bytes in reverse.
    return data.slice().reverse();
  }

  private take<K extends Fault['kind']>(
    kind: K,
    when: (fault: Extract<Fault, { kind: K }>) => boolean = () => true,
  ): Extract<Fault, { kind: K }> | undefined {
    const isDue = (fault: Fault): fault is Extract<Fault, { kind: K }> =>
      fault.kind === kind && when(fault as Extract<Fault, { kind: K }>);
    const index = this.pending.findIndex(isDue);
    const [fault] = index === -1 ? [] : this.pending.splice(index, 1);
    return fault !== undefined && isDue(fault) ? fault : undefined;
  }
}

function watchPower(faults: readonly Fault[], flash: FlashMemory): void {
  for (const fault of faults) {
    if (fault.kind !== 'power-loss-during') continue;
    let seen = 0;
    const stop = flash.observe({
      before: ({ kind }) => {
        if (kind === fault.operation) seen += 1;
        if (kind !== fault.operation || seen !== fault.nth) return 'done';
        stop();
        return 'power-loss';
      },
    });
  }
}
