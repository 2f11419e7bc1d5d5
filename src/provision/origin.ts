// Who provisions, and where: the caller of the flow knows, and the registry keeps it with each attempt.
import type { AttemptFacts } from '../registry/index.js';

export type Origin = Pick<AttemptFacts, 'station' | 'slot' | 'operator' | 'toolVersion' | 'batch'>;
