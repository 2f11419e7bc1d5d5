// What a refusal says on a page of another language: its own words, and the service's English only where it is unfolded.
import { beforeAll, expect, it, vi } from 'vitest';
import { ApiFailure } from '../api/client.js';
import { enBehind } from '../i18n/en-behind.js';
import { SENTENCE_OF } from '../i18n/sentences.js';
import { addEnglish, loadLanguage } from '../i18n/translate.js';
import { failureText, failureWords } from './toasts.js';

beforeAll(async () => {
  addEnglish(enBehind);
  vi.stubGlobal('navigator', { languages: ['de'] });
  vi.stubGlobal('document', { documentElement: {} });
  vi.stubGlobal('localStorage', { getItem: () => null });
  await loadLanguage();
  return () => {
    vi.unstubAllGlobals();
  };
});

const ENGLISH = 'has 5 bytes, which WPA does not allow';
const refusal = (code: string, params: ApiFailure['params'] = {}): ApiFailure =>
  new ApiFailure(400, { code, message: `What is wrong ${ENGLISH}; do it otherwise.`, params });

/** What sentences are about. */
const VALUES = { reason: ENGLISH, version: 2, name: 'a', waitSeconds: 3, needed: 'admin', wanted: 'k' };

it('has no English in the sentence of any code, and keeps the words of the service for whoever unfolds them', () => {
  const codes = Object.keys(SENTENCE_OF);
  expect(codes.filter((code) => failureText(refusal(code, VALUES)).includes(ENGLISH))).toEqual([]);
  for (const code of ['WIFI_REFUSED', 'INPUT_INVALID', 'PUSH_REFUSED', 'PROFILE_INVALID', 'INTERNAL'])
    expect(failureWords(refusal(code, VALUES)).detail, code).toContain(ENGLISH);
});

it('says what to do where it does not know the code, or nobody of espmint has answered', () => {
  const unknown = failureWords(refusal('CODE_OF_ANOTHER_VERSION'));
  expect(unknown).toMatchObject({ text: expect.stringContaining('Einen Techniker rufen') as string });
  expect(unknown.detail).toContain(ENGLISH);
  expect(failureWords(refusal('HTTP_502')).text).toContain('Der Dienst antwortet nicht');
  expect(failureWords(new TypeError(ENGLISH)).text).toContain('Einen Techniker rufen');
});

it('says what exactly is wrong where there is a code for it', () => {
  expect(failureText(refusal('WIFI_INVALID', { why: 'too-long', maxBytes: 31 }))).toBe(
    'WLAN-Name oder -Passwort wird nicht angenommen. Höchstens 31 Bytes haben Platz. Korrigieren und noch einmal versuchen.',
  );
  expect(failureText(refusal('WIFI_JOIN_FAILED', { why: 'no-network' }))).toContain(
    'Die Platine sieht kein Netz dieses Namens',
  );
});
