// The part of @lydell/node-pty that is used and that its own types leave out: its native module.
declare module '@lydell/node-pty/requireBinary.js' {
  export function requireBinary(file: string): unknown;
}
