// Answers of the fake service, one for each operation that the page calls.
import { layOutLabel } from '../../../src/core/labels/layout.js';
import { standardTemplate } from '../../../src/core/labels/template.js';
import { labelFont, labelValuesOf } from '../../../src/station/index.js';
import type { Job, PortState } from '../../../src/service/contract/index.js';
import { listedDeviceSchema } from '../../../src/service/contract/devices.js';
import { userSchema } from '../../../src/service/contract/session.js';
import { labelFile } from '../../../src/service/labels/label-file.js';
import { previewProfile } from '../../../src/service/profiles/preview.js';
import { checkInput, jsonProfile } from '../../../src/service/profiles/profile-text.js';
import { fleet } from './fleet.js';
import { governing } from './governing.js';
import { line } from './line.js';
import { products } from './products.js';
import { FakeFile, Refusal, type Handlers } from './refusal.js';
import { newJob, runJob, type Pace } from './run.js';
import { inspectionOf } from './reports.js';
import { sampleMac, type FakeWorld } from './world.js';

const done = { ok: true } as const;

function withoutJob(port: PortState): PortState {
  const copy = { ...port };
  delete copy.job;
  return copy;
}

export function handlersOf(world: FakeWorld, pace: Pace): Handlers {
  return {
    ...boards(world),
    ...jobs(world, pace),
    ...profiles(world),
    ...devices(world),
    ...line(world),
    ...fleet(world),
    ...governing(world),
    ...products(world),
    ...access(world),
  };
}

function boards(world: FakeWorld): Handlers {
  const list = () =>
    [...world.ports.values()]
      .filter(({ kind }) => kind === 'virtual')
      .map(({ port, slot, present }) => ({ port, chip: 'esp32', mac: sampleMac(slot), plugged: present }));
  return {
    listPorts: () => ({ ports: [...world.ports.values()].sort((a, b) => a.slot - b.slot) }),
    addPort: ({ body: { port } }) => {
      if (!/^(tcp|rfc2217):\/\//.test(port)) {
        throw new Refusal(
          400,
          'ADDRESS_INVALID',
          `"${port}" is no port; give tcp://host:port or rfc2217://host:port.`,
        );
      }
      const slot = world.ports.size + 1;
      return world.putPort({
        port,
        slot,
        kind: 'network',
        label: port,
        present: true,
        isNativeUsb: false,
        inspecting: false,
      });
    },
    removePort: ({ body: { port } }) => {
      const slot = world.ports.get(port)?.slot ?? 0;
      world.ports.delete(port);
      world.emit({ type: 'portRemoved', port, slot });
      return done;
    },
    inspectPort: ({ body: { port } }) => inspectionOf(world, port),
    lookAtWifi: ({ body: { port } }) => ({
      port,
      way: 'improv',
      needsProof: false,
      networks: [
        { ssid: 'Factory Floor', rssi: -48, secured: true },
        { ssid: 'Guests', rssi: -70, secured: false },
      ],
    }),
    setWifi: ({ body: { port, ssid } }) => ({
      port,
      ssid,
      way: 'improv',
      url: 'http://192.168.1.77/',
      proof: 'firmware',
      warnings: [],
    }),
    listVirtualBoards: () => ({ boards: list() }),
    addVirtualBoards: ({ body: { count } }) => {
      world.addVirtualPorts(count);
      return { boards: list() };
    },
    removeVirtualBoards: () => {
      for (const { port, slot, kind } of [...world.ports.values()]) {
        if (kind !== 'virtual') continue;
        world.ports.delete(port);
        world.emit({ type: 'portRemoved', port, slot });
      }
      return { boards: [] };
    },
    plugVirtualBoard: ({ body: { port, plugged } }) => {
      const state = world.ports.get(port);
      if (state === undefined) throw new Refusal(404, 'PORT_NOT_FOUND', `There is no port ${port}.`);
      const { job } = state;
      // A pass clears itself when its board goes; everything else waits to be seen.
      const keep = job !== undefined && job.state !== 'passed';
      world.putPort({ ...withoutJob(state), present: plugged, ...(keep ? { job } : {}) });
      return { port, chip: 'esp32', mac: sampleMac(state.slot), plugged };
    },
  };
}

