// Vietnamese.
import type { Messages } from './en.js';
import { engineer } from './vi/engineer.js';
import { operator } from './vi/operator.js';

export const vi: Messages = { ...operator, ...engineer };
