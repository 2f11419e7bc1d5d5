// What lines of a boot log say: signs of a start and of a failure, each counted only from the mouth it belongs to.

/** Who wrote a line, as far as its form tells. */
export interface LogLine {
  /** Without colours and line noise. */
  readonly text: string;
  /** Of ESP-IDF's format, `E (42) boot: text`; absent where the line has none. */
  readonly idf?: { readonly level: string; readonly tag: string; readonly message: string };
  /** It carries the prefix of a logger, so it is somebody's sentence and no output of ROM or panic handler. */
  readonly isLogged: boolean;
}

const IDF = /^([EWIDV]) (?:\([\d:. -]{1,24}\) )?([\w.*-]{1,40}): ?(.*)$/;
/** ESP-IDF, Arduino and ESPHome, Zephyr and Rust (log, defmt), Tasmota, `E: text` of MCUboot. */
const LOGGED =
  /^(?:[EWIDVN]:? |\[[^\]]{0,40}\]|<\w{3}> |\d\d:\d\d:\d\d|(?:trace|debug|info|warn|warning|error)\b *[-:])/i;

export function parseLogLine(text: string): LogLine {
  const [, level, tag, message] = IDF.exec(text) ?? [];
  const isLogged = LOGGED.test(text);
  if (level === undefined || tag === undefined || message === undefined) return { text, isLogged };
  return { text, isLogged, idf: { level, tag, message } };
}

/** Tags of the second-stage bootloader. */
const LOADER_TAG =
  /^(?:boot|boot_comm|bootloader\w*|esp_image|flash_parts|secure_boot\w*|flash_encrypt\w*|efuse|qio_mode|MCUboot|esp_bootloader\w*)$/i;
/** Tags of ESP-IDF and Zephyr on the way to the application's own code, which may still fail. */
const STARTUP_TAG =
  /^(?:cpu_start|app_init|app_start|main_task|heap_init|spi_flash|efuse\w*|sleep\w*|coexist|memory_layout|\w*psram|clk|rtc\w*|intr_alloc|system_api|esp_core_dump\w*|mspi\w*|octal\w*|opi\w*|soc_\w+|flash_init|esp_apptrace|BOD|task_wdt|cache_err|esp_system)$/i;

const PANICKED = 'the firmware panicked';
const ABORTED = 'the firmware aborted';
const ASSERTION = 'an assertion of the firmware failed';
const NO_APPLICATION = 'there is no application in flash';
const DAMAGED = 'the firmware in flash is damaged';
const LOW_SUPPLY = 'the supply voltage fell too low';
const SECURE_BOOT = 'secure boot refuses the firmware';
const HEAP = 'the firmware overwrote its heap';
const STACK = 'a task overflowed its stack';
const HANGS = 'the firmware hangs (task watchdog)';

/** `isOpen`: something better may still come; it is the reason when nothing does. */
type Sign = readonly [
  /** Whose words these are: a log line of an application that says the same is none. */
  by: 'anyone' | 'unlogged' | 'loader',
  pattern: RegExp,
  reason: string,
  isOpen?: true,
];

