// Settings of this browser: language, theme, sound, and who is signed in.
import type { JSX } from 'preact';
import { currentLanguage, t } from '../../i18n/translate.js';
import { LANGUAGES, setPrefs, usePrefs, type Language, type Theme } from '../../prefs.js';
import { signOut } from '../../store/session.js';
import { useStore } from '../../store/store.js';
import { SelectField } from '../../ui/field.js';
import { Segmented } from '../../ui/parts.js';
import { ActButton } from '../../ui/work.js';

/** Each language in its own words. */
const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  vi: 'Tiếng Việt',
  zh: '简体中文',
  de: 'Deutsch',
  es: 'Español',
};

export function BrowserSettings(): JSX.Element {
  const { theme, sound } = usePrefs();
  return (
    <section class="card">
      <div class="setting">
        <SelectField<Language>
          label={t('settings.language')}
          value={currentLanguage()}
          options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          onChange={(language) => setPrefs({ language })}
        />
      </div>
      <div class="setting">
        <span>{t('settings.theme')}</span>
        <Segmented<Theme>
          label={t('settings.theme')}
          value={theme}
          options={[
            { value: 'system', label: t('theme.system'), icon: 'screen' },
            { value: 'light', label: t('theme.light'), icon: 'sun' },
            { value: 'dark', label: t('theme.dark'), icon: 'moon' },
          ]}
          onChange={(value) => setPrefs({ theme: value })}
        />
      </div>
      <div class="setting">
        <span>{t('settings.sound')}</span>
        <Segmented
          label={t('settings.sound')}
          value={sound ? 'on' : 'off'}
          options={[
            { value: 'on', label: t('inspect.on'), icon: 'soundOn' },
            { value: 'off', label: t('inspect.off'), icon: 'soundOff' },
          ]}
          onChange={(value) => setPrefs({ sound: value === 'on' })}
        />
      </div>
      <Who />
    </section>
  );
}

function Who(): JSX.Element {
  const session = useStore((state) => state.session);
  const version = useStore((state) => state.version);
  return (
    <>
      <div class="setting">
        <span>
          {session?.user === undefined
            ? t('settings.nobody')
            : t('settings.signedIn', { name: session.user.name, role: t(`role.${session.user.role}`) })}
        </span>
        {session?.user !== undefined && <ActButton act={signOut}>{t('settings.signOut')}</ActButton>}
      </div>
      <div class="setting muted">
        <span>espmint {version ?? ''}</span>
      </div>
    </>
  );
}
