// The names that other layers use of the Wi-Fi clients: every way in which a host can bring a board onto a network.
export {
  bringOnline,
  consoleValues,
  runConsole,
  type BringOptions,
  type Credentials,
  type Online,
} from './bring-online.js';
export { CONSOLE_PRESETS, type ConsolePreset } from './console/presets.js';
export { runScript } from './console/run-script.js';
export { checkScript, scriptMs, type ConsoleScript } from './console/script.js';
export { findWay, type FoundWay } from './find-way.js';
export { ImprovClient } from './improv/client.js';
export { type Joined } from './join-log.js';
export { joinRules, type JoinRules } from './join-rules.js';
export { checkProtocommNetwork, ProtocommClient, type ProtocommOptions } from './protocomm/client.js';
export { ConsoleTransport } from './protocomm/console-transport.js';
export { HttpTransport } from './protocomm/http-transport.js';
export { cautionOf, type SeenNetwork } from './seen-network.js';
export { diagnoseSilence, type SilenceFacts } from './smartconfig/diagnosis.js';
export { ownNetwork } from './smartconfig/own-network.js';
export {
  checkSmartConfigNetwork,
  sendSmartConfig,
  SMARTCONFIG_MS,
  type SmartConfigRequest,
} from './smartconfig/sender.js';
export { HOST_AIR, SharedAir } from './shared-air.js';
export { sendToBoard } from './smartconfig/send-to-board.js';
export { JOIN_TIMEOUT_MS, watchJoin } from './watch-join.js';
export { asksForPin, runWpsWindow, WPS_WINDOW_MS, type WpsHook } from './wps/window.js';
