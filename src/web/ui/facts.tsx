// Facts: name and value side by side. What is not known is left out.
import type { ComponentChildren, JSX } from 'preact';

export type FactRow = readonly [name: string, value: ComponentChildren];

export function Facts({ rows }: { rows: readonly FactRow[] }): JSX.Element {
  return (
    <dl class="facts">
      {rows.map(([name, value]) =>
        value === undefined || value === '' || value === false ? null : (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ),
      )}
    </dl>
  );
}
