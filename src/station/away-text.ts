// What an operator is shown of a batch whose database is out of reach: only what this station has done by itself is known.
import { formatMoment, systemZone } from '../core/times.js';
import type { Away } from '../registry/index.js';
import { counted } from '../core/text.js';

export function awayText({ batch, since, made, left }: Away): string {
  return `batch ${batch}: ${made} made, ${counted(left, 'unit')} left; no database since ${formatMoment(since, systemZone())}`;
}
