// The pages behind the station page, as one file that is fetched when the first page has shown.
import type { Pages } from '../lazy-pages.js';
import { enBehind } from '../i18n/en-behind.js';
import { addEnglish } from '../i18n/translate.js';
import { AuditPage } from './audit/audit.js';
import { BatchesPage } from './batches/batches.js';
import { ConflictsPage } from './conflicts/conflicts.js';
import { DevicesPage } from './devices/devices.js';
import { FirmwarePage } from './firmware/firmware.js';
import { InspectPage } from './inspect/inspect.js';
import { ListsPage } from './lists/lists.js';
import { SettingsPage } from './settings/settings.js';
import { SetupPage } from './setup/setup.js';
import { TodayPage } from './today/today.js';
import { ValuesPage } from './values/values.js';

addEnglish(enBehind);

export const LAZY: Pages = {
  batches: BatchesPage,
  conflicts: ConflictsPage,
  devices: DevicesPage,
  lists: ListsPage,
  audit: AuditPage,
  setup: SetupPage,
  firmware: FirmwarePage,
  values: ValuesPage,
  today: TodayPage,
  inspect: InspectPage,
  settings: SettingsPage,
};