function jobs(world: FakeWorld, pace: Pace): Handlers {
  const running = new Map<string, AbortController>();
  const begin = (job: Job): Job => {
    const abort = new AbortController();
    running.set(job.id, abort);
    void runJob(job, { world, pace, signal: abort.signal }).finally(() => running.delete(job.id));
    return job;
  };
  const find = (id: string): Job => {
    const job = world.jobs.find((other) => other.id === id);
    if (job === undefined) throw new Refusal(404, 'JOB_UNKNOWN', `There is no job ${id}.`);
    return job;
  };
  return {
    startJobs: ({ body }) => {
      const name = world.settings.profile?.name ?? world.profiles[0]?.name;
      if (name === undefined)
        throw new Refusal(409, 'PROFILE_MISSING', 'No product is set up; set one up first.');
      const profile = { name, version: world.profiles.find((saved) => saved.name === name)?.version ?? 1 };
      return { jobs: body.ports.map((port) => begin(newJob(world, port, profile))) };
    },
    listJobs: ({ query }) => ({
      jobs: world.jobs
        .filter(({ state }) => query.state === undefined || state === query.state)
        .filter(({ failure }) => query.code === undefined || failure?.code === query.code)
        .slice(0, query.limit),
    }),
    cancelJob: ({ params: { id } }) => {
      running.get(id)?.abort();
      return find(id);
    },
    retryJob: ({ params: { id } }) => {
      const { port, profile } = find(id);
      return begin(newJob(world, port, profile, id));
    },
    acknowledgeJob: ({ params: { id } }) => {
      const seen = { ...find(id), seen: true };
      world.putJob(seen);
      const port = world.ports.get(seen.port);
      if (port !== undefined) {
        world.putPort(withoutJob(port));
      }
      return seen;
    },
  };
}

function profiles(world: FakeWorld): Handlers {
  const newest = () => {
    const names = [...new Set(world.profiles.map(({ name }) => name))];
    return names.flatMap((name) => world.profiles.filter((saved) => saved.name === name).slice(-1));
  };
  return {
    listProfiles: () => ({
      profiles: newest().map(({ name, version, savedAt, savedBy }) => ({ name, version, savedAt, savedBy })),
      damaged: [],
      ...(world.settings.profile === undefined ? {} : { current: world.settings.profile }),
    }),
    getProfile: ({ params: { name } }) => {
      const found = newest().find((saved) => saved.name === name);
      if (found === undefined) throw new Refusal(404, 'PROFILE_UNKNOWN', `There is no product ${name}.`);
      return found;
    },
    saveProfile: async ({ body: { profile, basedOn, note } }, { user }) => {
      const checked = await checkInput(profile);
      if ('findings' in checked) {
        throw new Refusal(
          400,
          'PROFILE_INVALID',
          `The profile is not valid: ${checked.findings[0]?.reason ?? ''}.`,
        );
      }
      const settings = jsonProfile(checked.profile);
      const before = newest().find(({ name }) => name === settings.name);
      if ((before?.version ?? 0) !== (basedOn ?? 0)) {
        throw new Refusal(
          409,
          'PROFILE_CHANGED',
          `${settings.name} was saved by somebody else; load it and make the change again.`,
        );
      }
      const saved = {
        name: settings.name,
        version: (basedOn ?? 0) + 1,
        savedAt: new Date().toISOString(),
        savedBy: user?.name ?? 'local',
        ...(note === undefined ? {} : { note }),
        text: `name: ${settings.name}\n`,
        settings,
      };
      world.profiles.push(saved);
      world.emit({ type: 'profile', profile: { name: saved.name, version: saved.version } });
      return saved;
    },
    listSecrets: () => ({
      secrets: [...world.secrets].map((name) => ({ name, savedAt: '2026-03-12T08:00:00Z' })),
    }),
    putSecret: ({ params: { name } }) => {
      world.secrets.add(name);
      return done;
    },
    removeSecret: ({ params: { name } }) => {
      world.secrets.delete(name);
      return done;
    },
    previewProfile: ({ body }) => previewProfile(body),
  };
}

