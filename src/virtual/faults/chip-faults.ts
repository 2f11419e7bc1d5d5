// Faults of the chip and its flash: refused blocks, wrong digests, late or no answers, power that fails mid-operation.
import type { FlashMemory } from '../flash/memory.js';
import type { Outcome, Sabotage } from '../firmware/outcome.js';
import { OP, wordAt, type Request } from '../packet.js';
import type { AnsweredCommand, Fault, Scenario } from './scenario.js';

const ANSWERED_OPS: Readonly<Record<AnsweredCommand, number>> = {
  'read-register': OP.READ_REG,
  'security-info': OP.GET_SECURITY_INFO,
  'read-flash': OP.READ_FLASH_SLOW,
  'flash-md5': OP.SPI_FLASH_MD5,
};
const DATA_OPS: readonly number[] = [OP.FLASH_DATA, OP.FLASH_DEFL_DATA];

/** Counts what the loader does and strikes when a fault's turn comes. */
export class ChipFaults implements Sabotage {
  private readonly pending: Fault[];
  private requests = 0;
  private blocks = 0;
  /** Answers that each `flip-answer` and each `wrong-md5` has seen. */
  private readonly answers = new Map<Fault, number>();
  private isSilent = false;
  private readonly programmed: { readonly from: number; readonly to: number }[] = [];

  constructor({ faults }: Scenario, flash: FlashMemory) {
    this.pending = [...faults];
    for (const fault of faults) if (fault.kind === 'stuck-cell') flash.stickAtZero(fault.address, fault.bits);
    watchPower(faults, flash);
    if (faults.some(({ kind }) => kind === 'wrong-proof')) this.watchPrograms(flash);
  }

  private watchPrograms(flash: FlashMemory): void {
    flash.observe({
      before: ({ kind, address, size }) => {
        const last = this.programmed.at(-1);
        if (kind === 'program' && last?.to === address)
          this.programmed.splice(-1, 1, { from: last.from, to: address + size });
        else if (kind === 'program') this.programmed.push({ from: address, to: address + size });
        return 'done';
      },
    });
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

  after(request: Request, outcome: Outcome): Outcome {
    if ((outcome.error ?? 0) !== 0) return outcome;
    return this.withFlippedBit(request, this.withWrongDigest(request, outcome));
  }

  private withWrongDigest({ op, data }: Request, outcome: Outcome): Outcome {
    if (op !== OP.SPI_FLASH_MD5 || outcome.data === undefined) return outcome;
    const [address, size] = [wordAt(data, 0), wordAt(data, 1)];
    const isProof = this.programmed.some(({ from, to }) => from < address + size && to > address);
    const isWrong = this.pending.filter((fault) => {
      if (fault.kind !== 'wrong-md5') return false;
      const count = (this.answers.get(fault) ?? 0) + 1;
      this.answers.set(fault, count);
      return count === fault.nth;
    });
    if (isWrong.length === 0 && !isProof) return outcome;
    // Another digest of the same form: its bytes in reverse.
    return { ...outcome, data: outcome.data.slice().reverse() };
  }

  private withFlippedBit({ op, data: asked }: Request, outcome: Outcome): Outcome {
    const about = asked.length < 4 ? undefined : wordAt(asked, 0);
    let result = outcome;
    for (const fault of [...this.pending]) {
      if (fault.kind !== 'flip-answer' || ANSWERED_OPS[fault.command] !== op) continue;
      if (fault.address !== undefined && fault.address !== about) continue;
      const count = (this.answers.get(fault) ?? 0) + 1;
      this.answers.set(fault, count);
      if (count !== fault.nth) continue;
      this.pending.splice(this.pending.indexOf(fault), 1);
      result = flipped(result, fault.bit);
    }
    return result;
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

/** The bit counts from the lowest of the first byte, and again from there behind the last. */
function flipped(outcome: Outcome, bit: number): Outcome {
  const { data, value = 0 } = outcome;
  if (data === undefined || data.length === 0)
    return { ...outcome, value: (value ^ (1 << (bit % 32))) >>> 0 };
  const at = Math.floor(bit / 8) % data.length;
  return { ...outcome, data: data.map((byte, index) => (index === at ? byte ^ (1 << (bit % 8)) : byte)) };
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
