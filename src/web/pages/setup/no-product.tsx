// Where something is made of a product, and there is none; and the way to a new one, for who may make it.
import type { JSX } from 'preact';
import { t } from '../../i18n/translate.js';
import { link } from '../../router.js';
import { hasRole } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { Icon } from '../../ui/icon.js';
import { Blank } from '../../ui/parts.js';

/** In the address, in place of the name of a product: the one that is to be made. */
export const NEW = '+';

export function NoProduct(): JSX.Element {
  const mayMake = useStore((state) => hasRole(state.session, 'engineer'));
  return (
    <Blank icon="setup" title={t('setup.none')}>
      <p>{t('setup.noneHint')}</p>
      {mayMake ? <NewProduct tone="primary" /> : <p>{t('settings.needs', { role: t('role.engineer') })}</p>}
    </Blank>
  );
}

export function NewProduct({ tone }: { tone: '' | 'primary' }): JSX.Element {
  return (
    <a class={`button ${tone}`} href={link(['setup', NEW])}>
      <Icon name="plus" />
      {t('setup.new')}
    </a>
  );
}
