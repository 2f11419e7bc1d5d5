// `npm run soak -- hostile [--runs 2000] [--seed N]`: the campaigns of hostile.test.ts, as long as you like; the figures go
// to bench/results/soak-hostile.json.
import { runCampaign } from './campaign.mjs';

runCampaign('hostile', { runs: '2000' });
