// The names that other layers use of the registry's files alone: what imports them from here loads no database.
export { ownFolder } from './spool/owner.js';
export { openKeyFile } from './spool/spool-registry.js';
export { removeLeftFolders, withWorkFolder } from './work-folder.js';
