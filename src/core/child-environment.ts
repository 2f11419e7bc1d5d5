// What other programs that espmint starts get of its environment: keys and passwords of ours are none of their business.

type Environment = Readonly<Record<string, string | undefined>>;

/** What programs need to start and to speak plain text; nothing that names code to load. */
const NEEDED =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|ESPTOOL_\w+|IDF_PATH)$/i;

/** For tools that are looked for (esptool, Espressif's generator, `ps`, `iw`). */
export function toolEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || !NEEDED.test(name)
        ? []
        : [[name, /^path$/i.test(name) ? absoluteOnly(value) : value]],
    ),
  );
}

/** For commands that the user wrote, which may need variables of their own: all but espmint's and the database's. */
export function commandEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || /^(?:ESPMINT_|PG)/i.test(name) ? [] : [[name, value]],
    ),
  );
}

/** `.` and an empty entry mean the current folder, where anybody may have put a program. */
function absoluteOnly(path: string): string {
  const separator = path.includes(';') ? ';' : ':';
  return path
    .split(separator)
    .filter((folder) => /^(?:\/|[a-z]:[\\/]?|\\\\)/i.test(folder))
    .join(separator);
}

/** Python without the current folder, the user's own modules and variables on its search path. */
export function isolatedPython(command: readonly string[]): readonly string[] {
  const [program = '', ...args] = command;
  const isPython = /(?:^|[\\/])(?:python[\d.]*|py)(?:\.exe)?$/i.test(program);
  return isPython && !args.includes('-I') ? [program, '-I', ...args] : command;
}
