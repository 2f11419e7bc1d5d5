// `npm run soak -- bundle --runs N --seed S`: the campaign of bundle.test.ts, as long as you like.
import { runCampaign } from './campaign.mjs';

runCampaign('bundle', { runs: '1000', seed: '1' });
