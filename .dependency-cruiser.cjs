// The import fence: which layer may know which other. ARCHITECTURE.md draws the same picture.
// `npm run check` runs it, and test/architecture proves that it bites.
const layer = (from, allowed, why) => ({
  name: `fence-${from}`,
  comment: why,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((folder) => `^src/${folder}`)] },
});

/** Only these files of a universal layer may touch Node or a native library. */
const PLATFORM = '^src/driver/(link|ports|esptool-cli)/';

module.exports = {
  forbidden: [
    layer('core', [], 'core is values and bytes: it knows no other layer'),
    layer('files', ['core/errors/'], 'reading and writing files is the same for every layer'),
    layer('driver', ['core/'], 'the driver knows core only'),
    layer('registry', ['core/', 'files/'], 'the registry knows core and files only'),
    layer(
      'wifi',
      ['core/', 'driver/(link/)?(transport|wait)\\.ts$'],
      'the clients of the Wi-Fi modes know values and a link, not the loader',
    ),
    layer(
      'provision',
      ['core/', 'driver/', 'registry/', 'wifi/'],
      'the flow works from interfaces; see fence-provision-parts',
    ),
    layer(
      'virtual',
      ['core/chips', 'core/errors/', 'core/json\\.ts$', 'driver/link/transport\\.ts$'],
      'the virtual chip reads the protocol independently',
    ),
    layer(
      'station',
      ['core/', 'files/', 'driver/', 'registry/', 'provision/', 'wifi/'],
      'many boards are made of one',
    ),
    layer(
      'service',
      ['core/', 'files/', 'driver/', 'registry/', 'provision/', 'station/', 'wifi/'],
      'the service never builds real parts',
    ),
    layer('web', ['core/', 'service/'], 'the page runs in a browser'),
    layer(
      'cli',
      ['core/', 'files/', 'driver/', 'registry/', 'provision/', 'virtual/', 'station/', 'service/', 'wifi/'],
      'all but web',
    ),
    {
      name: 'fence-library',
      comment: 'nothing of the program imports the library: it only names what users may count on',
      severity: 'error',
      from: { pathNot: '^(src/library/|test/)' },
      to: { path: '^src/library/' },
    },
    {
      name: 'fence-provision-parts',
      comment:
        'provision and station are given their links and their database; they never reach for a platform',
      severity: 'error',
      from: { path: '^src/(provision|station)/', pathNot: '\\.test\\.ts$' },
      to: {
        path: ['^src/driver/(link|ports)/', '^src/registry/(store|embedded)/'],
        pathNot: '^src/driver/link/transport\\.ts$',
      },
    },
    {
      name: 'web-types-only',
      comment:
        'the page takes types from the service, never its code: schemas would weigh more than the page',
      severity: 'error',
      from: { path: '^src/web/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/service/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-is-pure',
      comment: 'core runs in a browser: no Node module, and only small pure libraries',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: [
          '^src/core/',
          'node_modules/@noble/',
          'node_modules/fflate/',
          'node_modules/zod/',
          'node_modules/yaml/',
          'node_modules/re2js/',
          'node_modules/qr/',
          'node_modules/pdfkit/',
          'node_modules/fontkit/',
        ],
      },
    },
    {
      name: 'driver-is-universal',
      comment: 'a platform library stands only in link/, ports/ and esptool-cli/',
      severity: 'error',
      from: { path: '^src/driver/', pathNot: ['\\.test\\.ts$', PLATFORM] },
      to: { pathNot: ['^src/', 'node_modules/@noble/', 'node_modules/fflate/'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.(test|d)\\.ts$' },
      to: {},
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
