// Ports as a person sees them, and as Linux's sysfs shows them.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listLinuxPorts } from './ports-linux.js';
import { isNativeUsbPort, listPorts, portLabel } from './ports.js';

describe('ports', () => {
  it('are none where there is no sysfs, and not known where it cannot be read', async () => {
    const sysfs = await mkdtemp(join(tmpdir(), 'espmint-sysfs-'));
    try {
      expect(await listLinuxPorts(sysfs)).toEqual([]);
      await mkdir(join(sysfs, 'class'));
      // The superuser may read everything, but not the names in a file.
      await writeFile(join(sysfs, 'class', 'tty'), '');
      await expect(listLinuxPorts(sysfs)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    } finally {
      await rm(sysfs, { recursive: true, force: true });
    }
  });

  it('are listed without an error, even where there are none', async () => {
    for (const port of await listPorts()) expect(port.path).not.toBe('');
  });

  it('have a label that tells equal adapters apart', () => {
    const port = { path: '/dev/ttyUSB0', adapter: 'CP210x', location: '1-4.2', isNativeUsb: false };
    expect(portLabel(port)).toBe('/dev/ttyUSB0 CP210x at 1-4.2');
    expect(portLabel({ path: '/dev/ttyS0', isNativeUsb: false })).toBe('/dev/ttyS0');
  });

  it('that are no USB device are no native USB', async () => {
    expect(await isNativeUsbPort('/dev/ttyS0')).toBe(false);
    expect(await isNativeUsbPort('/dev/ttyACM77')).toBe(false);
  });

  it('are found in sysfs with their USB ids and place; what has no hardware is left out', async () => {
    const sysfs = await mkdtemp(join(tmpdir(), 'espmint-sysfs-'));
    try {
      const usb = join(sysfs, 'devices', 'usb1', '1-4.2');
      const tty = join(usb, '1-4.2:1.0', 'ttyUSB0');
      await mkdir(tty, { recursive: true });
      await writeFile(join(usb, 'idVendor'), '10c4\n');
      await writeFile(join(usb, 'idProduct'), 'ea60\n');
      await writeFile(join(usb, 'serial'), '0001\n');
      const classes = join(sysfs, 'class', 'tty');
      for (const name of ['ttyUSB0', 'ttyS0', 'ttyS1', 'tty0'])
        await mkdir(join(classes, name), { recursive: true });
      await symlink(tty, join(classes, 'ttyUSB0', 'device'));
      await symlink(sysfs, join(classes, 'ttyS0', 'device'));
      await writeFile(join(classes, 'ttyS0', 'type'), '0\n');
      await symlink(sysfs, join(classes, 'ttyS1', 'device'));
      await writeFile(join(classes, 'ttyS1', 'type'), '4\n');
      const ports = await listLinuxPorts(sysfs);
      expect(ports).toHaveLength(2);
      expect(ports).toContainEqual({ path: '/dev/ttyS1' });
      expect(ports).toContainEqual({
        path: '/dev/ttyUSB0',
        usbVendorId: '10c4',
        usbProductId: 'ea60',
        serialNumber: '0001',
        manufacturer: undefined,
        location: '1-4.2',
      });
    } finally {
      await rm(sysfs, { recursive: true, force: true });
    }
  });
});
