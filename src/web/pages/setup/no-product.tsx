// Where something is made of a product, and there is none.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { Icon } from '../../ui/icon.js';
import { Blank } from '../../ui/parts.js';

/** In the address, in place of the name of a product: the one that is to be made. */
export const NEW = '+';

export function NoProduct(): JSX.Element {
  return (
    <Blank icon="setup" title={t('setup.none')}>
      <p>{t('setup.noneHint')}</p>
      <a class="button primary" href={link(['setup', NEW])}>
        <Icon name="plus" />
        {t('setup.new')}
      </a>
    </Blank>
  );
}
