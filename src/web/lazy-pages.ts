// Names of the pages behind the station page: the page knows them before it has the pages themselves.
import type { JSX } from 'preact';
import type { Place } from './router.js';

export const LAZY_PAGES = [
  'batches',
  'devices',
  'conflicts',
  'lists',
  'audit',
  'setup',
  'firmware',
  'values',
  'today',
  'inspect',
  'settings',
] as const;
export type LazyPage = (typeof LAZY_PAGES)[number];

export type Page = (props: { place: Place }) => JSX.Element;
export type Pages = Readonly<Record<LazyPage, Page>>;
