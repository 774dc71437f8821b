/** Looking again: a pass asks several times for the view of objects of which none, or one of many, has changed since. */

/**
 * What was made of which objects, or parts of objects, the last time, by who asked. Objects in a cache never change, so
 * the same ones give the same answer, which must follow from them and from `asker` alone. `asker` is held weakly.
 */
export class LastLook<Asker extends WeakKey, View> {
  private readonly looks = new WeakMap<
    Asker,
    { readonly objects: readonly (object | undefined)[]; readonly view: View }
  >();

  get(asker: Asker, objects: readonly (object | undefined)[], look: () => View): View {
    const last = this.looks.get(asker);
    if (
      last?.objects.length === objects.length &&
      last.objects.every((object, index) => object === objects[index])
    )
      return last.view;
    const view = look();
    this.looks.set(asker, { objects, view });
    return view;
  }
}
