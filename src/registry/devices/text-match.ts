// Which devices a text means, before a page of them is read: a few that indexes name at once, or a condition.
import type pg from 'pg';
import { readSearch, type TextSearch } from './text-search.js';
import { matchUnits, unitCondition, unitDevices, type UnitMatch } from './units.js';
import {
  locationCondition,
  nameRanges,
  type Parameter,
  parameters,
  textCondition,
} from './text-condition.js';

/** All the devices that match, or what they have in common; and those that match by a unit of theirs. */
export type TextMatch = (
  | { readonly ids: readonly number[] }
  /** @param byName UUID and MAC count only where they start or end so */
  | { readonly search: TextSearch; readonly byName: boolean }
) & { readonly units?: UnitMatch | undefined };

/** More devices than this are found on the way through a list, not one by one. */
const FEW = 1000;

/** Undefined: the text says nothing. */
export async function matchText(client: pg.ClientBase, text: string): Promise<TextMatch | undefined> {
  const match = await matchNames(client, text);
  if (match === undefined || ('ids' in match && readSearch(text)?.names?.isWhole === true)) return match;
  const units = await matchUnits(client, text);
  return units === undefined ? match : { ...match, units };
}

async function matchNames(client: pg.ClientBase, text: string): Promise<TextMatch | undefined> {
  const search = readSearch(text);
  if (search?.names === undefined) return search && { search, byName: false };
  const named = await idsByName(client, search);
  if (named === 'many') return { search, byName: true };
  if (named.length === 0) return { search, byName: false };
  if (search.names.isWhole) return { ids: named };
  const placed = await idsByLocation(client, search);
  return placed === 'many' ? { search, byName: true } : { ids: [...new Set([...named, ...placed])] };
}

/**
 * The condition of a match, for devices under the name `d`.
 *
 * @param byIndex everything that matches is found first: each part by an index of its own
 */
export function matchCondition(match: TextMatch, parameter: Parameter, byIndex: boolean): string {
  const { units } = match;
  const own = ownCondition(match, parameter);
  if (units === undefined) return own;
  if (!byIndex) return `(${own} or ${unitCondition(units, parameter)})`;
  return `d.id in (select id from devices d where ${own} union ${unitDevices(units, parameter)})`;
}

function ownCondition(match: TextMatch, parameter: Parameter): string {
  if ('ids' in match) return `d.id = any(${parameter(match.ids)}::integer[])`;
  const { search, byName } = match;
  if (!byName || search.names === undefined) return textCondition(search, 'd', parameter);
  const names = nameRanges(search.names, parameter).map(({ condition }) => `(${condition})`);
  const parts = search.names.isWhole ? names : [...names, locationCondition(search, parameter)];
  return `(${parts.join(' or ')})`;
}

/** The order makes the server go along the index: it stops where there are many, whatever it believes of them. */
async function idsByName(client: pg.ClientBase, { names }: TextSearch): Promise<number[] | 'many'> {
  if (names === undefined) return [];
  const { values, parameter } = parameters();
  const parts = nameRanges(names, parameter).map(
    ({ condition, order }) =>
      `(select id from devices where ${condition} order by ${order} limit ${FEW + 1})`,
  );
  const { rows } = await client.query<{ id: number }>(parts.join(' union '), values);
  return rows.length > FEW ? 'many' : rows.map(({ id }) => id);
}

/** What the server believes decides here: no index of locations is in order. */
async function idsByLocation(client: pg.ClientBase, search: TextSearch): Promise<number[] | 'many'> {
  const { values, parameter } = parameters();
  const select = `select id from devices where ${locationCondition(search, parameter)}`;
  const { rows: plans } = await client.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `explain (format json) ${select}`,
    values,
  );
  const believed = plans[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  if (believed > FEW) return 'many';
  const { rows } = await client.query<{ id: number }>(`${select} limit ${FEW + 1}`, values);
  return rows.length > FEW ? 'many' : rows.map(({ id }) => id);
}
