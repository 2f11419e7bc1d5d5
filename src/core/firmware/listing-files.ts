// Names of the files that list all others of a build.

/** What a build writes into its folder, best first. */
export const LISTING_FILES = ['flasher_args.json', 'flash_args', 'manifest.json'] as const;
