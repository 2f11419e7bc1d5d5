// A batch report: who made what, when, with which yield, and every device with the digest of what it holds.
import type { Figures } from '../figures/figures.js';
import type { FlashImage } from '../flash-image.js';
import { sha256Hex } from '../digest.js';

export interface ReportUnit {
  readonly mac: string;
  readonly state: string;
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  readonly chip?: string | undefined;
  readonly station: string;
  readonly failedRuns: number;
  /** What it was proven to hold. */
  readonly image?: FlashImage | undefined;
  readonly passedAt?: string | undefined;
}

interface ReportBatch {
  readonly name: string;
  readonly profile: { readonly name: string; readonly version: number };
  readonly quantity: number;
  readonly state: string;
  readonly lot?: string | undefined;
  readonly hardwareRevision?: string | undefined;
  readonly firmwareVersion?: string | undefined;
  readonly location?: string | undefined;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly closedAt?: string | undefined;
  readonly closedBy?: string | undefined;
  readonly counts: {
    readonly passed: number;
    readonly reworked: number;
    readonly failed: number;
  };
}

/** A person stands for the content of a report. */
interface ReportSignature {
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly by: string;
  readonly note: string;
  /** Of the report that was signed: the same as this one's unless something has changed since. */
  readonly digest: string;
}

export interface BatchReport {
  readonly batch: ReportBatch;
  readonly figures: Figures;
  readonly units: readonly ReportUnit[];
  /** ISO 8601 in UTC. */
  readonly madeAt: string;
  readonly madeBy: string;
  readonly signatures: readonly ReportSignature[];
  /** SHA-256 over batch, figures and units as JSON, lower-case hex: two copies of a report can be compared by it. */
  readonly digest: string;
}

export function makeBatchReport(report: Omit<BatchReport, 'digest'>): BatchReport {
  const { figures, units } = report;
  const batch = reportBatch(report.batch);
  const digest = sha256Hex(JSON.stringify({ batch, figures, units }));
  return { ...report, batch, digest };
}

/** Without what moves by itself: places in work are free again when their lease is over. */
function reportBatch(batch: ReportBatch): ReportBatch {
  const { name, profile, quantity, state, lot, hardwareRevision, firmwareVersion, location } = batch;
  const { createdAt, createdBy, closedAt, closedBy, counts } = batch;
  const { passed, reworked, failed } = counts;
  return {
    ...{ name, profile, quantity, state, lot, hardwareRevision, firmwareVersion, location },
    ...{ createdAt, createdBy, closedAt, closedBy, counts: { passed, reworked, failed } },
  };
}
