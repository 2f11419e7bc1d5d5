// What loaders of earlier years read: peripherals at their other address, and the UART's word that named the chip.
import { expect, it } from 'vitest';
import { createVirtualBoard } from './board.js';
import { TestClient } from './testing/client.js';

const loader = (chip: 'esp32' | 'esp32s2' | 'esp32c3'): TestClient =>
  TestClient.inLoader(createVirtualBoard({ chip, mac: 'a4:cf:12:34:56:78' }));

it('an ESP32 is known by the date of its UART, and has its eFuses there too', () => {
  const client = loader('esp32');
  expect(client.readRegister(0x6000_0078)).toBe(0x1512_2500);
  expect(client.readRegister(0x6001_a004)).toBe(client.readRegister(0x3ff5_a004));
  expect(client.readRegister(0x6001_a004)).toBe(0x1234_5678);
});

it('an S2 is known by the id of its UART', () => {
  const client = loader('esp32s2');
  expect(client.readRegister(0x6000_0078)).toBe(0x500);
  expect(client.readRegister(0x3f40_0078)).toBe(0x500);
});

it('what was built since has its peripherals at one address', () => {
  expect(loader('esp32c3').readRegister(0x3ff4_0078)).toBe(0);
});
