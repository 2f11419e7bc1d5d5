// Teaching from the page: boards are plugged in one after the other, and each place gets the next number.
import { EspmintError } from '../../core/errors/index.js';
import { Teaching, type Pin } from '../../station/index.js';

export class TeachingSession {
  #teaching: Teaching | undefined;

  /** Absent while nobody teaches. */
  get pins(): readonly Pin[] | undefined {
    return this.#teaching?.pins;
  }

  begin(): void {
    this.#teaching = new Teaching();
  }

  /** A board was plugged in. Returns whether it was taken as a lesson. */
  arrived(place: string): boolean {
    return this.#teaching?.arrived(place) !== undefined;
  }

  /** @throws TEACHING_NOT_BEGUN */
  end(): readonly Pin[] {
    const { pins } = this;
    if (pins === undefined) throw new EspmintError('TEACHING_NOT_BEGUN', {});
    this.#teaching = undefined;
    return pins;
  }
}
