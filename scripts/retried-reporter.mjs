// Names every test that passed only when it was tried again: each is a race to be mended, in the test or in the product.
export default class RetriedReporter {
  #names = [];

  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky !== true) return;
    const [first] = test.result().errors ?? [];
    this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}\n    ${first?.message ?? ''}`);
  }

  onTestRunEnd() {
    if (this.#names.length === 0) return;
    console.error(`\n${this.#names.length} passed only in a second try, and want mending:`);
    for (const name of this.#names) console.error(`  ${name}`);
  }
}
