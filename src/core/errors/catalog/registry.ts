// Errors of the registry and the local state.

export const REGISTRY_ERRORS = {};