/** After these no success can come. Texts of the ROMs, ESP-IDF 4.4 to 6, Zephyr, MCUboot, esp-hal, MicroPython, ESPHome. */
const FAILURES: readonly Sign[] = [
  // Panics, in forms that nobody writes by chance. They may come in the middle of a line that was being printed.
  ['anyone', /Guru Meditation Error: Core\s+\d+ panic'ed/i, PANICKED],
  ['unlogged', /^Guru Meditation Error/i, PANICKED],
  ['anyone', /\babort\(\) was called at PC 0x/i, ABORTED],
  ['unlogged', /\babort\(\) was called/i, ABORTED],
  ['unlogged', /^abort\(\)/i, ABORTED],
  ['anyone', /ESP_ERROR_CHECK failed: esp_err_t 0x/, ABORTED],
  ['unlogged', /^terminate called/, ABORTED],
  ['anyone', /assert failed: \S.{0,200}:\d+/i, ASSERTION],
  ['unlogged', /^assert failed/i, ASSERTION],
  ['anyone', /assertion ".{0,300}" failed: file "/i, ASSERTION],
  ['anyone', /ASSERTION FAIL \[/, ASSERTION],
  ['unlogged', /stack smashing (?:protect failure|detected)/i, 'the firmware overwrote its stack'],
  ['anyone', /\*\*\*ERROR\*\*\* A stack overflow in task/i, STACK],
  ['unlogged', /stack overflow in task/i, STACK],
  ['anyone', /\bCORRUPT HEAP: /, HEAP],
  ['unlogged', /^(?:heap corruption|corrupt heap)/i, HEAP],
  ['unlogged', /^(?:Fatal exception|Unhandled debug exception)/i, PANICKED],
  ['unlogged', /^Interrupt wdt timeout on CPU/i, 'the firmware hangs (interrupt watchdog)'],
  ['anyone', /^[EW] (?:\([\d:.]+\) )?(?:esp_)?task_wdt: .*(?:triggered|did not reset)/i, HANGS],
  ['unlogged', /^task watchdog got triggered/i, HANGS],
  ['anyone', /^(?:[EWI] (?:\(\d+\) )?BOD: )?brownout detector was triggered/i, LOW_SUPPLY],
  // Firmware that is not built with ESP-IDF.
  ['unlogged', /^Core\s+\d+ register dump:|^ELF file SHA256: /i, PANICKED],
  ['anyone', />>> ZEPHYR FATAL ERROR \d+/, PANICKED],
  [
    'unlogged',
    /^={3,} PANIC ={3,}|^!! A panic occurr?ed|^panicked at |^thread '[^']*' (?:\(\d+\) )?panicked at |^panic: /,
    PANICKED,
  ],
  ['anyone', /^\[?(?:ERROR|E)\]? (?:- )?panicked at /, PANICKED],
  [
    'unlogged',
    /^(?:Exception occurr?ed|Exception '[^']+' m?e?pc=|core \d+ PC 0x[0-9a-f]+ panic:|FATAL: uncaught NLR)/i,
    PANICKED,
  ],
  ['anyone', /^(?:\[[^\]]{0,20}\] )?_?(?:up_)?assert: .*assertion failed/i, ASSERTION],
  ['unlogged', /^You are in safe mode because:/, 'the firmware went into its safe mode'],
  [
    'anyone',
    /\bsafe_mode\b.*(?:boot loop detected|safe mode is active)/i,
    'the firmware restarts again and again, and went into its safe mode',
  ],
  [
    'anyone',
    /^(?:E: |\[\w+\] \[ERR\] ).*(?:unable to find bootable image|image .*not valid)/i,
    NO_APPLICATION,
  ],
  [
    'unlogged',
    /^Traceback \(most recent call last\):/,
    "the firmware's program ended with an exception",
    true,
  ],
  // The boot ROM.
  ['unlogged', /^invalid header: 0x/i, 'there is no firmware in flash'],
  ['unlogged', /^flash read err\b/i, 'the flash cannot be read'],
  ['unlogged', /^(?:csum err|checksum err|sha-?256 (?:err|comparison failed)|ets_main\.c \d+)/i, DAMAGED],
  [
    'unlogged',
    /^(?:secure boot (?:check fail|(?:v\d )?verification fail)|valid secure boot key blocks: 0$|sig(?:nature)? block \d+ invalid|signature verification failed$|no valid (?:secure boot|signature))/i,
    SECURE_BOOT,
  ],
  [
    'unlogged',
    /^waiting for download$|^rst:0x[0-9a-f]+ \(\w+\),boot:0x[0-9a-f]+ \(\w*DOWNLOAD/i,
    'it is still in its loader',
  ],
  // The second-stage bootloader.
  ['loader', /no bootable app partitions|nothing to boot/i, NO_APPLICATION],
  [
    'loader',
    /(?:verify|load) partition table|partition \d+ invalid magic/i,
    'there is no valid partition table in flash',
  ],
  [
    'loader',
    /secure boot.*(?:fail|invalid)|signature.*(?:fail|invalid)|no valid signature|verification failed/i,
    SECURE_BOOT,
  ],
  ['loader', /(?:hash|checksum) failed|image is corrupt|has invalid (?:checksum|hash)/i, DAMAGED],
  [
    'loader',
    /mismatch chip id|requires chip rev|chip rev\w* check failed/i,
    'the firmware is made for another chip',
  ],
  ['loader', /^/, 'the bootloader reports an error', true],
];

export interface Failure {
  readonly reason: string;
  readonly isOpen: boolean;
}

export function failureIn(line: LogLine): Failure | undefined {
  const { idf } = line;
  const loaderError = idf?.level === 'E' && LOADER_TAG.test(idf.tag) ? idf.message : undefined;
  const [, , reason, isOpen] =
    FAILURES.find(([by, pattern]) => {
      if (by === 'loader') return loaderError !== undefined && pattern.test(loaderError);
      return (by === 'anyone' || !line.isLogged) && pattern.test(line.text);
    }) ?? [];
  if (reason === undefined) return undefined;
  const cause = /panic'ed \(([^)]{1,60})\)/.exec(line.text)?.[1];
  return {
    reason: cause === undefined ? reason : `${reason} (${cause})`,
    isOpen: isOpen === true,
  };
}

export const BUILT_IN_SUCCESS = ['banner', 'application', 'got-ip'] as const;
export type BuiltInSuccess = (typeof BUILT_IN_SUCCESS)[number];

/** The ROM started and reads its program from flash. */
const BANNER = /boot:0x[0-9a-f]+ \(\w*(?:SPI|FLASH)\w*BOOT/i;

/** The application's main function is called, or about to be: ESP-IDF 4 and 5, then other systems' first words. */
const APPLICATION =
  /\bcalling app_main\(\)|returned from app_main\(\)|(?:cpu|app)_start: starting scheduler|main_task: started on cpu|\*\*\* booting zephyr os (?:build|version)|^(?:adafruit )?(?:micro|circuit)python v?\d|\[app:\d+\]: (?:running through setup|esphome version)|\btasmota version \d|^nuttshell/i;

/** The ROM's report of what it loaded ends with this; what comes now is the bootloader's or the application's. */
export const LOADED = /^entry 0x[0-9a-f]{8}/i;
/** Lines of ROM and loaders in no logger's format. */
const ROM_LINE =
  /^(?:ets |ESP-ROM:|Build:|rst:|configsip|SPIWP|clk_drv|mode:|load:|ho \d+ tail|entry 0x|Saved PC|Octal Flash|For octal|\[esp32\w*\] \[\w+\]|[EWI]: |\*\*\* (?:Booting MCUboot|Using Zephyr))/i;
const CRASH_WORD =
  /panic|except|fatal|abort|assert|fault|corrupt|overflow|watchdog|wdt|backtrace|reboot|elf file|dump|brownout/i;

/** A line of the application's own: it runs, whatever it is built with. Only behind what the ROM loaded. */
function isOwnLine({ text, idf }: LogLine): boolean {
  if (ROM_LINE.test(text) || CRASH_WORD.test(text)) return false;
  if (idf !== undefined && (LOADER_TAG.test(idf.tag) || STARTUP_TAG.test(idf.tag))) return false;
  return /[\p{L}\p{N}]{2}/u.test(text);
}

const IPV4 = String.raw`((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\d.]*\d)`;
/** ESP-IDF's esp_netif, and how applications, Arduino, ESPHome, Tasmota, Zephyr, MicroPython and Rust put it. */
const ADDRESS = new RegExp(
  [
    String.raw`\bgot ip\w*\b[^\d]{0,80}${IPV4}`,
    String.raw`\b(?:\w*sta|eth|wi-?fi|wlan|station|local|my|own|device|dhcp)[ _-]?ip(?:v?4)?(?: address)?\W{0,8}${IPV4}`,
    String.raw`\bip(?:v?4)?[ _-]?addr(?:ess)?\b(?:\s+is|\s+of \S{1,40})?\W{0,8}${IPV4}`,
    String.raw`(?:^|[\s,;(\[])ip(?:v?4)?\s{0,2}[:=]\s{0,4}${IPV4}`,
    String.raw`dhcp\w*\b.{0,60}\b(?:received|address|lease|bound|acquired|config)\b[^\d]{0,20}${IPV4}`,
    String.raw`\bnetwork config\b[^\d]{0,8}${IPV4}`,
  ].join('|'),
  'gi',
);
/** Somebody else's, when it stands right before the address's name. */
const OTHERS =
  /\b(?:(?:soft-?)?ap|gateway|gw|dns|server|broker|host|remote|peer|target|ping|old|last|previous)[ _'s-]{0,3}$/i;
/** There is none yet, or no longer. */
const NEGATED =
  /\b(?:never|not|no (?:got|ip|address)|didn'?t|cannot|lost|losing|fail\w*|without|waiting|unable|expect\w*)\b/i;
/** Nobody's, one's own, given by itself when no server answers, and many at once. */
const NO_ADDRESS = /^(?:0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|255\.)/;

function hasAddress({ text }: LogLine): boolean {
  for (const found of text.matchAll(ADDRESS)) {
    const address = found.slice(1).join('');
    const before = text.slice(0, found.index);
    const name = found[0].slice(0, found[0].lastIndexOf(address));
    if (!NO_ADDRESS.test(address) && !OTHERS.test(before) && !NEGATED.test(before + name)) return true;
  }
  return false;
}

/** @param isLoaded whether the ROM has said since its last start what it loaded */
export function succeeds(sign: BuiltInSuccess, line: LogLine, isLoaded: boolean): boolean {
  if (sign === 'banner') return BANNER.test(line.text);
  if (sign === 'got-ip') return hasAddress(line);
  return APPLICATION.test(line.text) || (isLoaded && isOwnLine(line));
}

/** Lines of which each start prints one: whichever the console shows. */
const STARTS: readonly RegExp[] = [
  /\brst:0x[0-9a-f]+ \((\w+)\)/i,
  /^(Rebooting)\.\.\.$/,
  /^ESP-ROM:(\w+)/,
  /boot: ESP-IDF \S+ (2nd stage bootloader)/,
];
/** The first is our own reset; a watchdog may bite once on the way up. */
const MAX_STARTS = 3;
/** `Rebooting...` never is our own reset. */
const REBOOTING = 1;

/** Counts starts. */
export class Restarts {
  readonly #counts = new Map<number, number>();

  /** @returns why the board is taken to restart for ever */
  take({ text }: LogLine): string | undefined {
    for (const [kind, pattern] of STARTS.entries()) {
      const found = pattern.exec(text);
      if (found === null) continue;
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      const cause = found[1] ?? '';
      if (count > 1 && /brown_?out/i.test(cause)) return LOW_SUPPLY;
      if (count > (kind === REBOOTING ? MAX_STARTS - 1 : MAX_STARTS))
        return `it restarts again and again (${cause})`;
    }
    return undefined;
  }
}
