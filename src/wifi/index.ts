// Public door of the Wi-Fi clients: every way in which a host can bring a board onto a network.
export { bringOnline, runConsole, type BringOptions, type Credentials, type Online } from './bring-online.js';
export { CONSOLE_PRESETS, PRESET_COMMANDS, type ConsolePreset } from './console/presets.js';
export { runScript, type RunScriptOptions, type StepResult } from './console/run-script.js';
export type { ConsoleScript, ConsoleStep, ConsoleValues } from './console/script.js';
export { findWay, type FoundWay } from './find-way.js';
export { ImprovClient, type ImprovInfo, type SeenNetwork } from './improv/client.js';
export { JoinLog, type Joined, type JoinPatterns, type JoinVerdict } from './join-log.js';
export { joinRules, type JoinRules } from './join-rules.js';
export { ProtocommClient, type ProtocommJoined, type ProtocommOptions } from './protocomm/client.js';
export { ConsoleTransport } from './protocomm/console-transport.js';
export { HttpTransport } from './protocomm/http-transport.js';
export { HandlerFailed } from './protocomm/transport.js';
export { masker } from './secrets.js';
export { diagnoseSilence, type SilenceFacts } from './smartconfig/diagnosis.js';
export { ownNetwork, type OwnNetwork } from './smartconfig/own-network.js';
export { sendSmartConfig, type SendReport, type SmartConfigRequest } from './smartconfig/sender.js';
export { JOIN_TIMEOUT_MS, watchJoin, type WatchJoinOptions } from './watch-join.js';
export { runHook, runWpsWindow, WPS_WINDOW_MS, type WpsHook } from './wps/window.js';
