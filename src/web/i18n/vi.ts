// Vietnamese.
import type { Messages } from './en.js';
import { engineer } from './vi/engineer.js';
import { fleet } from './vi/fleet.js';
import { line } from './vi/line.js';
import { operator } from './vi/operator.js';

export const vi: Messages = { ...operator, ...engineer, ...line, ...fleet };
