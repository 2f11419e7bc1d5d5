// One number with its name, large; it leads to what is behind it.
import type { ComponentChildren, JSX } from 'preact';

interface FigureProps {
  readonly name: string;
  readonly tone?: string;
  readonly to?: string;
  readonly children: ComponentChildren;
}

export function Figure({ name, tone = '', to, children }: FigureProps): JSX.Element {
  const inside = (
    <>
      <span class="figure-name">{name}</span>
      <span class={`figure-value ${tone}`}>{children}</span>
    </>
  );
  return <li class="card">{to === undefined ? <div>{inside}</div> : <a href={to}>{inside}</a>}</li>;
}
