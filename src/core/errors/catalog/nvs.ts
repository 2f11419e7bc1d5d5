// Errors of the NVS codec.

export const NVS_ERRORS = {};
