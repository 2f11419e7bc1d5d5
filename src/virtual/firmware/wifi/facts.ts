// What firmware knows of the chip that it runs on.
export interface ChipFacts {
  readonly chip: string;
  /** Lower case with colons. */
  readonly mac: string;
}
