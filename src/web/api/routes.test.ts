import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../service/contract/index.js';
import { ROUTES, addressOf, type RouteId } from './routes.js';

describe('the page calls', () => {
  it.each(Object.keys(ROUTES) as RouteId[])('%s where the contract has it', (id) => {
    const { method, path } = OPERATIONS[id];
    expect(ROUTES[id]).toBe(`${method} ${path}`);
  });

  it('with parts of the path escaped and empty filters left out', () => {
    expect(addressOf('showDevice', { device: 'a4:cf/12' }).path).toBe('api/v1/devices/a4%3Acf%2F12');
    expect(addressOf('listDevices', {}, { text: 'a b', status: '', after: undefined }).path).toBe(
      'api/v1/devices?text=a+b',
    );
  });
});
