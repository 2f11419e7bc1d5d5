// What ends a command from outside.
import { expect, it } from 'vitest';
import { processIo } from './io.js';

it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const)(
  '%s stops a command in good order',
  (signal) => {
    const io = processIo();
    try {
      process.emit(signal);
      expect(io.signal.aborted).toBe(true);
    } finally {
      io.dispose();
    }
  },
);
