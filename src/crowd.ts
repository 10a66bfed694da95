/**
 * Members that come and go, thousands a second, in no order. A Set would do, were it not for this: when V8 gives a Set a new table, the
 * old one goes on pointing to its members and to the new table. One old table that has got into the old generation is enough, and a
 * collection of the young one takes every later table, and whoever was ever in it, for alive: each connection was then kept until the
 * next full collection, which came all the more often.
 */

/** Where a member is; for `remove`. */
export interface Place<Member> {
  /** undefined: it was removed. */
  member: Member | undefined;
  at: number;
}

export class Crowd<Member> {
  readonly #places: Place<Member>[] = [];

  get size(): number {
    return this.#places.length;
  }

  add(member: Member): Place<Member> {
    const place = { member, at: this.#places.length };
    this.#places.push(place);
    return place;
  }

  /** Safe to call twice. */
  remove(place: Place<Member>): void {
    if (place.member === undefined) return;
    place.member = undefined;
    const last = this.#places.pop() as Place<Member>;
    if (last === place) return;
    last.at = place.at;
    this.#places[place.at] = last;
  }

  /** @returns how many they were */
  removeThose(which: (member: Member) => boolean): number {
    const found = this.#places.filter(({ member }) => which(member as Member));
    for (const place of found) this.remove(place);
    return found.length;
  }

  /** As they are now: who comes or goes meanwhile does not change it. */
  members(): Member[] {
    return this.#places.map(({ member }) => member as Member);
  }
}
