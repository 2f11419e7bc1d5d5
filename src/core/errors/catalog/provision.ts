// Errors of the provisioning flow.

export const PROVISION_ERRORS = {};
