// Who runs this command, for records: under the same name as the registry's own records.
export { processUser as whoami } from '../../registry/process-user.js';
