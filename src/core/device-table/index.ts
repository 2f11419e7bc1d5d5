// The names that other folders use of files of devices.
export { type DeviceFields, PUBLIC_FIELDS } from './fields.js';
export { FAULTS_SHOWN, FaultList } from './faults.js';
export { type DeviceLine, isFault, type LineFault, readDevices } from './read.js';
export { csvCell, TABLE_FORMATS, type TableFormat, writeDevices } from './write.js';
