// Errors of the virtual chip and its servers.

export const VIRTUAL_ERRORS = {};
