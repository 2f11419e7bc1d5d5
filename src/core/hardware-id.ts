// The optional 128-bit unique id in a chip's eFuses: the second name of its silicon, beside the MAC.

const FORM = /^[0-9a-f]{32}$/;

/**
 * The id where it tells one chip from another: 32 lower-case hex digits. All bits 0 (never burnt) or all bits 1 (a
 * reading that failed) name no chip and count as absent, as does any other text.
 */
export function usableHardwareId(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const id = text.toLowerCase();
  return FORM.test(id) && !/^(0+|f+)$/.test(id) ? id : undefined;
}
