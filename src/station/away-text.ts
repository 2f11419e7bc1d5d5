// What an operator is told of a batch whose database is out of reach: only what this station has done by itself is known.
import type { Away } from '../registry/index.js';

export function awayText({ batch, since, made, left }: Away): string {
  const time = since.slice(0, 16).replace('T', ' ');
  return `batch ${batch}: ${made} made, ${left} ${left === 1 ? 'place' : 'places'} left; no database since ${time} UTC`;
}
