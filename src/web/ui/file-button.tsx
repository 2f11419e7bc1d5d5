// A button that opens the chooser for files, or for a folder with all that is in it.
import type { JSX } from 'preact';
import { Icon } from './icon.js';

interface FileButtonProps {
  readonly label: string;
  /** Endings that the chooser shows first. */
  readonly accept?: string;
  readonly folder?: boolean;
  readonly multiple?: boolean;
  readonly onChosen: (files: readonly File[]) => void;
}

export function FileButton(props: FileButtonProps): JSX.Element {
  const { label, accept, folder = false, multiple = false, onChosen } = props;
  return (
    <label class="button">
      <Icon name="plus" />
      {label}
      <input
        class="visually-hidden"
        type="file"
        multiple={multiple}
        {...(accept === undefined ? {} : { accept })}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={(event) => {
          const chosen = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          if (chosen.length > 0) onChosen(chosen);
        }}
      />
    </label>
  );
}