function devices(world: FakeWorld): Handlers {
  const matching = ({ text = '', status = '' }: { text?: string | undefined; status?: string | undefined }) =>
    world.devices.filter(
      (device) =>
        (status === '' ? device.status !== 'removed' : device.status === status) &&
        [device.mac, device.uuid, device.location ?? '', device.units[0]?.serial ?? ''].some((value) =>
          value.toLowerCase().includes(text.toLowerCase()),
        ),
    );
  const find = (device: string) => {
    const found = world.devices.find(({ mac, uuid }) => mac === device || uuid === device);
    if (found === undefined)
      throw new Refusal(404, 'DEVICE_UNKNOWN', `The registry does not know ${device}.`);
    return found;
  };
  return {
    listDevices: ({ query }) => {
      const all = matching(query);
      const from = Number(query.after ?? 0);
      const next = from + query.limit;
      const page = all
        .slice(from, next)
        .map((device) => listedDeviceSchema.parse({ ...device, ...device.units[0] }));
      return { devices: page, ...(next < all.length ? { next: String(next) } : {}) };
    },
    exportDevices: ({ query }) =>
      ['mac,uuid,status', ...matching(query).map(({ mac, uuid, status }) => `${mac},${uuid},${status}`)].join(
        '\n',
      ),
    showDevice: ({ params: { device } }) => find(device),
    deviceLabel: async ({ params: { device }, query: { format } }) => {
      const values = labelValuesOf(find(device));
      const layout = layOutLabel(standardTemplate(values), values, await labelFont());
      const { contentType, content } = await labelFile(values.mac, layout, format);
      return new FakeFile(contentType, content);
    },
    revealKey: ({ params: { device }, body: { reason } }) => {
      const found = world.devices.find(({ mac }) => mac === device);
      const psk = world.keys.get(device);
      if (found === undefined || psk === undefined)
        throw new Refusal(404, 'DEVICE_UNKNOWN', `The registry does not know ${device}.`);
      world.reveals.push({ device, reason });
      return { mac: found.mac, uuid: found.uuid, psk };
    },
    testCa: ({ body: { url } }) => {
      if (url.includes('down')) {
        return { ok: false, durationMs: 3000, code: 'CA_UNREACHABLE', message: 'The CA does not answer.' };
      }
      return { ok: true, durationMs: 12, status: 404 };
    },
    registryStatus: () =>
      world.registryOk
        ? {
            ok: true,
            description: 'PostgreSQL 18 that comes with espmint, 127.0.0.1:5433',
            durationMs: 1.4,
            conflicts: world.waiting.conflicts,
            pushes: { pending: 0, dead: world.waiting.deadPushes },
            spool: world.registryTrouble.spool,
          }
        : {
            ok: false,
            description: 'PostgreSQL at db.example.com',
            durationMs: 3000,
            code: 'REGISTRY_UNREACHABLE',
            message: 'The registry does not answer; check that it runs and that the network reaches it.',
            ...world.registryTrouble.failure,
          },
    testRegistry: ({ body: { databaseUrl } }) => ({
      ok: databaseUrl.includes('good'),
      description: 'PostgreSQL at that address',
      durationMs: 12,
    }),
  };
}

/** People, machines, and the version. */
function access(world: FakeWorld): Handlers {
  return {
    version: () => ({ version: '0.1.0', node: 'v20', platform: 'linux x64', instance: world.instance }),
    listUsers: () => ({ users: world.users.map((user) => userSchema.parse(user)) }),
    addUser: ({ body }) => {
      const user = { ...body, createdAt: new Date().toISOString() };
      world.users.push(user);
      return user;
    },
    setPassword: () => done,
    removeUser: ({ params: { name } }) => {
      world.users.splice(
        world.users.findIndex((user) => user.name === name),
        1,
      );
      return done;
    },
    listSessions: () => ({ sessions: [] }),
    listTokens: () => ({ tokens: [...world.tokens] }),
    createToken: ({ body }) => {
      const token = { id: String(world.tokens.length + 1), ...body, createdAt: new Date().toISOString() };
      world.tokens.push(token);
      return { ...token, token: `espmint_${'0'.repeat(40)}` };
    },
    revokeToken: ({ params: { id } }) => {
      world.tokens.splice(
        world.tokens.findIndex((token) => token.id === id),
        1,
      );
      return done;
    },
  };
}
