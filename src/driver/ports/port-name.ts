// When two names mean one serial port: one comparison for whatever people type, settings keep and systems list.

/**
 * The name that stands for all spellings of a port: `com7`, `COM7` and `\\.\COM7`; on macOS the two devices that each port
 * has, `/dev/tty.…` (waits for a carrier when it is opened) and `/dev/cu.…` (does not). Others stand for themselves.
 */
export function portKey(name: string): string {
  const windows = /^(?:\\\\[.?]\\)?(COM\d+):?$/i.exec(name)?.[1];
  if (windows !== undefined) return windows.toUpperCase();
  return name.replace(/^\/dev\/tty\./, '/dev/cu.');
}

export const isSamePort = (one: string, other: string): boolean => portKey(one) === portKey(other);
