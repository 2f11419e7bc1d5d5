// Numbers, sizes and times as a person reads them, in the language of the page.
import { currentLocale } from '../i18n/translate.js';

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** `0.4 s`, `12 s`, `3:05 min`. */
export function formatDuration(ms: number, language = currentLocale()): string {
  if (ms < 0) return formatDuration(0, language);
  if (ms < 10_000) return `${fixed(Math.floor(ms / 100) / 10, 1, language)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < MINUTE_S) return `${seconds} s`;
  return `${Math.floor(seconds / MINUTE_S)}:${String(seconds % MINUTE_S).padStart(2, '0')} min`;
}

/** `840 ms` below a second, else as formatDuration. */
export function formatShort(ms: number, language = currentLocale()): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(ms, language);
}

/** `97 %`; a share of 1 is the only one that reads 100 %. */
export function formatShare(share: number, language = currentLocale()): string {
  const percent = share * 100;
  const shown = share < 1 && percent > 99 ? Math.floor(percent * 10) / 10 : Math.round(percent);
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(shown)} %`;
}

export function formatCount(value: number, language = currentLocale()): string {
  return new Intl.NumberFormat(language).format(value);
}

/** `24 KB`, `4 MB`, `300 B`: powers of two, as flash is counted. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1 << 20 && bytes % (1 << 18) === 0) return `${bytes / (1 << 20)} MB`;
  if (bytes >= 1024) return `${Math.round((bytes / 1024) * 10) / 10} KB`;
  return `${bytes} B`;
}

/** `3 minutes ago`; after a week the date. */
export function formatAgo(iso: string, nowMs: number, language = currentLocale()): string {
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const age = Math.abs(seconds);
  if (age < MINUTE_S) return words.format(0, 'second');
  if (age < HOUR_S) return words.format(Math.trunc(seconds / MINUTE_S), 'minute');
  if (age < DAY_S) return words.format(Math.trunc(seconds / HOUR_S), 'hour');
  if (age < 7 * DAY_S) return words.format(Math.trunc(seconds / DAY_S), 'day');
  return format(iso, language, { dateStyle: 'medium' });
}

/** To the second, with the zone: `12 Mar 2026, 10:24:00 CET`. */
export function formatExact(iso: string, language = currentLocale()): string {
  const day = { year: 'numeric', month: 'short', day: 'numeric' } as const;
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  return format(iso, language, { ...day, ...time, timeZoneName: 'short' });
}

/** `10:24`: beside something that names the zone. */
export function formatClock(iso: string, language = currentLocale()): string {
  return format(iso, language, { hour: '2-digit', minute: '2-digit' });
}

/** `10:24 CET` */
export function formatClockIn(iso: string, language = currentLocale()): string {
  return format(iso, language, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
}

/** `07`: the hour of a day of 24, for an axis. */
export function formatHour(iso: string, language = currentLocale()): string {
  return format(iso, language, { hour: '2-digit', hourCycle: 'h23' }).replace(/\D/g, '');
}

/** The zone of the service: all times on the page are of it, wherever the browser stands. Absent: the browser's own. */
let zone: string | undefined;

export function setZone(name: string | undefined): void {
  zone = name;
}

/** As people call it: `CET`, `GMT+7`. */
export function zoneName(language = currentLocale()): string {
  const parts = new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: 'short' }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

function format(iso: string, language: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(new Date(iso));
}

/** The two ends of a MAC, for a tile with little room: `a4:…:56:78`. */
export function shortMac(mac: string): string {
  return mac.length === 17 ? `${mac.slice(0, 2)}:…:${mac.slice(-5)}` : mac;
}

/** The service's hints begin in lower case, without a full stop. */
export function sentence(text: string): string {
  if (text === '') return '';
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}

function fixed(value: number, digits: number, language: string): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
