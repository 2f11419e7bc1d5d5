// Completion scripts for bash, zsh and fish, made from the tree of commands. Where nothing is known, files are offered.
import type { CompletionNode, CompletionOption } from './tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, nodes: readonly CompletionNode[]): string {
  return shell === 'fish' ? fishScript(nodes) : shell === 'zsh' ? zshScript(nodes) : bashScript(nodes);
}

/** Text that a shell takes as it stands. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Functions that bash and zsh both read; `$1` is the command's path, `$2` a word or an option. */
function tables(nodes: readonly CompletionNode[]): string {
  const options = nodes.flatMap((node) => node.options.map((option) => ({ node, option })));
  const patterns = (matches: (option: CompletionOption) => boolean): string[] =>
    options
      .filter(({ option }) => matches(option))
      .flatMap(({ node, option }) => option.flags.map((flag) => quoted(`${node.path}|${flag}`)));
  const choices = options
    .filter(({ option }) => option.choices.length > 0)
    .map(
      ({ node, option }) =>
        `    ${option.flags.map((flag) => quoted(`${node.path}|${flag}`)).join('|')}) echo ${quoted(option.choices.join(' '))} ;;`,
    );
  const paths = nodes.flatMap(({ path, children }) =>
    children.map(({ name }) => quoted(path === '' ? name : `${path} ${name}`)),
  );
  return `_espmint_is_command() { case "$1" in
    ${paths.join('|')}) return 0 ;;
  esac; return 1; }
_espmint_takes_value() { case "$1|$2" in
    ${patterns(({ takesValue }) => takesValue).join('|')}) return 0 ;;
  esac; return 1; }
_espmint_values() { case "$1|$2" in
${choices.join('\n')}
  esac; }
_espmint_words() { case "$1" in
${nodes.map(({ path, children, choices: own }) => `    ${quoted(path)}) echo ${quoted([...children.map(({ name }) => name), ...own].join(' '))} ;;`).join('\n')}
  esac; }
_espmint_options() { case "$1" in
${nodes.map(({ path, options: own }) => `    ${quoted(path)}) echo ${quoted(own.flatMap(({ flags }) => flags).join(' '))} ;;`).join('\n')}
  esac; }
# The command that the given words name, without options and their values; then the option whose value comes next.
_espmint_parse() {
  _espmint_path='' _espmint_pending=''
  local word next
  for word in "$@"; do
    if [ -n "$_espmint_pending" ]; then _espmint_pending=''; continue; fi
    next="\${_espmint_path:+$_espmint_path }$word"
    if _espmint_is_command "$next"; then _espmint_path=$next
    elif _espmint_takes_value "$_espmint_path" "$word"; then _espmint_pending=$word
    fi
  done
}
# Prints what may stand for a word that begins with $1.
_espmint_candidates() {
  if [ -n "$_espmint_pending" ]; then _espmint_values "$_espmint_path" "$_espmint_pending"
  else case "$1" in
    -*) _espmint_options "$_espmint_path" ;;
    *) _espmint_words "$_espmint_path" ;;
  esac; fi
}
`;
}

function bashScript(nodes: readonly CompletionNode[]): string {
  return `# Completion of espmint for bash: source <(espmint completion bash)
${tables(nodes)}
_espmint() {
  local _espmint_path _espmint_pending cur=\${COMP_WORDS[COMP_CWORD]}
  _espmint_parse "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  COMPREPLY=($(compgen -W "$(_espmint_candidates "$cur")" -- "$cur"))
}
complete -o default -F _espmint espmint
`;
}

function zshScript(nodes: readonly CompletionNode[]): string {
  return `#compdef espmint
# Completion of espmint for zsh: source <(espmint completion zsh)
${tables(nodes)}
_espmint() {
  local _espmint_path _espmint_pending
  local -a found
  _espmint_parse "\${(@)words[2,CURRENT-1]}"
  found=(\${=$(_espmint_candidates "\${words[CURRENT]}")})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
(( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit; }
compdef _espmint espmint
`;
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = nodes.flatMap(({ path, children, options, choices }) => {
    const here = `complete -c espmint -n ${text(`test (__espmint_path) = ${text(path)}`)}`;
    return [
      ...children.map(({ name, does }) => `${here} -f -a ${text(name)} -d ${text(does)}`),
      ...(choices.length > 0 ? [`${here} -f -a ${text(choices.join(' '))}`] : []),
      ...options.map((option) => `${here} ${fishOption(option, text)}`),
    ];
  });
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => text(path));
  const valued = nodes.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags }) => flags.map((flag) => text(`${path}|${flag}`))),
  );
  return `# Completion of espmint for fish: espmint completion fish | source
set -g __espmint_commands ${paths.join(' ')}
set -g __espmint_valued ${valued.join(' ')}
function __espmint_path
  set -l path ''
  set -l pending 0
  for word in (commandline -opc)[2..-1]
    if test $pending = 1
      set pending 0
      continue
    end
    set -l next (string trim -- "$path $word")
    if contains -- "$next" $__espmint_commands
      set path $next
    else if contains -- "$path|$word" $__espmint_valued
      set pending 1
    end
  end
  echo "$path"
end
${lines.join('\n')}
`;
}

function fishOption(
  { flags, does, takesValue, choices }: CompletionOption,
  text: (value: string) => string,
): string {
  const names = flags.map((flag) =>
    flag.startsWith('--')
      ? `-l ${flag.slice(2)}`
      : flag.length === 2
        ? `-s ${flag.slice(1)}`
        : `-o ${flag.slice(1)}`,
  );
  const value = choices.length > 0 ? ` -x -a ${text(choices.join(' '))}` : takesValue ? ' -r' : '';
  return `${names.join(' ')}${value} -d ${text(does)}`;
}
