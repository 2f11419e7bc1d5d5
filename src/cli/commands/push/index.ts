// `espmint push`: tables and services of the user's own that get each device.
import { Command } from 'commander';
import type { CliIo } from '../../io.js';
import { lister, show, type Json } from '../../output/show.js';
import { addCommand } from './add.js';
import { deadCommand } from './dead.js';
import { describeTarget, STATUS, TARGETS } from './describe.js';
import { runCommand } from './run.js';
import { withPushes } from '../../compose/parts-of-database.js';

export function pushCommand(io: CliIo): Command {
  return new Command('push')
    .addCommand(addCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(testCommand(io))
    .addCommand(pauseCommand(io, 'pause', true, 'hold back its deliveries; they come together'))
    .addCommand(pauseCommand(io, 'resume', false, 'go on, and try at once what has failed'))
    .addCommand(removeCommand(io))
    .addCommand(statusCommand(io))
    .addCommand(deadCommand(io))
    .addCommand(runCommand(io));
}

function listCommand(io: CliIo): Command {
  return new Command('list')
    .description('the targets')
    .option('--json', 'print one JSON object a line')
    .action((options: Json, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) =>
        lister(io, options, TARGETS)(await pushes.targets()),
      ),
    );
}

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('one target with its statement, without its secrets')
    .argument('<name>')
    .option('--json', 'print one JSON object')
    .action((name: string, options: Json, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) => {
        const target = await pushes.show(name);
        show(io, options, { type: 'push-target', ...target }, describeTarget(target));
      }),
    );
}

function testCommand(io: CliIo): Command {
  return new Command('test')
    .description(
      'tell it of a device that does not exist: a webhook gets the type "test", a table stays as it is',
    )
    .argument('<name>')
    .action((name: string, _: unknown, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) => {
        await pushes.test(name, io.signal);
        io.stdout(`${name} takes what it is sent\n`);
      }),
    );
}

function pauseCommand(io: CliIo, verb: string, paused: boolean, description: string): Command {
  return new Command(verb)
    .description(description)
    .argument('<name>')
    .action((name: string, _: unknown, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) => {
        await pushes.setPaused(name, paused);
        io.stdout(`${name}: ${verb}d\n`);
      }),
    );
}

function removeCommand(io: CliIo): Command {
  return new Command('remove')
    .description('tell it nothing any more, and forget what waited for it')
    .argument('<name>')
    .action((name: string, _: unknown, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) => {
        const dropped = await pushes.remove(name);
        io.stdout(`removed ${name}; ${dropped} deliveries went with it\n`);
      }),
    );
}

function statusCommand(io: CliIo): Command {
  return new Command('status')
    .description('how the targets do: what waits, what was given up, and why')
    .option('--json', 'print one JSON object a line')
    .action((options: Json, command: Command) =>
      withPushes(io, command.optsWithGlobals(), async (pushes) =>
        lister(io, options, STATUS)(await pushes.status()),
      ),
    );
}
