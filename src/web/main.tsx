// Starts the dashboard.
import { render } from 'preact';
import { App } from './app.js';
import { loadLanguage } from './i18n/translate.js';
import { getPrefs, onPrefs } from './prefs.js';
import { begin } from './store/session.js';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/station.css';
import './styles/devices.css';
import './styles/pages.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
applyTheme();
onPrefs(applyTheme);
void begin();
render(<App language={await loadLanguage()} />, root);

/** Before the first paint, so that no other theme flashes up. */
function applyTheme(): void {
  const { theme } = getPrefs();
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
}
