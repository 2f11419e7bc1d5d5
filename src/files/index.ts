// The names that other layers use of `files`: one way to read and to write files for registry, service and command line.
export { codeOf, reasonOf, toWriteError, unreadable, unwritable } from './faults.js';
export {
  isFolder,
  makePrivateDir,
  openPrivateForAppend,
  PRIVATE_DIR,
  PRIVATE_FILE,
  readPrivateFile,
  whyNotOurs,
} from './private.js';
export {
  readBytes,
  readFileNow,
  readPieces,
  readSecretFile,
  readTextFile,
  readTextPieces,
  textPieces,
} from './read.js';
export { isPrivate, restrictToUser, tellWhatIsNotPrivate } from './windows-acl.js';
export {
  createFile,
  createOwnFile,
  inBlocks,
  pidNamespace,
  removeLeftDrafts,
  renamePatiently,
  replaceFile,
  replaceOwnFile,
  streamToFile,
  syncFolder,
} from './write.js';
