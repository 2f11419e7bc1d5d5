// Two things side by side, field by field, with a mark where they differ.
import type { ComponentChildren, JSX } from 'preact';
import { t } from '../i18n/translate.js';
import type { IconName } from './icon.js';
import { Badge, type Tone } from './parts.js';

type Verdict = 'same' | 'different' | 'unknown';

export interface ComparedRow {
  readonly name: string;
  readonly sides: readonly [ComponentChildren, ComponentChildren];
  /** Absent where sameness says nothing. */
  readonly verdict?: Verdict | undefined;
}

interface CompareTableProps {
  /** Sameness is no good news here. */
  readonly neutral?: boolean;
  /** Names of the two sides. */
  readonly of: readonly [string, string];
  readonly rows: readonly ComparedRow[];
}

const PLAIN: Tone = 'plain';
const VERDICTS: Record<Verdict, { tone: Tone; icon: IconName }> = {
  same: { tone: 'pass', icon: 'check' },
  different: { tone: 'warn', icon: 'warn' },
  unknown: { tone: 'plain', icon: 'help' },
};

export function CompareTable({ of, rows, neutral = false }: CompareTableProps): JSX.Element {
  return (
    <table class="table cards compact compared">
      <thead>
        <tr>
          {[t('inspect.field'), ...of, t('today.result')].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, sides, verdict }) => (
          <tr key={name} class={verdict === 'different' ? 'differs' : ''}>
            <th scope="row">{name}</th>
            {of.map((side, index) => (
              <td key={side} data-name={side} class={verdict === undefined ? 'value' : 'mono value'}>
                {sides[index] ?? '–'}
              </td>
            ))}
            {verdict === undefined ? (
              <td />
            ) : (
              <td data-name={t('today.result')}>
                <Badge {...VERDICTS[verdict]} {...(neutral ? { tone: PLAIN } : {})}>
                  {t(`verdict.${verdict}`)}
                </Badge>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
