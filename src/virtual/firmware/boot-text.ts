// What a chip prints when it starts: its ROM at reset, and the first words of an application.
import type { ChipName } from '../../core/chips/index.js';
import type { BootMode } from '../reset-circuit.js';

/** First lines of the ROM by chip: name of the ROM as it prints it, and its build date. */
const ROM_BANNERS: Readonly<Record<Exclude<ChipName, 'esp32'>, readonly [string, string]>> = {
  esp32s2: ['esp32s2-rc4-20191025', 'Oct 25 2019'],
  esp32s3: ['esp32s3-20210327', 'Mar 27 2021'],
  esp32c2: ['esp8684-api2-20220127', 'Jan 27 2022'],
  esp32c3: ['esp32c3-api1-20210207', 'Feb  7 2021'],
  esp32c5: ['esp32c5-eco2-20250121', 'Jan 21 2025'],
  esp32c6: ['esp32c6-20220919', 'Sep 19 2022'],
  esp32c61: ['esp32c61-20240424', 'Apr 24 2024'],
  esp32h2: ['esp32h2-20221101', 'Nov  1 2022'],
  esp32p4: ['esp32p4-eco2-20240710', 'Jul 10 2024'],
};
/** Strapping value and its name, by boot mode. */
const ESP32_MODES = {
  download: ['0x3', 'DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)'],
  application: ['0x13', 'SPI_FAST_FLASH_BOOT'],
};
const NEWER_MODES = { download: ['0x4', 'DOWNLOAD(USB/UART0)'], application: ['0xc', 'SPI_FAST_FLASH_BOOT'] };

export type ResetCause = 'power' | 'software';
/** Number and name of the cause, of the ESP32 and of the chips after it. */
const ESP32_CAUSES = { power: '0x1 (POWERON_RESET)', software: '0x3 (SW_RESET)' };
const NEWER_CAUSES = { power: '0x1 (POWERON)', software: '0x3 (RTC_SW_SYS_RST)' };

export function romBootText(chip: ChipName, mode: BootMode, cause: ResetCause = 'power'): string {
  const [strap = '', name = ''] = (chip === 'esp32' ? ESP32_MODES : NEWER_MODES)[mode];
  const waiting = mode === 'download' ? 'waiting for download\r\n' : '';
  if (chip === 'esp32') {
    return `ets Jul 29 2019 12:21:46\r\n\r\nrst:${ESP32_CAUSES[cause]},boot:${strap} (${name})\r\n${waiting}`;
  }
  const [rom, built] = ROM_BANNERS[chip];
  return `ESP-ROM:${rom}\r\nBuild:${built}\r\nrst:${NEWER_CAUSES[cause]},boot:${strap} (${name})\r\n${waiting}`;
}

/** Bootloader and application of ESP-IDF. */
export const APPLICATION_START = [
  'I (29) boot: ESP-IDF v5.4 2nd stage bootloader',
  'I (57) boot: Loaded app from partition at offset 0x10000',
  'I (312) main_task: Calling app_main()',
];
