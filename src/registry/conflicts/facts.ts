// What a conflict tells of the refused board beside its names.
import { type AttemptFacts, storableFacts } from '../devices/attempt-facts.js';

/** Facts of an attempt by name, for people. No secret in them. */
export function factsOf(facts: AttemptFacts | undefined): Record<string, string> {
  const { station, slot, port, toolVersion, batch, profile, chip } = storableFacts(facts);
  const named = {
    station,
    slot: slot?.toString(),
    port,
    batch,
    profile: profile && `${profile.name} version ${profile.version}`,
    chip: chip && `${chip.description} ${chip.revision}`,
    espmint: toolVersion,
  };
  const given = Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(given);
}
