// `npm run soak -- device --runs N --seed S`: the fault campaign of device.test.ts, as long as you like.
import { runCampaign } from './campaign.mjs';

runCampaign('device', { runs: '2000', seed: '1' });
